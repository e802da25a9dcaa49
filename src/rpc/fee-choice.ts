/** What a caller says of the fee of a payment. */
import { LONGEST_TARGET, satPerKvB } from '../core/transaction/fee-rate.ts';
import type { FeeChoice } from '../wallet/fee-rate.ts';
import type { Wallet } from '../wallet/wallet.ts';
import { refuse } from './errors.ts';
import * as t from './schema.ts';
import { amountFrom, integerFrom } from './values.ts';

/** Fields and parameters that say what a payment should cost. */
export const feeFields = {
  // A mode that there is not is refused before a target that is no integer.
  conf_target: t.optional(
    t.unread<number>(t.integer('Blocks within which it should confirm'), undefined, 'number'),
    'wallet -txconfirmtarget',
  ),
  estimate_mode: t.standard(t.string('"unset", "economical" or "conservative"'), 'unset'),
  fee_rate: t.optional(t.unread<number | string>(t.amount('Fee rate in sat/vB')), 'estimated'),
};

/** What a caller says of the fee. */
export type FeeParameters = t.HeldFields<typeof feeFields>;

/** @throws RpcError -8 */
export function estimateMode(text: string): string {
  const named = text.toLowerCase();
  if (['unset', 'economical', 'conservative'].includes(named)) return named;
  throw refuse.parameter(
    'Invalid estimate_mode parameter, must be one of: "unset", "economical", "conservative"',
  );
}

/** @throws RpcError -8 */
export function requireTarget(blocks: number): void {
  if (blocks < 1 || blocks > LONGEST_TARGET)
    throw refuse.parameter(`Invalid conf_target, must be between 1 and ${LONGEST_TARGET}`);
}

/** @param replaceable whoever can raise the fee later may begin with less @throws RpcError */
export function readFeeChoice(
  { parts: { policy } }: Wallet,
  { conf_target: target, estimate_mode: mode, fee_rate: rate }: FeeParameters,
  replaceable: boolean = policy.replaceable,
): FeeChoice {
  const standard = { target: policy.confirmTarget, conservative: !replaceable };
  if (rate !== undefined) {
    if (target !== undefined)
      throw refuse.parameter(
        'Cannot specify both conf_target and fee_rate. Please provide either a confirmation target in blocks for automatic fee estimation, or an explicit fee rate.',
      );
    if (mode !== 'unset') throw refuse.parameter('Cannot specify both estimate_mode and fee_rate');
    return { ...standard, feeRate: satPerKvB(amountFrom(rate, 3)) };
  }
  const wanted = estimateMode(mode);
  const blocks = target === undefined ? undefined : integerFrom(target);
  if (blocks !== undefined) requireTarget(blocks);
  return {
    feeRate: undefined,
    target: blocks ?? standard.target,
    conservative: wanted === 'unset' ? standard.conservative : wanted === 'conservative',
  };
}
