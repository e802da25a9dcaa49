import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { genesisBlock } from '../../../src/core/consensus/genesis.ts';
import { networkFile, parseNetworkFile } from '../../../src/core/parameters/network-file.ts';
import { NetworkFileError } from '../../../src/core/parameters/network-file-error.ts';
import { MAIN } from '../../../src/core/parameters/presets.ts';

type Json = Record<string, unknown>;

const PENNY = JSON.parse(readFileSync(new URL('../../../genesis.json', import.meta.url), 'utf8')) as Json;

/** A copy of genesis.json with one field, named by its path, replaced; undefined takes it out. */
function withField(path: string, value: unknown): Json {
  const file = structuredClone(PENNY);
  const names = path.split('.');
  let object = file;
  for (const name of names.slice(0, -1)) object = object[name] as Json;
  if (value === undefined) delete object[names.at(-1)!];
  else object[names.at(-1)!] = value;
  return file;
}

function errorOf(file: unknown): NetworkFileError {
  try {
    parseNetworkFile(file);
  } catch (error) {
    if (error instanceof NetworkFileError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

describe('genesis.json', () => {
  const penny = parseNetworkFile(PENNY);

  it('defines penny', () => {
    expect(penny).toMatchObject({ name: 'penny', chain: 'penny', dataSubdirectory: 'penny', dial: 'ws' });
    expect(penny).toMatchObject({ localPeers: true, maxTipAge: 0, coinbaseMaturity: 10, bech32Prefix: 'pn' });
    expect(penny.difficulty).toEqual({ kind: 'lwma', window: 45 });
  });

  it('has a genesis block with the hash and the work it claims', () => {
    expect(genesisBlock(penny).hash).toBe(penny.genesis.hash);
  });

  it("makes as many coins as Bitcoin, at Bitcoin's pace", () => {
    const perSecond = (subsidy: bigint, spacing: number) => Number(subsidy) / spacing;
    expect(perSecond(penny.subsidy, penny.targetSpacing)).toBe(perSecond(MAIN.subsidy, MAIN.targetSpacing));
    expect(penny.halvingInterval * penny.targetSpacing).toBe(MAIN.halvingInterval * MAIN.targetSpacing);
  });

  it('is written as it was read', () => {
    expect(networkFile(penny)).toEqual(PENNY);
    // The fields that may be absent.
    expect(parseNetworkFile(withField('maxFutureBlockTime', undefined)).maxFutureBlockTime).toBe(7_200);
    expect(penny.devControl).toBe(false);
    expect(networkFile(parseNetworkFile(withField('devControl', true)))).toMatchObject({ devControl: true });
    expect(parseNetworkFile(JSON.parse(JSON.stringify(networkFile(penny))))).toEqual(penny);
  });

  it('may choose any difficulty rule', () => {
    const interval = {
      kind: 'interval',
      interval: 2016,
      clamp: 4,
      minimumDifficultyAfter: 1200,
      bip94: true,
    };
    for (const rule of [interval, { kind: 'none' }, { kind: 'lwma', window: 60 }])
      expect(parseNetworkFile(withField('difficulty', rule)).difficulty).toEqual(rule);
  });
});

describe('a network file that is wrong', () => {
  const leaves = (object: Json, path = ''): string[] =>
    Object.entries(object).flatMap(([name, value]) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? [`${path}${name}`, ...leaves(value as Json, `${path}${name}.`)]
        : [`${path}${name}`],
    );

  it.each(leaves(PENNY).filter((path) => path !== 'maxFutureBlockTime'))(
    'names %s where it is missing, or of another kind',
    (path) => {
      expect(errorOf(withField(path, undefined)).field).toBe(path);
      expect(errorOf(withField(path, undefined)).message).toBe(`${path}: is missing`);
      expect(errorOf(withField(path, [{}])).field.startsWith(path)).toBe(true);
      expect(errorOf(withField(path, 1.5)).field.startsWith(path)).toBe(true);
    },
  );

  /** Path, then values that are just right and just wrong. */
  const BOUNDS: readonly [string, readonly unknown[], readonly unknown[]][] = [
    [
      'name',
      ['a', `a${'b'.repeat(31)}`, 'x-1'],
      ['', 'A', '1a', `a${'b'.repeat(32)}`, 'main', 'regtest', 'a b'],
    ],
    ['magic', ['00000000'], ['f09faa9', 'f09faa9900', 'F09FAA99', 'xyzxyzxy']],
    ['p2pPort', [1, 65_535], [0, 65_536, -1, '7333', 7332]],
    ['rpcPort', [1, 65_535], [0, 65_536, 7333]],
    ['dial', ['ws', 'tcp'], ['', 'wss', 'xws', 'tcpx']],
    ['seeds', [[], ['seed.example:7333', '[::1]:7333', 'ws://10.0.0.1']], ['seed', {}]],
    ['localPeers', [true, false], [0, 'true', null]],
    ['pubKeyHashPrefix', [0, 255], [-1, 256, 63, 183]],
    ['scriptHashPrefix', [0, 255], [-1, 256, 55, 183]],
    ['secretKeyPrefix', [0, 255], [-1, 256, 55, 63]],
    ['bech32Prefix', ['a', 'z'.repeat(20)], ['', 'PN', 'p1', 'z'.repeat(21)]],
    ['bip32Public', ['00000000', 'ffffffff'], ['0', '0x000000', 1]],
    ['bip32Private', ['00000000', 'ffffffff'], ['0', '03e25d80']],
    ['coinType', [0, 0x7fffffff], [-1, 0x80000000]],
    ['subsidy', [0, 250_000_002], [-1, 250_000_100, 2_100_000_000_000_001]],
    ['halvingInterval', [1, 4_200_000], [0, 4_200_001, 0x40000000]],
    ['coinbaseMaturity', [1, 0x3fffffff], [0, 0x40000000]],
    ['targetSpacing', [1, 3_155_760_000], [0, 3_155_760_001]],
    ['maxFutureBlockTime', [1, 7_200], [0, 3_155_760_001, '60', null]],
    ['difficulty.kind', [], ['asert', '', 'lwma1']],
    ['difficulty.window', [2, 10_000], [1, 10_001, '45']],
    ['powLimit', ['f'.repeat(64)], ['0'.repeat(64), 'f'.repeat(63), 'f'.repeat(66)]],
    ...['bip34', 'bip65', 'bip66', 'csv', 'segwit'].map(
      (name) =>
        [`heights.${name}`, [0, 0x3fffffff], [-1, 0x40000000]] as [
          string,
          readonly unknown[],
          readonly unknown[],
        ],
    ),
    ['bip34Hash', [null, 'a'.repeat(64)], ['a'.repeat(63), 'A'.repeat(64), false]],
    ['minimumChainWork', ['f'.repeat(64)], ['f'.repeat(62)]],
    ['assumeValid', [null, 'a'.repeat(64)], ['a'.repeat(65), '']],
    ['maxTipAge', [0, 3_155_760_000], [-1, 3_155_760_001]],
    ['mineBlocksOnDemand', [true, false], [1]],
    ['devControl', [true, false], [1, null, 'true']],
    ['fallbackFee', [0, 100_000_000], [-1, 100_000_001]],
    ['genesis.version', [1, 0x7fffffff], [0, 0x80000000]],
    ['genesis.time', [0, 0xffffffff], [-1, 0x100000000]],
    ['genesis.bits', ['00000000', 'ffffffff'], ['0']],
    ['genesis.nonce', [0, 0xffffffff], [-1, 0x100000000]],
    ['genesis.message', ['x', '~'.repeat(90)], ['', '~'.repeat(91), 'é', '\n']],
    ['genesis.outputScript', ['6a', '6a'.repeat(10_000)], ['', '6a'.repeat(10_001), '6', 'zz']],
    ['genesis.value', [0, 2_100_000_000_000_000], [-1, 2_100_000_000_000_001]],
    ['genesis.hash', ['a'.repeat(64)], ['a'.repeat(63), null]],
  ];

  it.each(BOUNDS)('%s: its bounds', (path, right, wrong) => {
    for (const value of right)
      expect(() => parseNetworkFile(withField(path, value)), `${value}`).not.toThrow();
    // Of two fields that must differ, the later one is named.
    for (const value of wrong)
      expect(errorOf(withField(path, value)).field, `${value}`).toMatch(
        new RegExp(`^(${path}|rpcPort|scriptHashPrefix|secretKeyPrefix|bip32Private|subsidy)$`),
      );
  });

  it.each([
    ['interval', [2, 1_000_000], [1, 1_000_001]],
    ['clamp', [2, 1_000], [1, 1_001]],
    ['minimumDifficultyAfter', [0, 3_155_760_000], [-1, 3_155_760_001]],
    ['bip94', [true], [0]],
  ] as const)('difficulty.%s: its bounds', (name, right, wrong) => {
    const rule = { kind: 'interval', interval: 10, clamp: 4, minimumDifficultyAfter: 0, bip94: false };
    const file = (value: unknown): Json => withField('difficulty', { ...rule, [name]: value });
    for (const value of right) expect(() => parseNetworkFile(file(value))).not.toThrow();
    for (const value of wrong) expect(errorOf(file(value)).field).toBe(`difficulty.${name}`);
  });

  it('names the fields that exclude each other', () => {
    expect(errorOf({ ...withField('devControl', true), magic: 'f9beb4d9' }).field).toBe('devControl');
    expect(errorOf(withField('p2pPort', 7332)).field).toBe('rpcPort');
    expect(errorOf(withField('bip32Public', '03e25946')).field).toBe('bip32Private');
    expect(errorOf(withField('scriptHashPrefix', 55)).field).toBe('scriptHashPrefix');
    expect(errorOf(withField('secretKeyPrefix', 55)).field).toBe('secretKeyPrefix');
    expect(errorOf(withField('secretKeyPrefix', 63)).field).toBe('secretKeyPrefix');
    expect(errorOf(withField('halvingInterval', 4_300_000)).field).toBe('subsidy');
  });

  it('says what a field must be', () => {
    expect(errorOf(withField('p2pPort', 0)).message).toBe('p2pPort: must be a whole number from 1 to 65535');
    expect(errorOf(withField('difficulty.window', 1)).message).toBe(
      'difficulty.window: must be a whole number from 2 to 10000',
    );
    expect(errorOf(withField('magic', 'f0')).message).toBe('magic: must be 4 bytes in lower-case hex');
    expect(errorOf(withField('seeds', ['a b'])).message).toBe(
      'seeds[0]: must be a host, with a port if it is not the default one',
    );
    expect(errorOf(withField('localPeers', 1)).message).toBe('localPeers: must be true or false');
    expect(errorOf(withField('heights', 3)).message).toBe('heights: must be an object');
    expect(errorOf(withField('seeds', 3)).message).toBe('seeds: must be a list');
  });

  it('names a field that does not exist', () => {
    expect(errorOf(withField('halvingInterval2', 1)).field).toBe('halvingInterval2');
    expect(errorOf(withField('genesis.extra', 1)).field).toBe('genesis.extra');
    expect(errorOf(withField('difficulty.clamp', 4)).field).toBe('difficulty.clamp');
  });

  it('is an object', () => {
    for (const file of [null, [], 'penny', 7, undefined])
      expect(errorOf(file).message).toBe('network file: must be an object');
  });

  it('has a genesis block that was mined, with its hash', () => {
    const broken = (path: string, value: unknown) => () =>
      genesisBlock(parseNetworkFile(withField(path, value)));
    expect(broken('genesis.nonce', 0)).toThrow('genesis.hash: the genesis block');
    expect(broken('genesis.message', 'Another one')).toThrow('genesis.hash');
    expect(broken('powLimit', '0'.repeat(63).padEnd(64, '1'))).toThrow('genesis.nonce');
  });
});
