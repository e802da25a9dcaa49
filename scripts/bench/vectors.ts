/** Real blocks, measured where the test vectors lie beside the repository. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const VECTORS = process.env.PENNY_VECTORS ?? resolve(import.meta.dirname, '../../../shared/vectors');

/** Blocks with many inputs, older than taproot. */
export const REAL_BLOCKS = ['test3-928816', 'test3-928831'];

/** @param suffix `raw`, or `undo.raw` for the outputs that it spends; null where there is none */
export function readVector(block: string, suffix: string): Uint8Array | null {
  const path = join(VECTORS, 'blocks', `${block}.${suffix}`);
  return existsSync(path) ? new Uint8Array(readFileSync(path)) : null;
}
