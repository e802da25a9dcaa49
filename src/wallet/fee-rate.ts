/** What a payment should cost. */
import { type FeeRate, formatFeeRate, higherRate } from '../core/transaction/fee-rate.ts';
import type { Wallet } from './wallet.ts';
import { WalletError } from './wallet-error.ts';

interface ReasonedRate {
  readonly rate: FeeRate;
  /** Where it comes from, in Core's words. */
  readonly reason: string;
}

/** What is wanted of a payment's fee. */
export interface FeeChoice {
  /** Insisted on; else it is estimated. */
  readonly feeRate: FeeRate | undefined;
  /** For the estimate: blocks, and whether to be on the safe side. */
  readonly target: number;
  readonly conservative: boolean;
}

/** The rate that was chosen, or what it comes to now. @throws WalletError */
export const chosenRate = (wallet: Wallet, { feeRate, target, conservative }: FeeChoice): ReasonedRate =>
  feeRate === undefined ? feeRateFor(wallet, target, conservative) : checkFeeRate(wallet, feeRate);

/** The rate for a payment to confirm within `target` blocks. @throws WalletError if nothing is known of it */
export function feeRateFor(wallet: Wallet, target: number, conservative: boolean): ReasonedRate {
  const wanted = wantedRate(wallet, target, conservative);
  if (wanted === null)
    throw new WalletError(
      'Fee estimation failed. Fallbackfee is disabled. Wait a few blocks or enable -fallbackfee.',
    );
  const minima = [
    { rate: wallet.parts.chain.minimumFeeRate(), reason: 'Mempool Min Fee' },
    { rate: requiredFeeRate(wallet), reason: 'Minimum Required Fee' },
  ];
  return minima.reduce((best, minimum) => (minimum.rate > best.rate ? minimum : best), wanted);
}

/** Null without estimate and fallback. */
export function wantedRate(wallet: Wallet, target: number, conservative: boolean): ReasonedRate | null {
  const { chain, policy } = wallet.parts;
  if (wallet.payFeeRate > 0n) return { rate: wallet.payFeeRate, reason: 'PayTxFee set' };
  const estimate = chain.estimateFeeRate(target, conservative);
  if (estimate !== null) return { rate: estimate, reason: 'Target 85% Threshold' };
  return policy.fallbackFee > 0n ? { rate: policy.fallbackFee, reason: 'Fallback fee' } : null;
}

/** Everything pays it, whatever is asked for. */
export const requiredFeeRate = ({ parts: { chain, policy } }: Wallet): FeeRate =>
  higherRate(chain.relayFeeRate(), policy.minimumFeeRate);

/** A rate that the caller insists on is never raised, so it is refused. @throws WalletError in Core's words */
function checkFeeRate(wallet: Wallet, rate: FeeRate): ReasonedRate {
  const required = requiredFeeRate(wallet);
  const { chain, policy } = wallet.parts;
  if (rate < required)
    throw new WalletError(
      `Fee rate (${formatFeeRate(rate)}) is lower than the minimum fee rate setting (${formatFeeRate(required)}).\n` +
        `Consider modifying -mintxfee (${formatFeeRate(policy.minimumFeeRate)}) or -minrelaytxfee (${formatFeeRate(chain.relayFeeRate())}).`,
    );
  return { rate, reason: 'PayTxFee set' };
}
