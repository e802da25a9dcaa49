/** getblockstats: what one block did, in numbers. Satoshis and vbytes, as Core has it. */
import type { Block } from '../../core/block/block.ts';
import { blockSubsidy } from '../../core/consensus/subsidy.ts';
import type { BlockUndo } from '../../core/consensus/undo.ts';
import { isUnspendable } from '../../core/script/script.ts';
import { sizeOfTxOut, type Transaction, type TxOut } from '../../core/transaction/transaction.ts';
import { group, method, refuse, t } from '../kit.ts';
import { blockByHashOrHeight, readStoredBlock, readStoredUndo } from '../lookup.ts';

/** Outpoint, and height with coinbase flag, that a node keeps with each unspent output. */
const PER_COIN_OVERHEAD = 40;
const PERCENTILES = [0.1, 0.25, 0.5, 0.75, 0.9] as const;

/** What is counted transaction by transaction. The coinbase counts as an output only. */
class Tally {
  readonly fees: bigint[] = [];
  readonly sizes: number[] = [];
  /** Fee rate in satoshi per vbyte, and weight. */
  readonly rates: (readonly [bigint, number])[] = [];
  outputs = 0;
  inputs = 0;
  totalOut = 0n;
  totalFee = 0n;
  totalSize = 0;
  totalWeight = 0;
  segwitCount = 0;
  segwitSize = 0;
  segwitWeight = 0;
  coinBytes = 0;
  /** Without outputs that never enter the UTXO set. */
  coins = 0;
  actualCoinBytes = 0;

  /** @param coinsCount false for coinbases whose outputs are no coins (genesis) or replace earlier ones (BIP30). */
  addOutputs(tx: Transaction, coinsCount: boolean): void {
    this.outputs += tx.outputs.length;
    for (const output of tx.outputs) {
      const bytes = coinBytes(output);
      this.coinBytes += bytes;
      if (!coinsCount || isUnspendable(output.scriptPubKey)) continue;
      this.coins++;
      this.actualCoinBytes += bytes;
    }
  }

  addSpender(tx: Transaction, spent: readonly TxOut[]): void {
    this.inputs += tx.inputs.length;
    const size = tx.bytes.length;
    const { weight } = tx;
    this.sizes.push(size);
    this.totalSize += size;
    this.totalWeight += weight;
    if (tx.hasWitness) {
      this.segwitCount++;
      this.segwitSize += size;
      this.segwitWeight += weight;
    }
    let fee = 0n;
    for (const output of tx.outputs) fee -= output.value;
    this.totalOut -= fee;
    for (const output of spent) {
      fee += output.value;
      this.coinBytes -= coinBytes(output);
      this.actualCoinBytes -= coinBytes(output);
    }
    this.totalFee += fee;
    this.fees.push(fee);
    this.rates.push([(fee * 4n) / BigInt(weight), weight]);
  }
}

function coinBytes(output: TxOut): number {
  return sizeOfTxOut(output) + PER_COIN_OVERHEAD;
}

function tally(block: Block, undo: BlockUndo, coinbaseCounts: boolean): Tally {
  const counted = new Tally();
  for (const [i, tx] of block.transactions.entries()) {
    counted.addOutputs(tx, i > 0 || coinbaseCounts);
    if (i > 0)
      counted.addSpender(
        tx,
        undo[i - 1]!.map((coin) => coin.output),
      );
  }
  return counted;
}

const compare = <T extends number | bigint>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);
const largest = <T extends number | bigint>(values: readonly T[], none: T): T =>
  values.reduce((best, value) => (value > best ? value : best), none);

function smallest<T extends number | bigint>(values: readonly T[], none: T): T {
  return values.length === 0 ? none : values.reduce((best, value) => (value < best ? value : best));
}

/** Of an even number the mean of the two in the middle, cut to an integer. */
function medianSize(sizes: readonly number[]): number {
  const sorted = [...sizes].sort(compare);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return 0;
  return sorted.length % 2 === 0 ? Math.trunc((sorted[middle - 1]! + sorted[middle]!) / 2) : sorted[middle]!;
}

function medianFee(fees: readonly bigint[]): bigint {
  const sorted = [...fees].sort(compare);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return 0n;
  return sorted.length % 2 === 0 ? (sorted[middle - 1]! + sorted[middle]!) / 2n : sorted[middle]!;
}

/** The fee rates below which 10, 25, 50, 75 and 90 percent of the block's weight lie. */
function ratePercentiles({ rates, totalWeight }: Tally): readonly bigint[] {
  const sorted = [...rates].sort((a, b) => compare(a[0], b[0]) || compare(a[1], b[1]));
  const found: bigint[] = [];
  let weight = 0;
  for (const [rate, own] of sorted) {
    weight += own;
    while (found.length < PERCENTILES.length && weight >= totalWeight * PERCENTILES[found.length]!)
      found.push(rate);
  }
  while (found.length < PERCENTILES.length) found.push(sorted.at(-1)?.[0] ?? 0n);
  return found;
}

function statistics(block: Block, counted: Tally) {
  const spenders = block.transactions.length - 1;
  const rates = counted.rates.map(([rate]) => rate);
  const sizes = counted.sizes;
  return {
    avgfee: spenders > 0 ? counted.totalFee / BigInt(spenders) : 0n,
    avgfeerate: counted.totalWeight > 0 ? (counted.totalFee * 4n) / BigInt(counted.totalWeight) : 0n,
    avgtxsize: spenders > 0 ? Math.trunc(counted.totalSize / spenders) : 0,
    feerate_percentiles: ratePercentiles(counted),
    ins: counted.inputs,
    maxfee: largest(counted.fees, 0n),
    maxfeerate: largest(rates, 0n),
    maxtxsize: largest(sizes, 0),
    medianfee: medianFee(counted.fees),
    mediantxsize: medianSize(sizes),
    minfee: smallest(counted.fees, 0n),
    minfeerate: smallest(rates, 0n),
    mintxsize: smallest(sizes, 0),
    outs: counted.outputs,
    swtotal_size: counted.segwitSize,
    swtotal_weight: counted.segwitWeight,
    swtxs: counted.segwitCount,
    total_out: counted.totalOut,
    total_size: counted.totalSize,
    total_weight: counted.totalWeight,
    totalfee: counted.totalFee,
    txs: block.transactions.length,
    utxo_increase: counted.outputs - counted.inputs,
    utxo_size_inc: counted.coinBytes,
    utxo_increase_actual: counted.coins - counted.inputs,
    utxo_size_inc_actual: counted.actualCoinBytes,
  };
}

const count = (help?: string) => t.optional(t.number(help));

export const blockStatsMethods = group('Blockchain', {
  getblockstats: method({
    help: 'What a block did, in figures. Amounts are satoshis, fee rates satoshis for a vbyte.',
    parameters: {
      hash_or_height: blockByHashOrHeight(),
      stats: t.optional(t.array(t.string(), 'Names of the figures wanted'), 'all'),
    },
    result: t.object({
      avgfee: count(),
      avgfeerate: count(),
      avgtxsize: count('Bytes'),
      blockhash: t.optional(t.hex()),
      feerate_percentiles: t.optional(
        t.array(t.number(), 'Below which 10, 25, 50, 75 and 90 percent of the weight lie'),
      ),
      height: count(),
      ins: count('Inputs, without the coinbase'),
      maxfee: count(),
      maxfeerate: count(),
      maxtxsize: count(),
      medianfee: count(),
      mediantime: t.optional(t.time()),
      mediantxsize: count(),
      minfee: count(),
      minfeerate: count(),
      mintxsize: count(),
      outs: count('Outputs'),
      subsidy: count(),
      swtotal_size: count('Bytes of transactions with witnesses'),
      swtotal_weight: count(),
      swtxs: count(),
      time: t.optional(t.time()),
      total_out: count('Without the coinbase'),
      total_size: count('Bytes, without the coinbase'),
      total_weight: count(),
      totalfee: count(),
      txs: count('With the coinbase'),
      utxo_increase: count('Outputs less inputs'),
      utxo_size_inc: count('Bytes that these take'),
      utxo_increase_actual: count('Without outputs that nobody can spend'),
      utxo_size_inc_actual: count(),
    }),
    example: `1 '["minfeerate","avgfeerate"]'`,
    async handler({ hash_or_height: entry, stats }, { chain, parameters }) {
      const wanted = new Set(stats ?? []);
      const block = await readStoredBlock(chain, entry);
      const undo = await readStoredUndo(chain, entry);
      const repeated = parameters.bip30Exceptions.some(
        ({ height, hash }) => height === entry.height && hash === entry.hash,
      );
      const all = {
        ...statistics(block, tally(block, undo, entry.height > 0 && !repeated)),
        blockhash: entry.hash,
        height: entry.height,
        mediantime: entry.medianTimePast,
        subsidy: blockSubsidy(entry.height, parameters),
        time: entry.time,
      };
      for (const name of wanted)
        if (!Object.hasOwn(all, name)) throw refuse.parameter(`Invalid selected statistic '${name}'`);
      if (wanted.size === 0) return all;
      const chosen: Partial<typeof all> = Object.fromEntries(
        [...wanted].map((name) => [name, all[name as keyof typeof all]]),
      );
      return chosen;
    },
  }),
});
