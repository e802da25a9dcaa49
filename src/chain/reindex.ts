/** Reads the chain's own block files again after `ChainOptions.reindex`; an interrupted one goes on at the next start. */
import type { Chain } from './chain.ts';
import { type ImportOptions, type ImportResult, importBlocks, ownBlockSources } from './import.ts';
import type { Storage } from './storage.ts';

/** Undefined if there is nothing to do. */
export async function continueReindex(
  chain: Chain,
  storage: Storage,
  options: ImportOptions = {},
): Promise<ImportResult | undefined> {
  if (!chain.isReindexing) return undefined;
  const files = await storage.blockFiles();
  try {
    const result = await importBlocks(chain, await ownBlockSources(files), options);
    if (options.isCancelled?.() !== true) await chain.endReindex();
    return result;
  } finally {
    await files.close();
  }
}
