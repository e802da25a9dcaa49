/** What gettxoutsetinfo says of a UTXO set: counts, the amount, and a hash. */
import { sha256 as incrementalSha256 } from '@noble/hashes/sha2.js';
import { equalBytes } from '../core/encoding/bytes.ts';
import { sha256 } from '../core/encoding/hashes.ts';
import { MuHash } from '../core/encoding/muhash.ts';
import { Writer } from '../core/encoding/writer.ts';
import type { Coin } from '../core/transaction/coin.ts';
import { coinCode } from '../core/transaction/coin-encoding.ts';
import { type OutPoint, writeOutPoint, writeTxOut } from '../core/transaction/transaction.ts';

export type UtxoHashKind = 'hash_serialized_3' | 'muhash' | 'none';

interface UtxoStatistics {
  /** Transactions with unspent outputs. */
  readonly transactions: number;
  readonly coins: number;
  /** A size that depends on no database: 50 bytes a coin, and its script. */
  readonly bogoSize: number;
  /** Satoshis. */
  readonly amount: bigint;
  /** 32 bytes, internal order; null for `none`. */
  readonly hash: Uint8Array | null;
}

/** A coin as both hashes see it: outpoint, height and coinbase flag, output. */
export function hashedCoin(outpoint: OutPoint, coin: Coin): Uint8Array {
  const writer = new Writer(96);
  writeOutPoint(writer, outpoint);
  writer.uint32(coinCode(coin));
  writeTxOut(writer, coin.output);
  return writer.finish();
}

export function bogoSizeOf(coin: Coin): number {
  return 50 + coin.output.scriptPubKey.length;
}

/** @param coins by (txid bytes, vout), as `Chain.snapshotCoins` brings them. */
export async function utxoStatistics(
  coins: AsyncIterable<readonly [OutPoint, Coin]>,
  kind: UtxoHashKind,
): Promise<UtxoStatistics> {
  const serialized = incrementalSha256.create();
  const set = new MuHash();
  let [transactions, count, bogoSize, amount] = [0, 0, 0, 0n];
  let txid: Uint8Array | undefined;
  for await (const [outpoint, coin] of coins) {
    if (txid === undefined || !equalBytes(txid, outpoint.txid)) transactions++;
    txid = outpoint.txid;
    count++;
    bogoSize += bogoSizeOf(coin);
    amount += coin.output.value;
    if (kind === 'hash_serialized_3') serialized.update(hashedCoin(outpoint, coin));
    else if (kind === 'muhash') set.add(hashedCoin(outpoint, coin));
  }
  let hash: Uint8Array | null = null;
  if (kind === 'hash_serialized_3') hash = sha256(serialized.digest());
  else if (kind === 'muhash') hash = set.digest();
  return { transactions, coins: count, bogoSize, amount, hash };
}
