/** What an RPC answers when it fails: Bitcoin Core's codes (rpc/protocol.h) and texts. */

export const RpcCode = Object.freeze({
  // JSON-RPC 2.0
  INVALID_REQUEST: -32600,
  METHOD_NOT_FOUND: -32601,
  INVALID_PARAMS: -32602,
  INTERNAL_ERROR: -32603,
  PARSE_ERROR: -32700,
  // General
  MISC_ERROR: -1,
  TYPE_ERROR: -3,
  INVALID_ADDRESS_OR_KEY: -5,
  OUT_OF_MEMORY: -7,
  INVALID_PARAMETER: -8,
  DATABASE_ERROR: -20,
  DESERIALIZATION_ERROR: -22,
  VERIFY_ERROR: -25,
  VERIFY_REJECTED: -26,
  VERIFY_ALREADY_IN_UTXO_SET: -27,
  IN_WARMUP: -28,
  METHOD_DEPRECATED: -32,
  // Network
  CLIENT_NOT_CONNECTED: -9,
  CLIENT_IN_INITIAL_DOWNLOAD: -10,
  CLIENT_NODE_ALREADY_ADDED: -23,
  CLIENT_NODE_NOT_ADDED: -24,
  CLIENT_NODE_NOT_CONNECTED: -29,
  CLIENT_INVALID_IP_OR_SUBNET: -30,
  CLIENT_P2P_DISABLED: -31,
  CLIENT_NODE_CAPACITY_REACHED: -34,
  CLIENT_MEMPOOL_DISABLED: -33,
  // Wallet
  WALLET_ERROR: -4,
  WALLET_INSUFFICIENT_FUNDS: -6,
  WALLET_INVALID_LABEL_NAME: -11,
  WALLET_KEYPOOL_RAN_OUT: -12,
  WALLET_UNLOCK_NEEDED: -13,
  WALLET_PASSPHRASE_INCORRECT: -14,
  WALLET_WRONG_ENC_STATE: -15,
  WALLET_ENCRYPTION_FAILED: -16,
  WALLET_ALREADY_UNLOCKED: -17,
  WALLET_NOT_FOUND: -18,
  WALLET_NOT_SPECIFIED: -19,
  WALLET_ALREADY_LOADED: -35,
  WALLET_ALREADY_EXISTS: -36,
});

export type RpcErrorCode = (typeof RpcCode)[keyof typeof RpcCode];

export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly code: RpcErrorCode;
  /** The method that was called, where a client knows it. */
  readonly method: string | undefined;

  constructor(code: RpcErrorCode, message: string, method?: string) {
    super(message);
    this.code = code;
    this.method = method;
  }
}

type Refusals = { readonly [K in keyof typeof RpcCode as Lowercase<K>]: (text: string) => RpcError };
const withCode = (code: RpcErrorCode) => (text: string) => new RpcError(code, text);
const refusals = Object.fromEntries(
  Object.entries(RpcCode).map(([name, code]) => [name.toLowerCase(), withCode(code)]),
) as Refusals;

/** Errors to be thrown, by the names of their codes; the usual ones by a word. */
export const refuse = Object.freeze({
  ...refusals,
  parameter: refusals.invalid_parameter,
  key: refusals.invalid_address_or_key,
  type: refusals.type_error,
  text: refusals.deserialization_error,
  misc: refusals.misc_error,
  verify: refusals.verify_error,
  wallet: refusals.wallet_error,
  network: refusals.client_invalid_ip_or_subnet,
});

/** What is made, or a refusal where that fails with an error of a kind. */
export function refusing<T, E extends Error>(
  kind: abstract new (...details: never[]) => E,
  refusal: (error: E) => Error,
  make: () => T,
): T {
  const refused = (error: unknown): never => {
    throw error instanceof kind ? refusal(error) : error;
  };
  try {
    const made = make();
    return made instanceof Promise ? (made.catch(refused) as T) : made;
  } catch (error) {
    return refused(error);
  }
}

/** The call makes no sense: its caller is shown the help. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
