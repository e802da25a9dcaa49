/** The file of dumptxoutset: Bitcoin Core's snapshot format, version 2, written piece by piece. */
import { equalBytes } from '../core/encoding/bytes.ts';
import { Writer } from '../core/encoding/writer.ts';
import type { Coin } from '../core/transaction/coin.ts';
import { writeCoin } from '../core/transaction/coin-encoding.ts';
import type { OutPoint } from '../core/transaction/transaction.ts';

/** "utxo" and 0xff. */
const SNAPSHOT_MAGIC = Uint8Array.of(0x75, 0x74, 0x78, 0x6f, 0xff);
const SNAPSHOT_VERSION = 2;
/** Bytes handed out at once. */
const PIECE_SIZE = 1 << 16;

interface SnapshotHeader {
  /** The network's, 4 bytes. */
  readonly magic: Uint8Array;
  /** Hash of the block whose coins these are, internal order. */
  readonly base: Uint8Array;
  readonly coins: number;
}

export function encodeSnapshotHeader({ magic, base, coins }: SnapshotHeader): Uint8Array {
  const writer = new Writer(64);
  writer.bytes(SNAPSHOT_MAGIC).uint16(SNAPSHOT_VERSION).bytes(magic).bytes(base).uint64(BigInt(coins));
  return writer.finish();
}

/** The body: for each txid its coins, as `Chain.snapshotCoins` brings them (by txid bytes, then vout). */
export async function* encodeSnapshotCoins(
  coins: AsyncIterable<readonly [OutPoint, Coin]>,
): AsyncGenerator<Uint8Array> {
  let writer = new Writer(2 * PIECE_SIZE);
  let txid: Uint8Array | undefined;
  let group: { readonly vout: number; readonly coin: Coin }[] = [];
  const writeGroup = (): void => {
    if (txid === undefined) return;
    writer.bytes(txid).compactSize(group.length);
    for (const { vout, coin } of group) writeCoin(writer.compactSize(vout), coin);
    group = [];
  };
  for await (const [outpoint, coin] of coins) {
    if (txid === undefined || !equalBytes(txid, outpoint.txid)) {
      writeGroup();
      txid = outpoint.txid;
      if (writer.length >= PIECE_SIZE) {
        yield writer.finish();
        writer = new Writer(2 * PIECE_SIZE);
      }
    }
    group.push({ vout: outpoint.vout, coin });
  }
  writeGroup();
  if (writer.length > 0) yield writer.finish();
}
