/**
 * A transaction of our own on its way out: through the mempool's door, and marked to be
 * announced until some peer has asked for it (Core's
 * BroadcastTransaction). `sendrawtransaction` and wallets use it.
 */
import type { Invalid } from '../core/encoding/errors.ts';
import { outPointsOf, type Transaction } from '../core/transaction/transaction.ts';
import { MaximumFeeInvalid } from '../mempool/results.ts';
import type { RpcContext } from './context.ts';
import { RpcCode, RpcError, refuse } from './errors.ts';

/**
 * @param maxFee satoshis; 0 accepts any fee.
 * @throws RpcError -25, -26 or -27
 */
export async function broadcastTransaction(
  tx: Transaction,
  maxFee: bigint,
  { chain, mempool, wallets }: Pick<RpcContext, 'chain' | 'mempool' | 'wallets'>,
): Promise<void> {
  // Announced again until a peer asks for it; one with another witness stays as it is.
  if (!mempool.has(tx.txid)) {
    const verdict = await mempool.accept(tx, { maximumFee: maxFee > 0n ? maxFee : undefined });
    if (!verdict.ok) throw await whyNot(tx, verdict.invalid, chain);
  }
  mempool.unbroadcast.add(tx.txid);
  // Whoever is told that it is sent need not fear that a wallet of ours forgets it.
  await wallets.settled();
}

async function whyNot(tx: Transaction, invalid: Invalid, chain: RpcContext['chain']): Promise<RpcError> {
  if ((await chain.coins(outPointsOf(tx))).some((coin) => coin !== undefined))
    return new RpcError(RpcCode.VERIFY_ALREADY_IN_UTXO_SET, 'Transaction outputs already in utxo set');
  if (invalid instanceof MaximumFeeInvalid)
    return refuse.verify('Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)');
  const code = invalid.kind === 'missing' ? RpcCode.VERIFY_ERROR : RpcCode.VERIFY_REJECTED;
  return new RpcError(code, invalid.message);
}
