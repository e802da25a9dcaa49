import { expect, test } from 'vitest';
import { METHODS } from '../../../src/methods.ts';
import { openRpcDocument } from '../../../src/rpc/openrpc.ts';
import {
  isSecret,
  type MethodFacts,
  offersOf,
  parseCall,
  usageOf,
  wordsOf,
} from '../../../src/web/tools/command-line.ts';

const { methods } = openRpcDocument(METHODS, '') as unknown as { methods: readonly MethodFacts[] };
const KNOWN = new Map(methods.map((each) => [each.name, each]));
const parse = (text: string) => parseCall(text, KNOWN);

test('words are apart by spaces, but for those within quotes and brackets', () => {
  expect(wordsOf('  a  b\tc\n')).toEqual(['a', 'b', 'c']);
  expect(wordsOf(`x '[{"a": 1}, "two words"]' {"b": [2, 3]}`)).toEqual([
    'x',
    '[{"a": 1}, "two words"]',
    '{"b": [2, 3]}',
  ]);
  expect(wordsOf(`"with \\" quote" ''`)).toEqual(['"with \\" quote"', '']);
  expect(wordsOf(`{"it's": "]"} end`)).toEqual([`{"it's": "]"}`, 'end']);
  for (const open of ['a "b', '[1', "'x", '{"a":"]}'])
    expect(() => wordsOf(open), open).toThrow('not closed');
});

test('arguments are read as their method wants them', () => {
  const txid = '1'.repeat(64);
  expect(parse(`getrawtransaction ${txid} 2`)).toEqual({ method: 'getrawtransaction', params: [txid, 2] });
  expect(parse('getblockhash 7').params).toEqual([7]);
  expect(parse('setautomine true').params).toEqual([true]);
  expect(parse('getnewaddress 5').params).toEqual(['5']);
  expect(parse('getnewaddress "two words"').params).toEqual(['two words']);
  expect(parse('walletpassphrase 1234 60').params).toEqual(['1234', 60]);
  expect(parse('createrawtransaction [] {"addr":0.1}').params).toEqual([[], { addr: 0.1 }]);
  expect(parse('unknown a 1 true').params).toEqual(['a', 1, true]);
  expect(parse('').params).toEqual([]);
});

test('arguments by name, if all are names of parameters', () => {
  expect(parse('mine blocks=3 interval=600').params).toEqual({ blocks: 3, interval: 600 });
  expect(parse('getnewaddress label=a=b').params).toEqual({ label: 'a=b' });
  expect(parse('getnewaddress other=1').params).toEqual(['other=1']);
  expect(parse('getnewaddress other=1 x').params).toEqual(['other=1', 'x']);
});

test('arguments by place may be followed by some by name, options of an object among them', () => {
  expect(parse('mine 3 interval=600').params).toEqual({ args: [3], interval: 600 });
  expect(parse('walletcreatefundedpsbt [] [{"a":1}] fee_rate=2 lock_unspents=true').params).toEqual({
    args: [[], [{ a: 1 }]],
    fee_rate: 2,
    lock_unspents: true,
  });
  // Behind a name there is no place.
  expect(parse('mine blocks=3 600').params).toEqual(['blocks=3', 600]);
});

test('a line is offered methods, values of the next argument, and names of what is not given', () => {
  const values = (text: string): string[] => offersOf(text, KNOWN).map(({ value }) => value);
  expect(values('getb')).toEqual([...KNOWN.keys()]);
  expect(values('getblock')).toEqual([...KNOWN.keys()]);
  expect(values('mine ')).toEqual(['1', 'blocks=', 'interval=', 'address='].map((each) => `mine ${each}`));
  expect(values('mine 3 ')).toEqual(expect.arrayContaining(['mine 3 interval=', 'mine 3 address=']));
  expect(values('mine 3 ')).not.toContain('mine 3 blocks=');
  expect(values('mine interval=6 ')).not.toContain('mine interval=6 interval=');
  expect(values('createwallet w ')).toEqual(
    expect.arrayContaining(['createwallet w true', 'createwallet w false', 'createwallet w blank=']),
  );
  expect(values('createwallet w blank=')).toEqual(
    expect.arrayContaining(['createwallet w blank=true', 'createwallet w blank=false']),
  );
  expect(values('walletcreatefundedpsbt [] [] ')).toContain('walletcreatefundedpsbt [] [] fee_rate=');
  expect(values('createrawtransaction [{"txid": "a ')).toEqual([]);
  for (const { hint } of offersOf('walletcreatefundedpsbt ', KNOWN)) expect(hint).not.toBe('');
});

test('how a method is called, and whether it is handed secrets', () => {
  expect(usageOf(KNOWN.get('getblockhash')!)).toBe('getblockhash height');
  expect(usageOf(KNOWN.get('mine')!)).toBe('mine [blocks] [interval] [address]');
  const secret = methods.filter(isSecret).map(({ name }) => name);
  expect(secret).toEqual(
    expect.arrayContaining(['walletpassphrase', 'walletpassphrasechange', 'encryptwallet', 'createwallet']),
  );
  expect(secret).not.toContain('getblock');
});
