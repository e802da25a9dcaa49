/** What the option tables promise: each default shown is what holds, each option reaches a part, each can be negated. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RPC } from '../../../../src/platform/node/cli/common-options.ts';
import { readConfiguration, readOptions } from '../../../../src/platform/node/cli/configuration.ts';
import { CORE_HELP, CORE_OPTIONS } from '../../../../src/platform/node/cli/core-options.ts';
import { formatCoreOptions, formatOptions } from '../../../../src/platform/node/cli/help.ts';
import { NODE, REINDEX } from '../../../../src/platform/node/cli/node-options.ts';
import { loggerOptions, processOptions } from '../../../../src/platform/node/cli/node-settings.ts';
import {
  amount,
  flag,
  integer,
  list,
  type Option,
  type Options,
} from '../../../../src/platform/node/cli/option.ts';
import { place } from '../../../../src/platform/node/cli/option-targets.ts';
import { findRpcAddress } from '../../../../src/platform/node/cli/rpc-connection.ts';
import { DEVNET, GENESIS } from '../../../../src/platform/node/cli/tool-options.ts';
import { UsageError } from '../../../../src/platform/node/cli/usage-error.ts';
import { DEFAULT_BASE_PORT } from '../../../../src/platform/node/devnet/ports.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'penny-options-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const base = (): string[] => ['-regtest', `-datadir=${directory}`];
const nodeValues = (...words: string[]): Record<string, unknown> => ({
  ...readConfiguration([...base(), ...words], NODE).values,
});
const rpcValues = (...words: string[]): Record<string, unknown> => ({
  ...readConfiguration([...base(), ...words], RPC).values,
});

/** All that a node, or the client, does with its options. */
function nodeEffect(...words: string[]): unknown {
  const configuration = readConfiguration([...base(), ...words], NODE);
  return [processOptions(configuration), loggerOptions(configuration, true), configuration.values.pid];
}
const rpcEffect = (...words: string[]): unknown => {
  const configuration = readConfiguration([...base(), ...words], RPC);
  const { generate, getinfo, named, rpcwait, rpcwaittimeout, rpcwallet, stdin, stdinrpcpass } =
    configuration.values;
  return [
    findRpcAddress(configuration),
    generate,
    getinfo,
    named,
    rpcwait,
    rpcwaittimeout,
    rpcwallet,
    stdin,
    stdinrpcpass,
  ];
};

/** Where files are and which network is meant: `settings.test.ts`; help, version and -loadblock: `test/functional`. */
const ELSEWHERE = [
  'conf',
  'datadir',
  'chain',
  'genesis',
  'regtest',
  'help',
  'help-debug',
  'version',
  'loadblock',
  'daemon',
  'daemonwait',
  'addrinfo',
  'netinfo',
];
/** What else must be given. */
const WITH: Readonly<Record<string, readonly string[]>> = {
  debugexclude: ['-debug'],
  'mine-address': ['-mine=1'],
  'mine-interval': ['-mine=1'],
  'mine-load': ['-mine=1'],
  peerblockfilters: ['-blockfilterindex'],
  webreadonly: ['-web'],
  proxyrandomize: ['-proxy=[::1]'],
  rpcbind: ['-rpcallowip=::1'],
  rpcuser: ['-rpcpassword=p'],
  whitelistforcerelay: ['-whitelist=::1'],
  whitelistrelay: ['-whitelist=::1'],
};
/** One of them is allowed for any option, and is not its default. */
const SAMPLES = [
  '2',
  '9',
  '600',
  '5000',
  '9000',
  '0.5',
  'net',
  'bech32m',
  'legacy',
  'basic',
  'ipv4',
  'user:method',
  'bip94',
  'csv@5',
  'noban@127.0.0.1:1234',
  'noban@::1',
  'https://page.example',
];

const tables = [
  ['node', NODE.options as Options, nodeValues, nodeEffect],
  ['rpc', RPC.options as Options, rpcValues, rpcEffect],
] as const;

describe.each(tables)('penny %s', (_command, options, values, effect) => {
  const named = Object.entries(options);

  test.each(
    named.filter(([name, { shown }]) => /^\S+$/.test(shown ?? ' ') && !['chain', 'datadir'].includes(name)),
  )('the default that help shows for -%s is what holds', (name, { shown }) => {
    expect(values(`-${name}=${shown}`)[name]).toEqual(
      name === 'bind' || name === 'rpcbind' ? [shown] : values()[name],
    );
    if (ELSEWHERE.includes(name)) return;
    expect(effect(...(WITH[name] ?? []), `-${name}=${shown}`)).toEqual(effect(...(WITH[name] ?? [])));
  });

  test.each(named.filter(([name]) => !ELSEWHERE.includes(name)))('-%s has an effect', (name, option) => {
    const others = WITH[name] ?? [];
    const words =
      option.kind === 'flag' ? [`-${name}`, `-no${name}`] : SAMPLES.map((value) => `-${name}=${value}`);
    const effects = words.flatMap((word) => {
      try {
        return [effect(...others, word)];
      } catch (error) {
        expect(error).toBeInstanceOf(UsageError);
        return [];
      }
    });
    const without = effect(...others);
    expect(effects.some((one) => !isDeepStrictEqual(one, without))).toBe(true);
  });

  test.each(named.filter(([name]) => !['datadir', 'regtest'].includes(name)))('-no%s', (name, option) => {
    const negated = (): unknown => values(`-no${name}`)[name];
    const { kind, value, range } = option;
    if (kind === 'flag') expect(negated()).toBe(false);
    else if (kind === 'list') expect(negated()).toEqual([]);
    else if (kind === 'integer' && isRefused(option, '0'))
      expect(negated).toThrow(`Invalid value for -${name}: '0'`);
    else if (kind === 'integer') expect(negated()).toBe(0);
    else if (value === '<amt>') expect(negated()).toBe(0n);
    else if (value === '<file>') expect(negated()).toBeNull();
    else if (value === '<hex>') expect(negated()).toBe(name === 'assumevalid' ? null : 0n);
    else if (name === 'blockfilterindex' || name === 'onion') expect(negated()).toBe(false);
    else expect(negated()).toEqual(values()[name]);
    expect(range === '').toBe(false);
  });

  test('help shows every option with what it is', () => {
    const help = formatOptions((options === RPC.options ? RPC : NODE).groups);
    for (const [name, option] of named) {
      expect(help).toContain(`\n  -${name}${option.value === '' ? '\n' : `=${option.value}\n`}       `);
      expect(option.help).toMatch(/^[A-Z].*\.$/s);
    }
    expect(Math.max(...help.split('\n').map((line) => line.length))).toBeLessThan(80);
  });
});

function isRefused(option: Option, value: string): boolean {
  try {
    option.read(value as never, 'x');
    return false;
  } catch {
    return true;
  }
}

test("Core's other options are accepted, and each is named with a reason", () => {
  const names = Object.keys(CORE_OPTIONS);
  const told = Object.values(CORE_HELP).flat();
  expect(told.flatMap(([some]) => some.split(/\s+/)).sort()).toEqual([...names].sort());
  expect(names.filter((name) => name in NODE.options)).toEqual([]);
  for (const [, why] of told) expect(why).toMatch(/^[A-Z].*[^.]$/);
  const [unused] = Object.values(CORE_HELP);
  for (const [some, why] of unused!)
    for (const name of some.split(/\s+/))
      expect(readConfiguration([...base(), `-${name}=1`], NODE).warnings).toEqual([
        `Option -${name} has no effect in Penny: ${why}`,
      ]);
  for (const name of names) expect(formatCoreOptions()).toMatch(new RegExp(`-${name}\\s`));
});

test.each([DEVNET, GENESIS])(
  'the tools show their defaults too, and every option goes somewhere',
  ({ options }) => {
    const values = (...words: string[]): Record<string, unknown> => ({
      ...readOptions(words, { groups: {}, options: options as Options }),
    });
    for (const [name, { shown, to }] of Object.entries(options as Options)) {
      if (/^\w+$/.test(shown ?? '')) expect(values(`--${name}=${shown}`)[name], name).toEqual(values()[name]);
      expect(to ?? name).toMatch(/\.|^(help|version|datadir|output)$/);
    }
    expect(() => values('stray')).toThrow("Command line contains unexpected token 'stray'");
    expect(() => values('--help=1', '--frobnicate')).toThrow('Invalid parameter --frobnicate');
  },
);

test('penny devnet: bounds, and restarts that are left out', () => {
  const values = readOptions(['--no-restart', '--nodes', '2', '--datadir=/x'], DEVNET);
  expect(place(DEVNET.options, values).devnet).toEqual({
    nodes: 2,
    blockTime: 10,
    paymentsPerMinute: 6,
    keep: false,
    restart: false,
    exitWhenConfirmed: false,
    basePort: DEFAULT_BASE_PORT,
  });
  expect(() => readOptions(['--nodes=21'], DEVNET)).toThrow('-nodes');
});

test('penny reindex has an option more', () => {
  const { values } = readConfiguration([...base(), '-chainstate-only', '-dbcache=5'], REINDEX);
  expect([values['chainstate-only'], values.dbcache]).toEqual([true, 5]);
});

test('what does not fit does not compile', () => {
  // @ts-expect-error a number is no boolean
  flag('', { default: 5 });
  // @ts-expect-error the field is a boolean
  integer('', { to: 'mempool.requireStandard' });
  // @ts-expect-error there is no such field
  amount('', { to: 'mempool.requireMoney' });
  // @ts-expect-error only lists go to a list
  integer('', { to: 'server.allowIp' });
  list('', '', { to: 'server.allowIp' });
  const { values } = readConfiguration([...base()], NODE);
  // @ts-expect-error there is no such option
  values.dbcash;
  // @ts-expect-error without a default it may be absent
  const address: string = values['mine-address'];
  expect(address).toBeUndefined();
  expect(values.dbcache.toFixed()).toBe('450');
});
