/** What gettxoutsetinfo says, for every block (`-coinstatsindex`): totals from the genesis block on, and MuHash. */
import type { HeaderEntry } from '../chain/header-entry.ts';
import type { Operation } from '../chain/key-value-store.ts';
import { CorruptionError } from '../chain/storage.ts';
import { bogoSizeOf, hashedCoin } from '../chain/utxo-statistics.ts';
import { blockSubsidy } from '../core/consensus/subsidy.ts';
import { concatBytes, equalBytes } from '../core/encoding/bytes.ts';
import { MuHash } from '../core/encoding/muhash.ts';
import { Reader } from '../core/encoding/reader.ts';
import { Writer } from '../core/encoding/writer.ts';
import type { NetworkParameters } from '../core/parameters/network.ts';
import { isUnspendable } from '../core/script/script.ts';
import { createdCoins, OVERWRITTEN_COINBASES, spentCoins } from './block-coins.ts';
import { Follower, type IndexContent, type IndexDependencies, type IndexedBlock } from './follower.ts';

/** 's' block hash (32) -> totals (u64 each, in the order of FIELDS), MuHash (32). */
const PREFIX = Uint8Array.of(0x73);
/** -> the MuHash that goes on from the last block added (768), hash of that block (32; missing in older versions). */
const RUNNING_KEY = Uint8Array.of(0x4d);
const RUNNING_SIZE = 768;

/** Amounts are satoshis; all but the first three only grow. */
const FIELDS = [
  'coins',
  'bogoSize',
  'amount',
  'subsidy',
  'prevoutsSpent',
  'newOutputs',
  'coinbase',
  'unspendable',
  'unspendableGenesis',
  'unspendableBip30',
  'unspendableScripts',
  'unclaimedRewards',
] as const;

type CoinTotals = Readonly<Record<(typeof FIELDS)[number], bigint>>;

export interface CoinStatistics {
  /** As of this block. */
  readonly totals: CoinTotals;
  /** As of its parent: the difference is what this block did. All zero for the genesis block. */
  readonly before: CoinTotals;
  /** 32 bytes, internal order. */
  readonly muhash: Uint8Array;
}

const NOTHING = Object.fromEntries(FIELDS.map((field) => [field, 0n])) as CoinTotals;

const keyOf = (entry: HeaderEntry): Uint8Array => concatBytes(PREFIX, entry.hashBytes);

function encode(totals: CoinTotals, muhash: Uint8Array): Uint8Array {
  const writer = new Writer(128);
  for (const field of FIELDS) writer.uint64(totals[field]);
  return writer.bytes(muhash).finish();
}

function decode(value: Uint8Array): { totals: CoinTotals; muhash: Uint8Array } {
  const reader = new Reader(value);
  const totals = Object.fromEntries(FIELDS.map((field) => [field, reader.uint64()])) as CoinTotals;
  return { totals, muhash: reader.view(32) };
}

function addBlock(before: CoinTotals, indexed: IndexedBlock, parameters: NetworkParameters): CoinTotals {
  const { entry, block } = indexed;
  const totals = { ...before };
  const subsidy = blockSubsidy(entry.height, parameters);
  totals.subsidy += subsidy;
  for (const { coin } of createdCoins(indexed)) {
    totals.coins++;
    totals.bogoSize += BigInt(bogoSizeOf(coin));
    totals.amount += coin.output.value;
    totals[coin.coinbase ? 'coinbase' : 'newOutputs'] += coin.output.value;
  }
  for (const { coin } of spentCoins(indexed)) {
    totals.coins--;
    totals.bogoSize -= BigInt(bogoSizeOf(coin));
    totals.amount -= coin.output.value;
    totals.prevoutsSpent += coin.output.value;
  }
  if (entry.height === 0) totals.unspendableGenesis += subsidy;
  else if (OVERWRITTEN_COINBASES.has(entry.hash)) totals.unspendableBip30 += subsidy;
  else
    for (const tx of block.transactions)
      for (const { value, scriptPubKey } of tx.outputs)
        if (isUnspendable(scriptPubKey)) totals.unspendableScripts += value;
  const { unspendableGenesis, unspendableBip30, unspendableScripts } = totals;
  const lost = unspendableGenesis + unspendableBip30 + unspendableScripts;
  // What miners might have taken and did not.
  const { prevoutsSpent, newOutputs, coinbase } = totals;
  totals.unclaimedRewards = prevoutsSpent + totals.subsidy - newOutputs - coinbase - lost;
  totals.unspendable = lost + totals.unclaimedRewards;
  return totals;
}

const missing = ({ hash }: HeaderEntry): CorruptionError =>
  new CorruptionError(`coinstatsindex lacks the statistics of block ${hash}`);

/** @param last null before the genesis block @throws CorruptionError if it is of another */
async function readRunning(
  store: Parameters<IndexContent['connect']>[1],
  last: HeaderEntry | null,
): Promise<MuHash> {
  if (last === null) return new MuHash();
  const value = await store.get(RUNNING_KEY);
  const of = value?.subarray(RUNNING_SIZE);
  if (value === undefined || (of!.length > 0 && !equalBytes(of!, last.hashBytes))) throw missing(last);
  return MuHash.from(value.subarray(0, RUNNING_SIZE));
}

const putRunning = (set: MuHash, { hashBytes }: HeaderEntry): Operation => ({
  put: RUNNING_KEY,
  value: concatBytes(set.encode(), hashBytes),
});

function contentFor(parameters: NetworkParameters): IndexContent {
  return {
    async connect(indexed, store) {
      const { parent } = indexed.entry;
      const before = parent === null ? undefined : await store.get(keyOf(parent));
      if (parent !== null && before === undefined) throw missing(parent);
      const set = await readRunning(store, parent);
      for (const { outpoint, coin } of createdCoins(indexed)) set.add(hashedCoin(outpoint, coin));
      for (const { outpoint, coin } of spentCoins(indexed)) set.remove(hashedCoin(outpoint, coin));
      const totals = addBlock(before === undefined ? NOTHING : decode(before).totals, indexed, parameters);
      return [
        { put: keyOf(indexed.entry), value: encode(totals, set.digest()) },
        putRunning(set, indexed.entry),
      ];
    },
    async disconnect(indexed, store) {
      const set = await readRunning(store, indexed.entry);
      for (const { outpoint, coin } of createdCoins(indexed)) set.remove(hashedCoin(outpoint, coin));
      for (const { outpoint, coin } of spentCoins(indexed)) set.add(hashedCoin(outpoint, coin));
      return [putRunning(set, indexed.entry.parent!)];
    },
  };
}

export class CoinStatisticsIndex {
  readonly follower: Follower;

  private constructor(follower: Follower) {
    this.follower = follower;
  }

  static async open(dependencies: IndexDependencies): Promise<CoinStatisticsIndex> {
    const content = contentFor(dependencies.chain.parameters);
    return new CoinStatisticsIndex(await Follower.open('coinstatsindex', content, dependencies));
  }

  /** Resolves when the chain's tip is in the index. */
  synchronize(): Promise<void> {
    return this.follower.synchronize();
  }

  /** Undefined if the block was never active while the index ran. */
  async find(entry: HeaderEntry): Promise<CoinStatistics | undefined> {
    const value = await this.follower.get(keyOf(entry));
    if (value === undefined) return undefined;
    const before = entry.parent === null ? undefined : await this.follower.get(keyOf(entry.parent));
    return { ...decode(value), before: before === undefined ? NOTHING : decode(before).totals };
  }

  close(): Promise<void> {
    return this.follower.close();
  }
}
