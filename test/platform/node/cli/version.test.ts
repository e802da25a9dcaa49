import { expect, test } from 'vitest';
import { refuseOldNode } from '../../../../src/platform/node/cli/version.ts';

test('a Node that is too old is told so', () => {
  expect(refuseOldNode(process.versions.node)).toBeNull();
  for (const fine of ['20.19.0', '20.20.2', '22.0.0', '100.1.0']) expect(refuseOldNode(fine)).toBeNull();
  for (const old of ['18.20.8', '20.18.3', '9.0.0'])
    expect(refuseOldNode(old)).toBe(`Penny needs Node 20.19 or later, and this is ${old}`);
});
