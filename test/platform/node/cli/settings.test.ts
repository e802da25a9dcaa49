import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MAX_MONEY } from '../../../../src/core/transaction/amount.ts';
import { readConfiguration } from '../../../../src/platform/node/cli/configuration.ts';
import { NODE } from '../../../../src/platform/node/cli/node-options.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'penny-conf-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function read(file: string, ...words: string[]) {
  writeFileSync(join(directory, 'penny.conf'), file);
  return readConfiguration([`-datadir=${directory}`, ...words], NODE);
}

test('the command line ranks before the section, the section before the head', () => {
  const text = 'dbcache=11\nkeypool=11\npar=11\n[regtest]\ndbcache=12\nkeypool=12\n';
  const { values } = read(text, '-regtest', '-dbcache=13');
  expect([values.dbcache, values.keypool, values.par]).toEqual([13, 12, 11]);
});

test('the last value of the command line counts, and the first one of the file', () => {
  const { values } = read('par=1\npar=2\n', '-dbcache=5', '-dbcache=6');
  expect([values.dbcache, values.par]).toEqual([6, 1]);
});

test('lists add up, and a negation drops what ranks below', () => {
  const file = 'regtest=1\n[regtest]\naddnode=b\n';
  expect(read(file, '-addnode=a').values.addnode).toEqual(['a', 'b']);
  expect(read(file, '-noaddnode', '-addnode=a').values.addnode).toEqual(['a']);
  expect(read('[regtest]\naddnode=b\nnoaddnode=1\n', '-regtest').values.addnode).toEqual([]);
});

test('ports and peers in the head of the file do not leak onto regtest', () => {
  expect(() => read('rpcport=1\nserver=0\n', '-regtest')).toThrow(
    'Config setting for -rpcport only applied on regtest network when in [regtest] section.',
  );
  const { values } = read('rpcport=1\nserver=0\n[regtest]\nrpcport=2\n', '-regtest');
  expect([values.rpcport, values.server]).toEqual([2, false]);
});

test('values that no option is called by are told, and so are inclusions by an included file', () => {
  writeFileSync(join(directory, 'more.conf'), 'par=2\nincludeconf=evenmore.conf\n');
  const { values, warnings, notices } = read('includeconf=more.conf\nfoo=1\n');
  expect(values.par).toBe(2);
  expect(warnings).toContain('Ignoring unknown configuration value foo');
  expect(notices).toEqual([
    '-includeconf cannot be used from included files; ignoring -includeconf=evenmore.conf',
  ]);
});

test('network.name=value and includeconf', () => {
  writeFileSync(join(directory, 'more.conf'), '[regtest]\nrpcport=7\n');
  const { values } = read('includeconf=more.conf\nregtest.port=9 # why\n', '-regtest');
  expect([values.rpcport, values.port]).toEqual([7, 9]);
});

test('bitcoin.conf is read where there is no penny.conf, and another file where -conf says so', () => {
  writeFileSync(join(directory, 'bitcoin.conf'), 'par=3\n');
  writeFileSync(join(directory, 'other.conf'), 'par=4\n');
  const par = (...words: string[]) => readConfiguration([`-datadir=${directory}`, ...words], NODE).values.par;
  expect([par(), par('-conf=other.conf')]).toEqual([3, 4]);
  expect(() => par('-conf=none.conf')).toThrow('none.conf" could not be opened.');
  expect(read('par=5\n').values.par).toBe(5);
  expect(par('-noconf')).toBe(0);
});

test.each([
  [
    'includeconf=none.conf',
    'Error reading configuration file: Failed to include configuration file none.conf',
  ],
  ['-server=1', 'line 1: -server=1, options in configuration file must be specified without leading -'],
  ['\nnoserver', 'line 2: noserver, if you intended to specify a negated option, use noserver=1 instead'],
  ['rpcpassword=a#b', 'line 1, using # in rpcpassword can be ambiguous'],
  ['conf=x', 'conf cannot be set in the configuration file; use includeconf= if you want to'],
])('a wrong file is refused by name and line: %j', (text, message) => {
  expect(() => read(text)).toThrow(message);
});

test('wrong values are refused by name', () => {
  expect(() => read('', '-dbcache=many')).toThrow("Invalid value for -dbcache: 'many'");
  expect(() => read('', '-port=70000')).toThrow('-port');
  // What nobody can count is all there is, as for Core.
  expect(read('', '-dbcache=9223372036854775807').values.dbcache).toBe(Number.MAX_SAFE_INTEGER);
  for (const wrong of ['0.000000001', '1e-5', '-1', '.', '', '21000001'])
    expect(() => read('', `-minrelaytxfee=${wrong}`)).toThrow(
      `Invalid amount for -minrelaytxfee=<amount>: '${wrong}'`,
    );
  for (const [right, value] of Object.entries({
    '0.00001': 1000n,
    '.5': 50_000_000n,
    '21000000.': MAX_MONEY,
  }))
    expect(read('', `-minrelaytxfee=${right}`).values.minrelaytxfee).toBe(value);
});

test('networks: one at most, and unknown ones are named', () => {
  expect(read('', '-regtest').parameters.chain).toBe('regtest');
  expect(read('chain=regtest').networkDirectory).toBe(join(directory, 'regtest'));
  expect(() => read('', '-regtest', '-chain=main')).toThrow('at most one');
  expect(() => read('', '-chain=testnet4')).toThrow('Unknown chain testnet4');
  expect(() => read('', `-genesis=${join(directory, 'none.json')}`)).toThrow(
    'none.json could not be opened (ENOENT)',
  );
});

test('a network file that is wrong is named with its field', () => {
  const path = join(directory, 'bad.json');
  writeFileSync(path, '{"name": 5}');
  expect(() => read('', `-genesis=${path}`)).toThrow(/bad\.json: .*name/);
  writeFileSync(path, '{');
  expect(() => read('', `-genesis=${path}`)).toThrow('bad.json');
});
