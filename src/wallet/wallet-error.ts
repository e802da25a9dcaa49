/** What a wallet refuses, with Bitcoin Core's words; RPC gives each kind its code. */
export type WalletErrorKind =
  /** -4 */
  | 'wallet'
  /** -6 */
  | 'funds'
  /** -8 */
  | 'parameter'
  /** -5 */
  | 'address'
  /** -12 */
  | 'keypool'
  /** -1 */
  | 'misc'
  /** -18 */
  | 'not-found'
  /** -35 */
  | 'already-loaded';

export class WalletError extends Error {
  override readonly name = 'WalletError';
  readonly kind: WalletErrorKind;

  constructor(kind: WalletErrorKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

/** What a store is refused, in the system's words, which come last in what a store tells. */
export function storeReason(error: unknown): string {
  const { message } = error as Error;
  return message.split(': ').at(-1)!;
}
