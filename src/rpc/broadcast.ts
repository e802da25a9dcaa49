/**
 * A transaction of our own on its way out: through the mempool's door, and marked to be
 * announced until some peer has asked for it (Core's
 * BroadcastTransaction). `sendrawtransaction` and wallets use it.
 */
import type { Transaction } from '../core/transaction/transaction.ts';
import type { RpcContext } from './context.ts';
import { RpcCode, RpcError } from './errors.ts';

/**
 * @param maxFee satoshis; 0 accepts any fee.
 * @throws RpcError -25, -26 or -27
 */
export async function broadcastTransaction(
  tx: Transaction,
  maxFee: bigint,
  { chain, mempool }: Pick<RpcContext, 'chain' | 'mempool'>,
): Promise<void> {
  const outpoints = tx.outputs.map((_, vout) => ({ txid: tx.txidBytes, vout }));
  if ((await chain.coins(outpoints)).some((coin) => coin !== undefined))
    throw new RpcError(RpcCode.VERIFY_ALREADY_IN_UTXO_SET, 'Transaction outputs already in utxo set');
  const waiting = mempool.get(tx.txid);
  // Announced again until a peer asks for it; one with another witness stays as it is.
  if (waiting !== undefined) {
    mempool.unbroadcast.add(tx.txid);
    return;
  }
  if (maxFee > 0n) {
    const tested = await mempool.accept(tx, { testOnly: true });
    if (tested.ok && tested.entry.fee > maxFee)
      throw new RpcError(
        RpcCode.VERIFY_ERROR,
        'Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)',
      );
  }
  const verdict = await mempool.accept(tx);
  if (!verdict.ok)
    throw new RpcError(
      verdict.invalid.kind === 'missing' ? RpcCode.VERIFY_ERROR : RpcCode.VERIFY_REJECTED,
      verdict.invalid.message,
    );
  mempool.unbroadcast.add(tx.txid);
}
