/** What may be asked of `npm run bench` and `npm run bench:chain`, and what is wrong with what is asked. */
import { parseArgs } from 'node:util';
import type { Mix } from './chain/generate.ts';
import { KINDS } from './chain/spends.ts';
import { findBitcoind } from './nodes/bitcoind.ts';
import type { BenchOptions } from './row.ts';

/** In the order in which they are measured. */
const MODULES: readonly string[] = [
  'mining',
  'hashing',
  'signatures',
  'scripts',
  'blocks',
  'connect',
  'state',
  'growth',
  'import',
  'sync',
  'mempool',
  'template',
  'rpc',
  'relay',
  'start',
];

export interface Arguments {
  readonly modules: readonly string[];
  readonly options: BenchOptions;
  readonly json: string;
  readonly compare?: string;
  /** In a child: the one that it measures. */
  readonly module?: string;
}

/** What the words mean; where they mean nothing, the process ends with a line that says why. */
export function orEnd<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
}

/** A whole number of at least `least`. @throws RangeError */
export function wholeNumber(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least)
    throw new RangeError(`--${name}: "${text}" is not a whole number of at least ${least}`);
  return value;
}

/** `p2wpkh=60,p2tr=20` as shares. @throws RangeError */
export function parseMix(text: string): Mix {
  const mix: { -readonly [K in keyof Mix]: Mix[K] } = {};
  for (const part of text.split(',')) {
    const [, name, share] = /^(\w+)=([1-9]\d{0,5})$/.exec(part) ?? [];
    const kind = KINDS.find((known) => known === name);
    if (kind === undefined || mix[kind] !== undefined)
      throw new RangeError(`--mix: "${part}" is not KIND=SHARE with one of ${KINDS.join(', ')}, each once`);
    mix[kind] = Number(share);
  }
  return mix;
}

/** @throws Error that says what is wrong */
export function readArguments(words: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...words],
    options: {
      only: { type: 'string', multiple: true, default: [] },
      repeat: { type: 'string', default: '3' },
      quick: { type: 'boolean', default: false },
      dbcache: { type: 'string', default: '450' },
      chain: { type: 'string' },
      bitcoind: { type: 'string' },
      'no-bitcoind': { type: 'boolean', default: false },
      json: { type: 'string', default: 'bench.json' },
      compare: { type: 'string' },
      module: { type: 'string' },
    },
  });
  const { only, quick, chain, json, compare, module } = values;
  const unknown = only.find((name) => !MODULES.includes(name));
  if (unknown !== undefined) throw new RangeError(`--only: "${unknown}" is not one of ${MODULES.join(', ')}`);
  const bitcoind = values['no-bitcoind'] ? undefined : findBitcoind(values.bitcoind);
  return {
    modules: only.length === 0 ? MODULES : only,
    options: {
      repeat: wholeNumber('repeat', values.repeat, 1),
      quick,
      dbcache: wholeNumber('dbcache', values.dbcache, 4),
      ...(chain !== undefined && { chain }),
      ...(bitcoind !== undefined && { bitcoind }),
    },
    json,
    ...(compare !== undefined && { compare }),
    ...(module !== undefined && { module }),
  };
}
