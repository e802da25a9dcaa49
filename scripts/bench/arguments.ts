/** The words after `npm run bench --`. Owns what may be asked for, and says what is wrong with it. */
import { parseArgs } from 'node:util';
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

/** A whole number of at least `least`. @throws RangeError */
export function wholeNumber(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least)
    throw new RangeError(`--${name}: ${text} is not a whole number of at least ${least}`);
  return value;
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
  if (unknown !== undefined) throw new RangeError(`--only: ${unknown} is not one of ${MODULES.join(', ')}`);
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
