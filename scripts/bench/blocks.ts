/** What a block costs before it is connected: parsing, ids, the Merkle tree, and the checks that need no chain. */
import { Block } from '../../src/core/block/block.ts';
import { merkleRoot } from '../../src/core/block/merkle.ts';
import { checkBlock } from '../../src/core/consensus/check-block.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { Transaction } from '../../src/core/transaction/transaction.ts';
import { bindFastHashes } from '../../src/platform/node/hashes.ts';
import { benchChain, readTip } from './chain/file.ts';
import type { Bench, BenchRow } from './row.ts';
import { REAL_BLOCKS, readVector } from './vectors.ts';

/** Each repetition is the best of so many: the rest is what else the machine had to do. */
const TRIES = 20;

/** Milliseconds of one step, which is given its block anew, so that nothing is known of it yet. */
function times<T>(repeat: number, prepare: () => T, step: (prepared: T) => void): number[] {
  const once = (): number => {
    const prepared = prepare();
    const begun = performance.now();
    step(prepared);
    return performance.now() - begun;
  };
  once();
  return Array.from({ length: repeat }, () => Math.min(...Array.from({ length: TRIES }, once)));
}

function measureBlock(label: string, bytes: Uint8Array, repeat: number): BenchRow[] {
  const decode = (): Block => Block.decode(bytes);
  const { transactions } = decode();
  const txids = transactions.map((tx) => tx.txidBytes);
  const size = `${transactions.length} transactions, ${(bytes.length / 1e6).toFixed(2)} MB`;
  const row = (what: string, values: number[]): BenchRow => ({
    name: `block ${label} (${size}): ${what}`,
    unit: 'ms',
    values,
  });
  return [
    row(
      'parse',
      times(repeat, () => bytes, Block.decode),
    ),
    row(
      'ids with and without witnesses',
      times(repeat, decode, (block) => Transaction.identify(block.transactions)),
    ),
    row(
      'Merkle root',
      times(repeat, () => txids, merkleRoot),
    ),
    row(
      'check, with ids and root',
      times(repeat, decode, (block) => checkBlock(block, REGTEST)),
    ),
  ];
}

export const bench: Bench = async ({ repeat, quick }) => {
  bindFastHashes();
  const generated = readTip(await benchChain(110, quick ? 300 : 2_500));
  const rows = measureBlock('generated', generated.bytes, repeat);
  for (const name of REAL_BLOCKS) {
    const bytes = readVector(name, 'raw');
    if (bytes !== null) rows.push(...measureBlock(name, bytes, repeat));
  }
  return rows;
};
