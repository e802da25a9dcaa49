/** What one block did, in figures (RPC `getblockstats`, whose names they have). Satoshis, bytes, weight units. */
import type { Block } from '../core/block/block.ts';
import type { BlockUndo } from '../core/consensus/undo.ts';
import { isUnspendable } from '../core/script/script.ts';
import { totalValue } from '../core/transaction/amount.ts';
import { sizeOfTxOut, type TxOut } from '../core/transaction/transaction.ts';

/** Outpoint, and height with coinbase flag, that a node keeps with each unspent output. */
const PER_COIN_OVERHEAD = 40;
const PERCENTILES = [0.1, 0.25, 0.5, 0.75, 0.9] as const;

/**
 * The coinbase counts as a transaction and by its outputs only. Averages and medians are cut to integers.
 * @param coinbaseCounts false where its outputs are no coins (genesis) or replace earlier ones (BIP30)
 */
export function blockStatistics({ transactions }: Block, undo: BlockUndo, coinbaseCounts: boolean) {
  const spenders = transactions.slice(1).map((tx, i) => {
    const spent = undo[i]!.map(({ output }) => output);
    const fee = totalValue(spent) - totalValue(tx.outputs);
    return { tx, spent, fee, size: tx.bytes.length, weight: tx.weight, rate: (fee * 4n) / BigInt(tx.weight) };
  });
  const sizes = spenders.map(({ size }) => size).sort(compare);
  const fees = spenders.map(({ fee }) => fee).sort(compare);
  const byRate = spenders.sort((a, b) => compare(a.rate, b.rate) || a.weight - b.weight);
  const withWitness = spenders.filter(({ tx }) => tx.hasWitness);
  const totalFee = fees.reduce((sum, fee) => sum + fee, 0n);
  const totalSize = total(sizes);
  const totalWeight = total(spenders.map(({ weight }) => weight));
  const made = transactions.flatMap((tx) => tx.outputs);
  const spent = spenders.flatMap((each) => each.spent);
  const coins = (coinbaseCounts ? transactions : transactions.slice(1))
    .flatMap((tx) => tx.outputs)
    .filter(({ scriptPubKey }) => !isUnspendable(scriptPubKey));
  const count = BigInt(spenders.length);
  return {
    avgfee: count > 0n ? totalFee / count : 0n,
    avgfeerate: totalWeight > 0 ? (totalFee * 4n) / BigInt(totalWeight) : 0n,
    avgtxsize: Math.trunc(totalSize / spenders.length || 0),
    feerate_percentiles: ratePercentiles(byRate, totalWeight),
    ins: spent.length,
    maxfee: fees.at(-1) ?? 0n,
    maxfeerate: byRate.at(-1)?.rate ?? 0n,
    maxtxsize: sizes.at(-1) ?? 0,
    medianfee: ((fees[(fees.length - 1) >> 1] ?? 0n) + (fees[fees.length >> 1] ?? 0n)) / 2n,
    mediantxsize: Math.trunc(((sizes[(sizes.length - 1) >> 1] ?? 0) + (sizes[sizes.length >> 1] ?? 0)) / 2),
    minfee: fees[0] ?? 0n,
    minfeerate: byRate[0]?.rate ?? 0n,
    mintxsize: sizes[0] ?? 0,
    outs: made.length,
    swtotal_size: total(withWitness.map(({ size }) => size)),
    swtotal_weight: total(withWitness.map(({ weight }) => weight)),
    swtxs: withWitness.length,
    total_out: totalValue(spenders.flatMap(({ tx }) => tx.outputs)),
    total_size: totalSize,
    total_weight: totalWeight,
    totalfee: totalFee,
    txs: transactions.length,
    utxo_increase: made.length - spent.length,
    utxo_size_inc: coinBytes(made) - coinBytes(spent),
    utxo_increase_actual: coins.length - spent.length,
    utxo_size_inc_actual: coinBytes(coins) - coinBytes(spent),
  };
}

const compare = <T extends number | bigint>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);
const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
const coinBytes = (outputs: readonly TxOut[]): number =>
  total(outputs.map((output) => sizeOfTxOut(output) + PER_COIN_OVERHEAD));

/** The fee rates below which 10, 25, 50, 75 and 90 percent of the block's weight lie. */
function ratePercentiles(
  byRate: readonly { readonly rate: bigint; readonly weight: number }[],
  totalWeight: number,
): readonly bigint[] {
  let weight = 0;
  const reached = byRate.map((each) => {
    weight += each.weight;
    return { rate: each.rate, weight };
  });
  return PERCENTILES.map((part) => {
    const found = reached.find((each) => each.weight >= totalWeight * part) ?? reached.at(-1);
    return found?.rate ?? 0n;
  });
}
