/** Finds what a caller names: blocks by hash or height, mempool transactions by id. */
import type { Chain } from '../chain/chain.ts';
import type { HeaderEntry } from '../chain/header-entry.ts';
import type { Block } from '../core/block/block.ts';
import type { BlockHash } from '../core/block/header.ts';
import type { BlockUndo } from '../core/consensus/undo.ts';
import { JsonNumber, type JsonRead } from '../core/encoding/json.ts';
import type { Txid } from '../core/transaction/transaction.ts';
import type { FilterIndex } from '../indexes/filter-index.ts';
import type { MempoolEntry } from '../mempool/entry.ts';
import type { Mempool } from '../mempool/mempool.ts';
import type { RpcContext } from './context.ts';
import { refuse } from './errors.ts';
import { custom, hex, standard, string } from './schema.ts';
import { hashTextFrom, integerFrom } from './values.ts';

/** @throws RpcError -5 with Core's text */
export function findBlock(
  chain: Chain,
  hash: JsonRead | undefined,
  name: string,
  missing = 'Block not found',
): HeaderEntry {
  const entry = chain.entry(hashTextFrom<BlockHash>(hash, name));
  if (entry === undefined) throw refuse.key(missing);
  return entry;
}

/** A block that is named by its hash. @param as what errors call it */
export const blockByHash = (help = '', as?: string, missing?: string) =>
  custom<string, HeaderEntry>(
    { ...hex(help), sample: '$(penny rpc getbestblockhash)' },
    (value, name, { chain }) => findBlock(chain, value, as ?? name, missing),
    { json: 'string' },
  );

export const blockByHashOrHeight = (help = '') =>
  custom<string | number, HeaderEntry>(
    hex(help),
    (value, _, { chain }) => findBlockByHashOrHeight(chain, value),
    { types: ['string', 'numeric'] },
  );

/** A block by height (a number) or hash. */
export function findBlockByHashOrHeight(chain: Chain, value: JsonRead | undefined): HeaderEntry {
  if (!(value instanceof JsonNumber)) return findBlock(chain, value, 'hash_or_height');
  const height = integerFrom(value);
  if (height < 0) throw refuse.parameter(`Target block height ${height} is negative`);
  return activeAt(chain, height);
}

/** The active block at a height. @throws RpcError */
export function activeAt(chain: Chain, height: number): HeaderEntry {
  const entry = chain.entryAt(height);
  if (entry === undefined)
    throw refuse.parameter(`Target block height ${height} after current tip ${chain.height}`);
  return entry;
}

/** @throws RpcError -1 if the block is not on disk. */
export async function readStoredBlock(chain: Chain, entry: HeaderEntry): Promise<Block> {
  requireData(chain, entry);
  return ofFile(chain.blocks.readBlock(entry), 'block');
}

/** What is read of the block files, any of which may be gone. @throws RpcError in Core's words */
export async function ofFile<T>(read: Promise<T>, kind: 'block' | 'undo'): Promise<T> {
  try {
    return await read;
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as { readonly code?: string };
    if (code !== 'ENOENT') throw error;
    if (kind === 'block') throw refuse.misc('Block not found on disk');
    throw refuse.internal_error(
      "Undo data expected but can't be read. This could be due to disk corruption or a conflict with a pruning event.",
    );
  }
}

const isPruned = ({ pruner }: Chain, entry: HeaderEntry): boolean =>
  entry.transactionCount > 0 && pruner.prunedHeight >= 0;

export function requireData(chain: Chain, entry: HeaderEntry): void {
  if (entry.haveData) return;
  throw refuse.misc(
    `Block not available (${isPruned(chain, entry) ? 'pruned data' : 'not fully downloaded'})`,
  );
}

/** @throws RpcError -1 if there is no undo data. The genesis block spends nothing and needs none. */
export async function readStoredUndo(chain: Chain, entry: HeaderEntry): Promise<BlockUndo> {
  if (entry.height === 0) return [];
  if (!entry.haveUndo)
    throw refuse.misc(`Undo data not available${isPruned(chain, entry) ? ' (pruned data)' : ''}`);
  return ofFile(chain.blocks.readUndo(entry), 'undo');
}

/** The only kind of compact filter there is. */
export const filterType = standard(string('There is only basic'), 'basic');

/** @param type `filtertype` @throws RpcError */
export function filterIndex({ filters }: RpcContext['indexes'], type: string): FilterIndex {
  if (type !== 'basic') throw refuse.key('Unknown filtertype');
  if (filters === undefined) throw refuse.misc(`Index is not enabled for filtertype ${type}`);
  return filters;
}

/** @throws RpcError -5 */
export function findInMempool(mempool: Mempool, txid: Txid): MempoolEntry {
  const entry = mempool.get(txid);
  if (entry === undefined) throw refuse.key('Transaction not in mempool');
  return entry;
}
