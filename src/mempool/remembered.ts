/**
 * What waits in a mempool at one moment, so that it can be brought back exactly and without being judged again: on
 * the same chain it is what it was. Owns the form (JSON), and how a pool is made to agree with it.
 */
import { fromHex, toHex, utf8 } from '../core/encoding/bytes.ts';
import { Transaction, type Txid } from '../core/transaction/transaction.ts';
import { MempoolEntry } from './entry.ts';
import type { Pool } from './pool.ts';
import type { RollingState } from './rolling-minimum.ts';

interface RememberedEntry {
  readonly hex: string;
  /** Satoshis */
  readonly fee: string;
  readonly sigOpCost: number;
  readonly time: number;
  readonly height: number;
  readonly sequence: number;
  readonly spendsCoinbase: boolean;
}

interface RememberedPool {
  /** In the order in which they came. */
  readonly entries: readonly RememberedEntry[];
  /** Satoshis by txid. */
  readonly feeDeltas: Readonly<Record<string, string>>;
  readonly unbroadcast: readonly Txid[];
  readonly minimum: RollingState;
}

const remembered = (entry: MempoolEntry): RememberedEntry => ({
  hex: toHex(entry.tx.bytes),
  fee: String(entry.fee),
  sigOpCost: entry.sigOpCost,
  time: entry.time,
  height: entry.height,
  sequence: entry.sequence,
  spendsCoinbase: entry.spendsCoinbase,
});

export function encodePool(pool: Pool): Uint8Array {
  const state: RememberedPool = {
    entries: Array.from(pool.graph.entries(), remembered),
    feeDeltas: Object.fromEntries(Array.from(pool.feeDeltas, ([txid, delta]) => [txid, String(delta)])),
    unbroadcast: [...pool.unbroadcast],
    minimum: pool.minimum.state,
  };
  return utf8(JSON.stringify(state));
}

/** What is there and is what it was stays, with what others know of it. */
export function rewindPool(pool: Pool, bytes: Uint8Array): void {
  const state = JSON.parse(new TextDecoder().decode(bytes)) as RememberedPool;
  pool.feeDeltas.clear();
  for (const [txid, delta] of Object.entries(state.feeDeltas))
    pool.feeDeltas.set(txid as Txid, BigInt(delta));
  const deltaOf = (txid: Txid): bigint => pool.feeDeltas.get(txid) ?? 0n;
  const { bytesPerSigOp } = pool.circumstances().policy;
  const wanted = new Map(state.entries.map((entry) => [JSON.stringify(entry), entry]));
  const gone: MempoolEntry[] = [];
  for (const entry of pool.graph.entries()) {
    const stays = entry.modifiedFee === entry.fee + deltaOf(entry.txid);
    if (!(stays && wanted.delete(JSON.stringify(remembered(entry))))) gone.push(entry);
  }
  pool.remove(gone, 'reorg');
  for (const { hex, fee, ...facts } of wanted.values()) {
    const tx = Transaction.decode(fromHex(hex));
    pool.add(
      new MempoolEntry({ ...facts, tx, fee: BigInt(fee) }, { feeDelta: deltaOf(tx.txid), bytesPerSigOp }),
    );
  }
  pool.unbroadcast.clear();
  for (const txid of state.unbroadcast) pool.unbroadcast.add(txid);
  pool.minimum.state = state.minimum;
  pool.limit();
}
