/**
 * Every row of the vectors is a test: what the code gives is what the file says. Vectors are no part of the repository;
 * `npm run conformance -- DIR` runs this on any.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, test } from 'vitest';
import { findFiles, readRows } from '../../scripts/conformance/files.ts';
import { settings } from '../../scripts/conformance/settings.ts';
import { SHARED_VECTORS } from '../../scripts/conformance/shared-vectors.ts';
import { difference, NOT_APPLICABLE } from '../../scripts/conformance/suite.ts';
import { bindFastHashes } from '../../src/platform/node/hashes.ts';

bindFastHashes();
const { roots = existsSync(SHARED_VECTORS) ? [SHARED_VECTORS] : [], only } = settings;
if (roots.length === 0) test.skip(`no vectors at ${SHARED_VECTORS}: set PENNY_VECTORS`, () => {});

for (const found of findFiles(roots, only)) {
  const { rows, notApplicable, unknown } = await readRows(found);
  describe(found.shown, () => {
    for (const row of rows)
      test(row.row, () => assert.deepStrictEqual(row.got, row.expected, difference(row)));
    for (const [reason, count] of notApplicable)
      for (let i = 0; i < count; i++) test.skip(`not applicable: ${NOT_APPLICABLE[reason]}`, () => {});
    for (const name of unknown) test.skip(`unknown group: ${name}, not run`, () => {});
    if (found.runner === undefined) test.skip('unknown file, not run', () => {});
    else if (rows.length === 0 && notApplicable.size === 0) test.skip('no rows', () => {});
  });
}
