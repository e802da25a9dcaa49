/** A generated chain on the disk, made once and kept for later runs. */
import { closeSync, existsSync, mkdirSync, openSync, renameSync, writevSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Writer } from '../../../src/core/encoding/writer.ts';
import { REGTEST } from '../../../src/core/parameters/presets.ts';
import { type GenerateOptions, generateChain } from './generate.ts';

export interface Progress {
  readonly height: number;
  readonly transactions: number;
  readonly bytes: number;
}

/** Writes a chain in Core's blk format, without the genesis block. */
export async function writeChain(
  path: string,
  options: GenerateOptions,
  onBlock: (progress: Progress) => void = () => {},
): Promise<void> {
  const file = openSync(path, 'w');
  let [height, transactions, bytes] = [0, 0, 0];
  for await (const block of generateChain(options)) {
    const frame = new Writer(8).bytes(REGTEST.magic).uint32(block.bytes.length).finish();
    bytes += writevSync(file, [frame, block.bytes]);
    transactions += block.transactions.length;
    onBlock({ height: ++height, transactions, bytes });
  }
  closeSync(file);
}

/** The chain that the import benchmarks use. */
const BENCH_MIX = { p2wpkh: 60, p2tr: 20, p2pkh: 10, multisig: 10 };
const CACHE = join(import.meta.dirname, '../../../node_modules/.cache/penny');

/** Path of a chain of so many blocks, kept below node_modules. */
export async function benchChain(blocks: number, txsPerBlock: number): Promise<string> {
  const path = join(CACHE, `chain-${blocks}-${txsPerBlock}.dat`);
  if (existsSync(path)) return path;
  mkdirSync(CACHE, { recursive: true });
  const threads = availableParallelism();
  await writeChain(`${path}.new`, { blocks, txsPerBlock, mix: BENCH_MIX, seed: 'bench', threads });
  renameSync(`${path}.new`, path);
  return path;
}
