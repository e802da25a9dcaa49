import { expect, test } from 'vitest';
import { writeJson } from '../../../../src/core/encoding/json-writer.ts';
import { METHODS } from '../../../../src/methods.ts';
import { namedArguments, positionalArguments } from '../../../../src/platform/node/cli/rpc-arguments.ts';

const positional = (method: string, ...words: string[]) =>
  writeJson(positionalArguments(method, words, METHODS));
const named = (method: string, ...words: string[]) => writeJson(namedArguments(method, words, METHODS));

test('words become what the method wants: text stays text, even if it looks like JSON', () => {
  expect(positional('getblock', '00', '1')).toBe('["00",1]');
  expect(positional('getblockhash', '5')).toBe('[5]');
  expect(positional('getblockheader', '12', 'false')).toBe('["12",false]');
  expect(positional('createrawtransaction', '[{"txid":"aa","vout":0}]', '{"x":0.10}')).toBe(
    '[[{"txid":"aa","vout":0}],{"x":0.10}]',
  );
  expect(positional('nosuchmethod', '1', 'true')).toBe('["1","true"]');
});

test('a hash or a height is whichever it can be', () => {
  expect(positional('getblockstats', '7')).toBe('[7]');
  expect(positional('getblockstats', `00${'ab'.repeat(31)}`)).toBe(`["00${'ab'.repeat(31)}"]`);
});

test('named words, the rest going into args', () => {
  expect(named('getblock', 'verbosity=2', 'blockhash=ab')).toBe('{"verbosity":2,"blockhash":"ab"}');
  expect(named('getblock', 'ab', 'verbosity=2')).toBe('{"verbosity":2,"args":["ab"]}');
  expect(() => named('getblock', 'verbosity=1', 'verbosity=2')).toThrow(
    "'verbosity' specified multiple times",
  );
});

test('what is no JSON where JSON is wanted is refused', () => {
  expect(() => positional('getblockhash', 'five')).toThrow('Error parsing JSON: five');
});
