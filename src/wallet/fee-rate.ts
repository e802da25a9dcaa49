/** What a payment should cost. */
import type { Wallet } from './wallet.ts';
import { WalletError } from './wallet-error.ts';

export interface FeeRate {
  /** Satoshis per 1,000 vbytes */
  readonly rate: bigint;
  /** Where it comes from, in Core's words. */
  readonly reason: string;
}

/** The rate for a payment to confirm within `target` blocks. @throws WalletError if nothing is known of it */
export function feeRateFor(wallet: Wallet, target: number, conservative: boolean): FeeRate {
  const { chain, fallbackFee } = wallet.parts;
  const wanted = wantedRate(wallet, chain.estimateFeeRate(target, conservative), fallbackFee);
  const minimum = chain.minimumFeeRate();
  return wanted.rate < minimum ? { rate: minimum, reason: 'Mempool Min Fee' } : wanted;
}

function wantedRate(wallet: Wallet, estimate: bigint | null, fallbackFee: bigint): FeeRate {
  if (wallet.payFeeRate > 0n) return { rate: wallet.payFeeRate, reason: 'PayTxFee set' };
  if (estimate !== null) return { rate: estimate, reason: 'Target 85% Threshold' };
  if (fallbackFee > 0n) return { rate: fallbackFee, reason: 'Fallback fee' };
  throw new WalletError(
    'wallet',
    'Fee estimation failed. Fallbackfee is disabled. Wait a few blocks or enable -fallbackfee.',
  );
}
