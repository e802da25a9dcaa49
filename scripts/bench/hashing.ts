/** Hashing many short messages: transaction ids and Merkle trees, by the reference, by Node, and in batches. */
import { merkleRoot } from '../../src/core/block/merkle.ts';
import {
  bindHashes,
  type HashFunctions,
  hash256Each,
  inOnePiece,
  referenceHashes,
} from '../../src/core/encoding/hashes.ts';
import { bindFastHashes, nodeHashes } from '../../src/platform/node/hashes.ts';
import type { Bench, BenchRow } from './row.ts';

/** Bytes without witness of the commonest transaction: one P2WPKH input, two outputs. */
const TRANSACTION_SIZE = 113;

function times(repeat: number, work: () => void): number[] {
  // Until the engine has optimized it.
  for (let i = 0; i < 5; i++) work();
  return Array.from({ length: repeat }, () => {
    const begun = performance.now();
    work();
    return performance.now() - begun;
  });
}

export const bench: Bench = async ({ repeat, quick }) => {
  const count = quick ? 1_000 : 10_000;
  const messages = Array.from({ length: count }, (_, i) => new Uint8Array(TRANSACTION_SIZE).fill(i));
  const leaves = messages.map((message, i) => message.slice(0, 32).fill(i >> 8, 0, 1));
  const rows: BenchRow[] = [];
  const plain = (functions: HashFunctions) => () => bindHashes(functions);
  const kinds: readonly (readonly [string, () => void])[] = [
    ['@noble/hashes', plain(referenceHashes)],
    ['node:crypto', plain(nodeHashes)],
    ['batches of four', bindFastHashes],
  ];
  for (const [name, bind] of kinds) {
    bind();
    const ids = times(repeat, () => void hash256Each(inOnePiece(messages)));
    const tree = times(repeat, () => void merkleRoot(leaves));
    rows.push({ name: `hashing: ${count} transaction ids, ${name}`, unit: 'ms', values: ids });
    rows.push({ name: `hashing: Merkle root of ${count}, ${name}`, unit: 'ms', values: tree });
  }
  return rows;
};
