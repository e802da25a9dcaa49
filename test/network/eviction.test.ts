import { expect, test } from 'vitest';
import { type EvictionCandidate, selectPeerToEvict } from '../../src/network/eviction.ts';

function candidate(id: number, fields: Partial<EvictionCandidate> = {}): EvictionCandidate {
  return {
    id,
    connectedAt: id,
    minimumPing: 1_000,
    lastBlock: 0,
    lastTransaction: 0,
    relaysTransactions: true,
    group: `group ${id}`,
    keyedGroup: 1_000_000 + id,
    ...fields,
  };
}

const crowd = (count: number, fields: Partial<EvictionCandidate> = {}): EvictionCandidate[] =>
  Array.from({ length: count }, (_, i) => candidate(1_000 + i, { group: 'crowd', ...fields }));

test('few peers are all protected', () => {
  expect(selectPeerToEvict([])).toBeUndefined();
  expect(selectPeerToEvict(crowd(10))).toBeUndefined();
});

test('of a crowd from one group, the youngest goes', () => {
  const old = Array.from({ length: 30 }, (_, i) => candidate(i));
  expect(selectPeerToEvict([...old, ...crowd(60)])).toBe(1_059);
});

test.each([
  ['quick to answer', { minimumPing: 1 }],
  ['quick with blocks', { lastBlock: 5 }],
  ['quick with transactions', { lastTransaction: 5 }],
  ['in a group that hashes low', { keyedGroup: 1 }],
  ['long here', { connectedAt: 0 }],
])('a peer that is %s stays', (_what, fields) => {
  const special = candidate(5_000, { connectedAt: 9_999, group: 'crowd', ...fields });
  expect(selectPeerToEvict([...crowd(80), special])).not.toBe(5_000);
});
