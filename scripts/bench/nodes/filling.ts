/** Node processes that are given many signed transactions through `sendrawtransaction`. */
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { exportBlocks } from '../../../src/chain/import.ts';
import { toHex } from '../../../src/core/encoding/bytes.ts';
import type { SignedTransactions } from '../signed-transactions.ts';
import { type BenchNode, withNode } from './bench-node.ts';
import type { Contender } from './contender.ts';
import { call, drive, post } from './load.ts';

export const CONNECTIONS = 16;

/** The chain that the transactions spend from, as a file for as long as the task takes. */
export async function withChainFile<T>(
  { chain }: Pick<SignedTransactions, 'chain'>,
  task: (path: string) => Promise<T>,
): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'penny-bench-'));
  try {
    const path = join(directory, 'chain.dat');
    await pipeline(exportBlocks(chain), createWriteStream(path));
    return await task(path);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** @returns milliseconds until every transaction is in the node's mempool */
async function sendAll(node: BenchNode, { txs }: Pick<SignedTransactions, 'txs'>): Promise<number> {
  const requests = txs.map((tx) => post(node, call('sendrawtransaction', toHex(tx.bytes))));
  let at = 0;
  const took = await drive(node.rpcPort, CONNECTIONS, () => requests[at++]);
  const { size } = await node.rpc.getmempoolinfo();
  if (size !== txs.length) throw new Error(`${size} transactions of ${txs.length} are in the mempool`);
  return took;
}

/** A node with the chain and nothing in its mempool, and how to fill it. */
export function withFillable<T>(
  contender: Contender,
  dbcache: number,
  path: string,
  signed: Pick<SignedTransactions, 'txs'>,
  task: (node: BenchNode, fill: () => Promise<number>) => Promise<T>,
): Promise<T> {
  return withNode(contender, dbcache, async (node) => {
    await node.import(path);
    await node.start();
    return task(node, () => sendAll(node, signed));
  });
}
