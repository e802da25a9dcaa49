import { expect, test } from 'vitest';
import { optionTable, parseArguments } from '../../../../src/platform/node/cli/arguments.ts';
import { CORE_OPTIONS } from '../../../../src/platform/node/cli/core-options.ts';
import { NODE } from '../../../../src/platform/node/cli/node-options.ts';

const parse = (...words: string[]) => {
  const { values, rest } = parseArguments(words, optionTable(NODE.options, CORE_OPTIONS));
  return { ...Object.fromEntries(values), rest };
};

test.each([
  ['-txindex', '1'],
  ['--txindex', '1'],
  ['-txindex=0', '0'],
  ['-notxindex', false],
  ['--no-txindex', false],
  ['-notxindex=1', false],
  ['-notxindex=0', '1'],
])('%s', (word, value) => {
  expect(parse(word)).toEqual({ txindex: [value], rest: [] });
});

test('values follow an equals sign or are the next word', () => {
  expect(parse('-rpcport=1', '--rpcport', '2', '--par', '-1', '-uacomment=a=b')).toEqual({
    rpcport: ['1', '2'],
    par: ['-1'],
    uacomment: ['a=b'],
    rest: [],
  });
});

test('an option whose value is optional takes no word that follows', () => {
  expect(parse('-debug', 'net')).toEqual({ debug: ['1'], rest: ['net'] });
});

test('options end at the first other word', () => {
  expect(parse('-server', 'getblock', '-nosuch')).toEqual({ server: ['1'], rest: ['getblock', '-nosuch'] });
});

test('an unknown option is an error, one of Core that has no use here is not', () => {
  expect(() => parse('-frobnicate=1')).toThrow('Invalid parameter -frobnicate=1');
  expect(parse('-dbbatchsize=5', '-natpmp').rest).toEqual([]);
});
