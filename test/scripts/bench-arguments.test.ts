import { expect, test } from 'vitest';
import { parseMix, readArguments, wholeNumber } from '../../scripts/bench/arguments.ts';
import { findBitcoind } from '../../scripts/bench/nodes/bitcoind.ts';

test('whole numbers are digits and nothing else', () => {
  expect(wholeNumber('blocks', '2000', 1)).toBe(2000);
  for (const wrong of ['-1', '0', '1.5', 'NaN', '', ' 3', '1e3', '0x10', '99999999999999999999'])
    expect(() => wholeNumber('blocks', wrong, 1)).toThrow(
      `--blocks: "${wrong}" is not a whole number of at least 1`,
    );
});

test('a mix names known kinds, each once, with a share', () => {
  expect(parseMix('p2wpkh=60,multisig=40')).toEqual({ p2wpkh: 60, multisig: 40 });
  for (const wrong of ['', 'p2sh=1', 'p2tr', 'p2tr=0', 'p2tr=-1', 'p2tr=x', 'p2tr=1=2', 'p2tr=1,p2tr=1'])
    expect(() => parseMix(wrong)).toThrow('is not KIND=SHARE with one of p2wpkh, p2tr, p2pkh, multisig');
});

test('modules that are not there are refused, and the rest have defaults', () => {
  expect(() => readArguments(['--only', 'nonsense'])).toThrow('--only: "nonsense" is not one of mining');
  expect(() => readArguments(['--repeat', '0'])).toThrow('--repeat');
  expect(() => readArguments(['--bitcoind', '/nowhere/bitcoind'])).toThrow('/nowhere/bitcoind');
  const { modules, options, json } = readArguments(['--no-bitcoind', '--only', 'import', '--dbcache=8']);
  expect({ modules, options, json }).toEqual({
    modules: ['import'],
    options: { repeat: 3, quick: false, dbcache: 8 },
    json: 'bench.json',
  });
});

test('a given bitcoind is a program', () => {
  expect(findBitcoind(process.execPath)).toBe(process.execPath);
});
