/** A chain of twenty blocks that spend, a snapshot of its coins at the twelfth, and a network whose file knows of it. */
import type { Chain } from '../../src/chain/chain.ts';
import { encodeSnapshotCoins, encodeSnapshotHeader, SnapshotReader } from '../../src/chain/utxo-snapshot.ts';
import type { Block } from '../../src/core/block/block.ts';
import { concatBytes } from '../../src/core/encoding/bytes.ts';
import type { NetworkParameters } from '../../src/core/parameters/network.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { ChainBuilder, type SpendableCoin } from './chain-builder.ts';
import { utxoHash } from './fork-story.ts';
import { openMemoryChain } from './memory-chain.ts';

export const BASE_HEIGHT = 12;
/** As far as a node has come that loads the snapshot. */
export const BEFORE = 5;

export interface SnapshotStory {
  readonly parameters: NetworkParameters;
  /** The first is at height 1. */
  readonly blocks: readonly Block[];
  readonly dump: Uint8Array;
}

/** The whole file of dumptxoutset. */
export async function dumpOf(chain: Chain): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let count = 0;
  for await (const _ of (await chain.snapshotCoins()).coins) count++;
  const { tip, coins } = await chain.snapshotCoins();
  pieces.push(encodeSnapshotHeader({ magic: chain.parameters.magic, base: tip.hashBytes, coins: count }));
  for await (const piece of encodeSnapshotCoins(coins)) pieces.push(piece);
  return concatBytes(...pieces);
}

/** @param length of the chain @param spends otherwise, so that there are other coins */
export async function snapshotStory(length = 20): Promise<SnapshotStory> {
  const network = { ...REGTEST, coinbaseMaturity: 2 };
  const builder = new ChainBuilder(network);
  const blocks: Block[] = [];
  for (let i = 0; i < length; i++) {
    const coins: SpendableCoin[] = i < 4 ? [] : [builder.takeMature()];
    const block = builder.block({ transactions: coins.map((coin) => builder.spend([coin])) });
    builder.accept(block);
    blocks.push(block);
  }
  const chain = await openMemoryChain({ parameters: network });
  for (const block of blocks.slice(0, BASE_HEIGHT)) await chain.acceptBlock(block);
  const { tip } = chain;
  const assumed = {
    height: BASE_HEIGHT,
    blockHash: tip.hash,
    hashSerialized: await utxoHash(chain),
    chainTxCount: tip.chainTransactionCount,
  };
  return { parameters: { ...network, assumeUtxo: [assumed] }, blocks, dump: await dumpOf(chain) };
}

/** Headers of all, and the first blocks. */
export async function prepare(chain: Chain, { blocks }: SnapshotStory): Promise<void> {
  chain.acceptHeaders(blocks.map(({ header }) => header));
  for (const block of blocks.slice(0, BEFORE)) await chain.acceptBlock(block);
}

/** As loadtxoutset does. @param piece bytes that come at once */
export async function load(chain: Chain, dump: Uint8Array, isFree = () => true, piece = 1000): Promise<void> {
  const reader = new SnapshotReader(
    (async function* () {
      for (let at = 0; at < dump.length; at += piece) yield dump.subarray(at, at + piece);
    })(),
  );
  const header = await reader.header(chain.parameters);
  await chain.loadSnapshot({ reader, header }, isFree);
}

/** Gives a block to the chain, and waits until the background has had its turns. */
export async function give(chain: Chain, blocks: readonly Block[]): Promise<void> {
  for (const block of blocks) await chain.acceptBlock(block);
  await rest(chain);
}

/** Resolves when nothing is done in the background any more. */
export async function rest(chain: Chain): Promise<void> {
  for (let turn = 0; turn < 20; turn++) {
    await chain.settled();
    await new Promise(setImmediate);
  }
}
