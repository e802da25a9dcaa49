/** A generated chain on the disk, made once and kept for later runs. */
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  writevSync,
} from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { Block } from '../../../src/core/block/block.ts';
import { HEADER_SIZE } from '../../../src/core/block/header.ts';
import { genesisBlock } from '../../../src/core/consensus/genesis.ts';
import { equalBytes } from '../../../src/core/encoding/bytes.ts';
import { Reader } from '../../../src/core/encoding/reader.ts';
import { Writer } from '../../../src/core/encoding/writer.ts';
import { REGTEST } from '../../../src/core/parameters/presets.ts';
import type { BenchOptions } from '../row.ts';
import { type GenerateOptions, generateChain } from './generate.ts';

export interface Progress {
  readonly height: number;
  readonly transactions: number;
  readonly bytes: number;
}

export const writeChain = (
  path: string,
  options: GenerateOptions,
  onBlock?: (progress: Progress) => void,
): Promise<void> => writeBlocks(path, generateChain(options), onBlock);

/** Writes a chain in Core's blk format, from the genesis block on: without it Core's checks of regtest fail. */
async function writeBlocks(
  path: string,
  blocks: AsyncIterable<Block> | Iterable<Block>,
  onBlock: (progress: Progress) => void = () => {},
): Promise<void> {
  const file = openSync(path, 'w');
  try {
    let [height, transactions, bytes] = [0, 0, 0];
    const write = (block: Block): void => {
      const frame = new Writer(8).bytes(REGTEST.magic).uint32(block.bytes.length).finish();
      bytes += writevSync(file, [frame, block.bytes]);
    };
    write(genesisBlock(REGTEST));
    for await (const block of blocks) {
      write(block);
      transactions += block.transactions.length;
      onBlock({ height: ++height, transactions, bytes });
    }
  } finally {
    closeSync(file);
  }
}

/** The chain that the benchmarks use. */
const BENCH_MIX = { p2wpkh: 60, p2tr: 20, p2pkh: 10, multisig: 10 };
const CACHE = join(import.meta.dirname, '../../../node_modules/.cache/penny');

/** Path of a chain of so many blocks, kept below node_modules. */
export function benchChain(blocks: number, txsPerBlock: number): Promise<string> {
  const threads = availableParallelism();
  const options = { blocks, txsPerBlock, mix: BENCH_MIX, seed: 'bench', threads };
  return kept(`chain-${blocks}-${txsPerBlock}.dat`, () => generateChain(options));
}

/** Path of a file of these blocks, made once. */
export async function kept(
  name: string,
  make: () => AsyncIterable<Block> | Iterable<Block>,
): Promise<string> {
  const path = join(CACHE, name);
  if (existsSync(path)) return path;
  mkdirSync(CACHE, { recursive: true });
  await writeBlocks(`${path}.new`, make());
  renameSync(`${path}.new`, path);
  return path;
}

export interface MeasuredChain {
  /** For the names of rows. */
  readonly name: string;
  readonly path: string;
  /** Height of its tip. */
  readonly blocks: number;
}

/** The file that was asked for, or one of the given size. */
export async function measuredChain(
  { chain }: BenchOptions,
  [blocks, txs]: readonly [number, number],
): Promise<MeasuredChain> {
  if (chain === undefined)
    return { name: `${blocks} blocks of ${txs} payments`, path: await benchChain(blocks, txs), blocks };
  const found = countBlocks(chain);
  return { name: `${found} blocks of ${basename(chain)}`, path: chain, blocks: found };
}

/** Whole blocks that follow each other without a gap from the beginning of the file, the genesis block aside. */
export function countBlocks(path: string): number {
  const genesis = genesisBlock(REGTEST).header.bytes;
  const file = openSync(path, 'r');
  const { size } = fstatSync(file);
  const start = new Uint8Array(8 + HEADER_SIZE);
  let blocks = 0;
  for (let at = 0; readSync(file, start, 0, start.length, at) === start.length; ) {
    const reader = new Reader(start);
    if (!equalBytes(reader.view(4), REGTEST.magic)) break;
    at += 8 + reader.uint32();
    if (at <= size && !equalBytes(reader.view(HEADER_SIZE), genesis)) blocks++;
  }
  closeSync(file);
  return blocks;
}

/** The last block of such a file. */
export function readTip(path: string): Block {
  let tip: Uint8Array | undefined;
  for (const reader = new Reader(readFileSync(path)); reader.remaining > 0; ) {
    reader.view(4);
    tip = reader.view(reader.uint32());
  }
  return Block.decode(tip!);
}
