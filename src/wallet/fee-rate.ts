/** What a payment should cost. */
import type { Wallet } from './wallet.ts';
import { WalletError } from './wallet-error.ts';

/** Satoshis per 1,000 vbytes for a payment to confirm within `target` blocks. */
export function feeRateFor(wallet: Wallet, target: number, conservative: boolean): bigint {
  const { chain, fallbackFee } = wallet.parts;
  const rate =
    wallet.payFeeRate > 0n ? wallet.payFeeRate : (chain.estimateFeeRate(target, conservative) ?? fallbackFee);
  if (rate === 0n)
    throw new WalletError(
      'wallet',
      'Fee estimation failed. Fallbackfee is disabled. Wait a few blocks or enable -fallbackfee.',
    );
  const minimum = chain.minimumFeeRate();
  return rate > minimum ? rate : minimum;
}
