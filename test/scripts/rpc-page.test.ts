import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { rpcPage } from '../../scripts/package/rpc-page.ts';
import { METHODS } from '../../src/methods.ts';

test('docs/rpc.md says what the methods say: npm run docs', () => {
  expect(readFileSync(new URL('../../docs/rpc.md', import.meta.url), 'utf8')).toBe(rpcPage(METHODS));
});
