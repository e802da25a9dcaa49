import { expect, test } from 'vitest';
import { compactBlockOf, PartialBlock } from '../../src/network/compact-block.ts';
import { decodeBody, encodeBody } from '../../src/network/messages/table.ts';
import { ChainBuilder } from '../support/chain-builder.ts';

const builder = new ChainBuilder().mine(110);
const transactions = Array.from({ length: 5 }, () => builder.spend([builder.takeMature()]));
const block = builder.block({ transactions });
const compact = decodeBody('cmpctblock', encodeBody('cmpctblock', compactBlockOf(block, 77n)));

function partial(known: typeof transactions): PartialBlock {
  const result = PartialBlock.from(compact, known);
  if (!(result instanceof PartialBlock)) throw new Error(result);
  return result;
}

test('a block is put together from what is known and what was asked for', () => {
  const all = partial([...transactions].reverse());
  expect(all.missing).toEqual([]);
  expect(all.complete([])).toMatchObject({ hash: block.hash, bytes: block.bytes });
  const some = partial([transactions[0]!, transactions[3]!]);
  expect(some.missing).toEqual([2, 3, 5]);
  const asked = some.missing.map((index) => block.transactions[index]!);
  expect(some.complete(asked)).toMatchObject({ hash: block.hash });
});

test('wrong or too few transactions are noticed', () => {
  const some = partial(transactions.slice(0, 4));
  expect(some.complete([])).toBe('invalid');
  expect(some.complete([transactions[0]!, transactions[1]!])).toBe('invalid');
  expect(some.complete([transactions[0]!])).toBe('collision');
});

test('two equal short ids cannot be used, and senseless indexes come from no honest peer', () => {
  const { shortIds, prefilled } = compact;
  const twice = { ...compact, shortIds: [shortIds[0]!, ...shortIds.slice(1, -1), shortIds[0]!] };
  expect(PartialBlock.from(twice, [])).toBe('collision');
  expect(PartialBlock.from({ ...compact, prefilled: [{ ...prefilled[0]!, index: 6 }] }, [])).toBe('invalid');
  expect(PartialBlock.from({ ...compact, shortIds: [], prefilled: [] }, [])).toBe('invalid');
  const many = Array.from({ length: 16_667 }, (_, i) => i);
  expect(PartialBlock.from({ ...compact, shortIds: many }, [])).toBe('invalid');
});
