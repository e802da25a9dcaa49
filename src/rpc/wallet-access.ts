/** Finds the wallet a call is about, and reads what several wallet methods take. */
import type { OutputType } from '../wallet/descriptors/descriptor.ts';
import { type FeeRate, feeRateFor } from '../wallet/fee-rate.ts';
import type { Wallet } from '../wallet/wallet.ts';
import type { RpcContext, RpcRequest } from './context.ts';
import { RpcCode, RpcError } from './errors.ts';
import type { JsonRead, JsonWritable } from './json.ts';
import { param } from './parameter.ts';
import { result } from './result.ts';
import { amountFrom, integerFrom, stringFrom } from './values.ts';

/** The wallet named in the request's path, or the only one. @throws RpcError -18, -19; WalletError if it is closed */
export function walletOf({ wallets }: RpcContext, request: RpcRequest): Wallet {
  const { walletName } = request;
  if (walletName !== null) {
    const named = wallets.get(walletName);
    if (named === undefined)
      throw new RpcError(RpcCode.WALLET_NOT_FOUND, 'Requested wallet does not exist or is not loaded');
    return named;
  }
  const [only, ...others] = wallets.names;
  if (only === undefined)
    throw new RpcError(
      RpcCode.WALLET_NOT_FOUND,
      'No wallet is loaded. Load a wallet using loadwallet or create a new one with createwallet. (Note: A default wallet is no longer automatically created)',
    );
  if (others.length > 0)
    throw new RpcError(
      RpcCode.WALLET_NOT_SPECIFIED,
      'Multiple wallets are loaded. Please select which wallet to use by requesting the RPC through the /wallet/<walletname> URI path.',
    );
  return wallets.get(only)!;
}

/** A handler that chooses coins: in the wallet's turn, when all that the mempool was given by then is known. */
export const inTurn =
  <A>(handler: (parameters: A, wallet: Wallet, context: RpcContext) => Promise<JsonWritable>) =>
  (parameters: A, context: RpcContext, request: RpcRequest): Promise<JsonWritable> => {
    const wallet = walletOf(context, request);
    return wallet.outbox.inTurn(async () => {
      await context.mempool.settled();
      return handler(parameters, wallet, context);
    });
  };

const ADDRESS_TYPES: readonly string[] = ['legacy', 'p2sh-segwit', 'bech32', 'bech32m'];

/** @throws RpcError -5 */
export function addressTypeFrom(text: string | undefined, standard: OutputType = 'bech32'): OutputType {
  if (text === undefined) return standard;
  if (!ADDRESS_TYPES.includes(text))
    throw new RpcError(RpcCode.INVALID_ADDRESS_OR_KEY, `Unknown address type '${text}'`);
  return text as OutputType;
}

/** @throws RpcError -11 */
export function labelFrom(value: string): string {
  if (value === '*') throw new RpcError(RpcCode.WALLET_INVALID_LABEL_NAME, 'Invalid label name');
  return value;
}

export const confTargetParameter = param.any('number', 'conf_target', 'Confirmation target in blocks', {
  hint: 'wallet -txconfirmtarget',
});
export const estimateModeParameter = param.any(
  'string',
  'estimate_mode',
  'The fee estimate mode, must be one of (case insensitive):\n       "unset", "economical", "conservative"',
  { default: 'unset' },
);
export const feeRateParameter = param.any('amount', 'fee_rate', 'Specify a fee rate in sat/vB.', {
  hint: 'not set, fall back to wallet fee estimation',
});

const DEFAULT_TARGET = 6;
const MAX_TARGET = 1008;

/** From sat/vB given or by estimation. @throws RpcError */
export function readFeeRate(
  wallet: Wallet,
  target: JsonRead | undefined,
  mode: JsonRead | undefined,
  rate: JsonRead | undefined,
): FeeRate {
  const given = (value: JsonRead | undefined): value is JsonRead => value !== undefined && value !== null;
  const modeText = given(mode) ? stringFrom(mode).toLowerCase() : 'unset';
  const refuse = (text: string): RpcError => new RpcError(RpcCode.INVALID_PARAMETER, text);
  if (given(rate)) {
    if (given(target))
      throw refuse(
        'Cannot specify both conf_target and fee_rate. Please provide either a confirmation target in blocks for automatic fee estimation, or an explicit fee rate.',
      );
    if (modeText !== 'unset') throw refuse('Cannot specify both estimate_mode and fee_rate');
    return { rate: checkRate(wallet, amountFrom(rate, 3)), reason: 'PayTxFee set' };
  }
  if (!['unset', 'economical', 'conservative'].includes(modeText))
    throw refuse('Invalid estimate_mode parameter, must be one of: "unset", "economical", "conservative"');
  const blocks = given(target) ? integerFrom(target) : DEFAULT_TARGET;
  if (blocks < 1 || blocks > MAX_TARGET)
    throw refuse(`Invalid conf_target, must be between 1 and ${MAX_TARGET}`);
  return feeRateFor(wallet, blocks, modeText === 'conservative');
}

function checkRate(wallet: Wallet, rate: bigint): bigint {
  const minimum = wallet.parts.chain.minimumFeeRate();
  const text = (value: bigint): string => `${value / 1000n}.${String(value % 1000n).padStart(3, '0')} sat/vB`;
  if (rate < minimum)
    throw new RpcError(
      RpcCode.WALLET_INSUFFICIENT_FUNDS,
      `Fee rate (${text(rate)}) is lower than the minimum fee rate setting (${text(minimum)})`,
    );
  return rate;
}

/** Where the wallet stands, as several answers end. */
export function lastProcessedBlock(wallet: Wallet): JsonWritable {
  const { hash, height } = wallet.follower.last;
  return { hash, height };
}

export const lastProcessedBlockResult = result.object(
  'lastprocessedblock',
  'hash and height of the block this information was generated on',
  [
    result.hex('hash', 'hash of the block this information was generated on'),
    result.number('height', 'height of the block this information was generated on'),
  ],
);
