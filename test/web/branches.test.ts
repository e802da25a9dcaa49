import { expect, test } from 'vitest';
import { type Block, judge, placeBranches } from '../../src/web/branches.ts';

/** `a1` is the block of branch a at height 1; a fork is written `b3<a2`. */
function tree(...names: readonly string[]): Map<string, Block> {
  const blocks = names.map((name) => {
    const [hash, parent] = name.split('<') as [string, string?];
    const height = Number(hash.slice(1));
    const previous = parent ?? (height === 0 ? undefined : `${hash[0]}${height - 1}`);
    return { hash, height, previous, time: 0, txids: [`coinbase of ${hash}`, `payment ${height}`], count: 2 };
  });
  return new Map(blocks.map((block) => [block.hash, block]));
}

const shown = (blocks: Map<string, Block>, tips: readonly string[], columns = 10) =>
  placeBranches(blocks, tips, columns).map(
    ({ block, column, lane, from }) =>
      `${block.hash} ${column}/${lane}${from === undefined ? '' : ` from ${from}`}`,
  );

test('a fork has a lane of its own from where it leaves; the best tip is in the first', () => {
  const blocks = tree('a0', 'a1', 'a2', 'a3', 'b3<a2', 'b4');
  expect(shown(blocks, ['b4', 'a3'])).toEqual([
    'a0 0/0',
    'a1 1/0 from 0',
    'a2 2/0 from 0',
    'b3 3/0 from 0',
    'a3 3/1 from 0',
    'b4 4/0 from 0',
  ]);
});

test('a branch that nobody holds any more is drawn behind those that somebody does', () => {
  const blocks = tree('a0', 'a1', 'b1<a0', 'c1<a0', 'c2');
  expect(shown(blocks, ['c2', 'b1'])).toEqual([
    'a0 0/0',
    'c1 1/0 from 0',
    'b1 1/1 from 0',
    'a1 1/2 from 0',
    'c2 2/0 from 0',
  ]);
});

test('only the last columns are drawn, and what forks before them takes no lane', () => {
  const blocks = tree('a0', 'b1<a0', 'a1', 'a2', 'a3', 'a4', 'a5');
  expect(shown(blocks, ['a5'], 3)).toEqual(['a3 0/0', 'a4 1/0 from 0', 'a5 2/0 from 0']);
  expect(shown(new Map(), [])).toEqual([]);
});

test('what was in a branch that lost is confirmed in the other, waits, or is gone', () => {
  const [left, joined] = [tree('a1', 'a2'), tree('b1')];
  expect(
    judge('node1', [...left.values()], [...joined.values()], (txid) => txid === 'payment 2'),
  ).toMatchObject({
    confirmed: ['payment 1'],
    returned: ['payment 2'],
    lost: ['coinbase of a1', 'coinbase of a2'],
  });
});
