/**
 * From what is on the disk to a chain that stands: the header tree, the coins' tip, and a flush that a kill
 * cut short brought to its end. Everything here may run any number of times.
 */

import type { Block } from '../core/block/block.ts';
import type { BlockHash } from '../core/block/header.ts';
import type { CoinChanges, PlacedCoin } from '../core/consensus/block-coins.ts';
import { disconnectBlock, isBip30Exception } from '../core/consensus/connect-block.ts';
import { genesisBlock } from '../core/consensus/genesis.ts';
import { toDisplayHex } from '../core/encoding/bytes.ts';
import { isUnspendable } from '../core/script/script.ts';
import { OutPointMap } from '../core/transaction/outpoint-map.ts';
import type { OutPoint } from '../core/transaction/transaction.ts';
import { BLOCK_FILE_KINDS, blockFileName } from './block-files.ts';
import { damagedFile, endOf, FRAME_SIZE, recordEnds } from './block-store.ts';
import { saveIndex } from './disk.ts';
import { forkOf, type HeaderEntry } from './header-entry.ts';
import type { HeaderTree } from './header-tree.ts';
import type { KeyValueStore, Operation } from './key-value-store.ts';
import type { ReindexKind } from './options.ts';
import type { ChainParts } from './parts.ts';
import {
  COIN_STORE,
  damagedIndex,
  decodeHeaderRecord,
  decodePage,
  HEADER_RANGE,
  INDEX_STORE,
  PAGE_RANGE,
  REINDEX_KEY,
  SNAPSHOT_STORE,
} from './schema.ts';
import { FutureTipError, type Storage } from './storage.ts';

/**
 * Throws away what is to be rebuilt. The coins are rebuilt as the chain is opened; a mark in the new index
 * says that the block files are to be read again (`reindex.ts`), now or at the next start.
 */
export async function clearForReindex(storage: Storage, kind: ReindexKind): Promise<void> {
  await storage.destroy(COIN_STORE);
  await storage.destroy(SNAPSHOT_STORE);
  if (kind === 'chainstate') return;
  await storage.destroy(INDEX_STORE);
  const index = await storage.store(INDEX_STORE);
  await index.batch([{ put: REINDEX_KEY, value: new Uint8Array() }], { sync: true });
  await index.close();
  // Undo data are made anew.
  const files = await storage.blockFiles();
  for (const file of await files.list()) await files.remove('rev', file);
  await files.close();
}

/** @throws CorruptionError if the index is damaged or not of this network. */
export async function loadTree({ parameters, index, tree, blocks }: ChainParts): Promise<void> {
  for await (const [key, rows] of index.iterate(PAGE_RANGE)) tree.loadPage(decodePage(key, rows), rows);
  await loadFormerIndex(index, tree);
  const genesis = genesisBlock(parameters);
  if (tree.size === 0) {
    const isReindexing = (await index.get(REINDEX_KEY)) !== undefined;
    if (!isReindexing && blocks.sizeOnDisk > FRAME_SIZE + genesis.bytes.length)
      throw damagedIndex('it is empty, and there are block files');
    const entry = tree.addGenesis(genesis.header);
    entry.data = (await blocks.findFirst(genesis)) ?? (await blocks.writeBlock(genesis));
    entry.validScripts = true;
    tree.receive(entry, genesis.transactions.length, entry);
    await saveIndex(index, tree);
  }
  if (tree.genesis.hash !== genesis.hash)
    throw damagedIndex(`it belongs to another network (genesis ${tree.genesis.hash})`);
}

/** Puts into pages what an older version kept header by header. */
async function loadFormerIndex(index: KeyValueStore, tree: HeaderTree): Promise<void> {
  const former: Operation[] = [];
  for await (const [key, record] of index.iterate(HEADER_RANGE)) {
    tree.load(decodeHeaderRecord(key, record));
    former.push({ delete: key });
  }
  if (former.length > 0) await saveIndex(index, tree, { sync: true, also: former });
}

/** Finds the tip that the coins belong to, and makes it the active one. @throws CorruptionError */
export async function loadCoins(parts: ChainParts): Promise<void> {
  const { tree, active, chainstate } = parts;
  let tip = await loadTip(parts);
  if (tip === undefined) {
    tip = tree.genesis;
    // The coins are rebuilt, and with them what is known of scripts.
    for (const entry of tree.entries()) entry.validScripts = entry === tip;
    await chainstate.flush(tip.hashBytes, tip.hashBytes);
  }
  active.reset(tip);
  tree.finishLoading(tip);
  if (tip.time > parts.clock.seconds() + parts.parameters.maxFutureBlockTime) throw new FutureTipError();
}

/** Whose coins there are; a flush that was cut short is ended. Undefined if there are none. @throws CorruptionError */
export async function loadTip(
  parts: Omit<ChainParts, 'active' | 'events'>,
): Promise<HeaderEntry | undefined> {
  const { tree, chainstate } = parts;
  const { best, marker } = await chainstate.readHead();
  const entryOf = (hash: Uint8Array): HeaderEntry => {
    const entry = tree.get(toDisplayHex(hash) as BlockHash);
    if (entry === undefined)
      throw damagedIndex(`it lacks block ${toDisplayHex(hash)}, whose coins there are`);
    return entry;
  };
  if (marker === undefined) return best && entryOf(best);
  const tip = entryOf(marker.to);
  await replay(parts, entryOf(marker.from), tip);
  return tip;
}

/**
 * Are the files as long as the index says? Of blocks whose coins there are, all was synced, so that what lacks is
 * damage; others may have been lost by a power cut, and are fetched again.
 * @returns where in each file there is more than the index knows: a kill may have lost its last entries.
 * @throws CorruptionError
 */
export async function checkBlockFiles(parts: ChainParts): Promise<Map<number, number>> {
  const { tree, active, blocks, logger } = parts;
  const ends = recordEnds(tree.entries());
  const more = new Map<number, number>();
  for (const kind of BLOCK_FILE_KINDS)
    for (const [file, end] of ends[kind]) {
      const size = await blocks.size(kind, file);
      if (size > end && kind === 'blk') more.set(file, end);
      if (size >= end) continue;
      for (const entry of tree.entries()) {
        const position = kind === 'blk' ? entry.data : entry.undo;
        if (position?.file !== file || endOf(kind, position) <= size) continue;
        // Up to a snapshot's block they are there before they are connected.
        if (active.includes(entry) && entry.validScripts)
          throw damagedFile(kind, file, `it ends before the data of block ${entry.hash}`);
        logger.log('warn', 'blockstorage', `${blockFileName(kind, file)} has lost block ${entry.hash}`);
        if (kind === 'blk') tree.loseData(entry);
        else entry.undo = null;
      }
    }
  for (const file of await blocks.files()) if (!ends.blk.has(file)) more.set(file, 0);
  return more;
}

/**
 * The database holds the coins of `from`, of `to`, or some of each: undoing and doing what lies between,
 * whatever is there, gives the coins of `to`.
 */
async function replay(
  parts: Parameters<typeof loadTip>[0],
  from: HeaderEntry,
  to: HeaderEntry,
): Promise<void> {
  const { parameters, blocks, chainstate, logger } = parts;
  logger.log('info', 'validation', `ending an interrupted flush, from block ${from.height} to ${to.height}`);
  const fork = forkOf(from, to);
  const apply = async (changes: CoinChanges, repeats = false): Promise<void> => {
    chainstate.apply(changes, { fresh: false, repeats });
    if (chainstate.isFull) await chainstate.flush(from.hashBytes, to.hashBytes, { complete: false });
  };
  for (let at = from; at !== fork; at = at.parent!)
    await apply(disconnectBlock(await blocks.readBlock(at), at.height, await blocks.readUndo(at)));
  for (let height = fork.height + 1; height <= to.height; height++) {
    const at = to.ancestor(height);
    await apply(changesOf(await blocks.readBlock(at), height), isBip30Exception(at, parameters));
  }
  await chainstate.flush(from.hashBytes, to.hashBytes);
}

/** What a block that is known to be valid does to the coins, without looking at them. */
function changesOf(block: Block, height: number): CoinChanges {
  const created = new OutPointMap<PlacedCoin>();
  const spent: OutPoint[] = [];
  for (const tx of block.transactions) {
    const coinbase = tx.isCoinbase;
    if (!coinbase) for (const { prevout } of tx.inputs) if (!created.delete(prevout)) spent.push(prevout);
    const { txidBytes: txid } = tx;
    tx.outputs.forEach((output, vout) => {
      if (isUnspendable(output.scriptPubKey)) return;
      const coin = { txid, vout, output, height, coinbase };
      created.set(coin, coin);
    });
  }
  return { created: Array.from(created.entries(), ([, coin]) => coin), spent };
}
