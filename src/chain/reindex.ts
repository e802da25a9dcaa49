/**
 * Reads the chain's own block files again: all of them after `ChainOptions.reindex` (an interrupted one goes on at
 * the next start), or what lies behind the last block that the index knows, for a kill may have cost it entries.
 */
import type { Chain } from './chain.ts';
import { type ImportOptions, type ImportResult, importBlocks, ownBlockSources } from './import.ts';
import type { Storage } from './storage.ts';

/** Undefined if there is nothing to do. */
export async function continueReindex(
  chain: Chain,
  storage: Storage,
  options: ImportOptions = {},
): Promise<ImportResult | undefined> {
  const { isReindexing, unknownBlocks } = chain;
  if (!isReindexing && unknownBlocks.size === 0) return undefined;
  const files = await storage.blockFiles();
  try {
    const sources = await ownBlockSources(files, isReindexing ? undefined : unknownBlocks);
    const result = await importBlocks(chain, sources, options);
    if (isReindexing && options.isCancelled?.() !== true) await chain.endReindex();
    return result;
  } finally {
    await files.close();
  }
}
