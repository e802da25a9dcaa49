import fc from 'fast-check';
import { afterAll, describe, it } from 'vitest';
import { loadFastPaths } from '../../scripts/fuzz/fast-paths.ts';
import { loadMaterial } from '../../scripts/fuzz/material.ts';
import { properties } from '../../scripts/fuzz/properties.ts';

/** A short run of what `npm run fuzz` does for as long as one likes; always the same. */
const fast = await loadFastPaths();
const all = properties(loadMaterial(false), fast);

describe('properties', () => {
  afterAll(() => fast.verifier.close());

  it.each(all.map(({ name, property }) => [name, property] as const))(
    '%s',
    { timeout: 30_000 },
    async (_, property) => {
      await fc.assert(property, { seed: 2009, numRuns: 40 });
    },
  );
});
