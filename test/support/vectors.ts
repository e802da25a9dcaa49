/**
 * The shared conformance vectors, which are not part of the repository: found by PENNY_VECTORS or beside
 * it. A test that needs them is skipped, loudly, where they are absent.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SHARED_VECTORS } from '../../scripts/conformance/shared-vectors.ts';

/** Parsed JSON of a vector file such as `script/script_tests.json`; undefined (and a warning) where it is absent. */
export function vectors<T>(name: string): T | undefined {
  const path = join(SHARED_VECTORS, name);
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as T;
  console.warn(`no conformance vectors at ${path}: set PENNY_VECTORS; tests that need them are skipped`);
  return undefined;
}
