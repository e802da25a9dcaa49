/**
 * An option of a command in Bitcoin Core's spelling, said once as a value: how it is read, what it is where it
 * is not given, what help says of it, and which field of which part it becomes. Types are inferred from it.
 * Owns the kinds; the options are in `node-options` and `common-options`, precedence in `settings`.
 */
import type { NetworkParameters } from '../../../core/parameters/network.ts';
import { formatMoney, parseMoney } from '../../../core/transaction/amount.ts';
import type { FeeRate } from '../../../core/transaction/fee-rate.ts';
import type { Target } from './option-targets.ts';
import { UsageError } from './usage-error.ts';

/** A value as it was given; false where the option was negated (`-nox`; `-x=0` is a value). */
export type Given = string | false;

export interface Option<T = unknown, To = string | undefined> {
  /** Flags take no word that follows, integers also one that begins with a minus; a list may be given many times. */
  readonly kind: 'flag' | 'integer' | 'list' | 'other';
  /** What help calls its value: `<n>`; empty for flags. */
  readonly value: string;
  readonly help: string;
  /** What is allowed and what holds where nothing is given, as a user would write it; undefined says nothing. */
  readonly range: string | undefined;
  readonly shown: string | undefined;
  /** In a config file it counts for the default network only inside that network's section. */
  readonly perNetwork: boolean;
  /** What `-x` alone means. */
  readonly bare: string;
  /** `part.field`, if that is all there is to do with it. */
  readonly to: To;
  /** From the value that counts, or a list's values; undefined: as if it were not given. @throws UsageError */
  readonly read: (given: Given & readonly string[], name: string) => T | undefined;
  readonly otherwise: (network: NetworkParameters) => T;
}

/** What options are by their names, which have no dashes. */
export type Options = Readonly<Record<string, Option>>;
export type Values<O> = { readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never };

/** @typeParam N null, where an option can also stand for nothing */
interface More<T, N = T> {
  /** Of whoever obeys it; a function where the network file says it. */
  readonly default?: T | N | ((network: NetworkParameters) => T | N);
  /** The default in words, where it follows from other options or from the machine. */
  readonly otherwise?: string;
  readonly to?: Target<T>;
  readonly value?: string;
  readonly bare?: string;
  readonly perNetwork?: boolean;
}
type Default<M> = M extends { readonly default: infer D }
  ? D extends (network: NetworkParameters) => infer R
    ? R
    : D
  : undefined;
type To<M> = M extends { readonly to: infer P } ? P : undefined;
type Made<T, M> = Option<T | Default<M>, To<M>>;

interface Reading<T> {
  readonly kind?: Option['kind'];
  readonly value: string;
  readonly bare?: string;
  readonly range?: string | undefined;
  readonly read: (given: never, name: string) => T | undefined;
  readonly show?: (value: never) => string;
}

function option<T, M>(help: string, more: M & More<T, unknown>, reading: Reading<T>): Made<T, M> {
  const { default: initial, otherwise, to, perNetwork = false } = more;
  const { kind = 'other', value, bare = '', range, read, show = String } = reading;
  const isOfNetwork = typeof initial === 'function';
  const shown = isOfNetwork
    ? 'as the network file says'
    : initial === undefined || initial === null
      ? undefined
      : show(initial as never) || undefined;
  return Object.freeze({
    kind,
    value: more.value ?? value,
    help,
    range,
    shown: otherwise ?? shown,
    perNetwork,
    bare: more.bare ?? bare,
    to,
    read,
    otherwise: (network: NetworkParameters) => (isOfNetwork ? initial(network) : initial),
  }) as never;
}

/** Core's InterpretBool: empty is true, otherwise a number other than zero. */
export const isTrue = (value: Given): boolean =>
  value !== false && (value === '' || (Number.parseInt(value, 10) || 0) !== 0);

/** On or off: `-x`, `-x=1`, `-x=0`, `-nox`; off, unless it is said what holds otherwise. */
export const flag = <const M extends More<boolean>>(
  help: string,
  more?: M,
): Option<boolean | (M extends { readonly otherwise: string } ? undefined : never), To<M>> =>
  option(help, (more?.otherwise === undefined ? { default: false, ...more } : more) as never, {
    kind: 'flag',
    value: '',
    bare: '1',
    read: isTrue,
    show: (value: boolean) => (value ? '1' : ''),
  });

const UNITS: Readonly<Record<string, number>> = {
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  K: 2 ** 10,
  M: 2 ** 20,
  G: 2 ** 30,
  T: 2 ** 40,
};

/** Reads bytes as Core does: small letters count by thousands, large ones by 1,024, and none is M. @throws UsageError */
export function bytes(given: Given, name: string): number {
  const [, digits, unit = 'M'] = /^(\d+)([kKmMgGtT])?$/.exec(given === false ? '0' : given) ?? [];
  const value = Number(digits) * UNITS[unit]!;
  if (Number.isSafeInteger(value)) return value;
  throw new UsageError(`Unable to parse -${name}: '${given}'`);
}

interface Bounds {
  readonly least?: number;
  readonly most?: number;
  /** The part's value is this many times the user's. */
  readonly unit?: number;
}

/** A whole number; negated it is zero. */
export function integer<const M extends More<number> & Bounds>(
  help: string,
  more: M = {} as M,
): Made<number, M> {
  const { least = 0, most, unit = 1 }: Bounds = more;
  const range = most === undefined ? undefined : `${least} to ${most}`;
  const allowed = `a whole number ${range === undefined ? `from ${least}` : `from ${range}`}`;
  return option(help, more, {
    kind: 'integer',
    value: '<n>',
    range,
    read: (given: Given, name) => {
      const text = given === false ? '0' : given;
      // More than we can count is as much as we can count.
      const number = /^[+-]?\d+$/.test(text)
        ? Math.min(Number(text) * unit, Number.MAX_SAFE_INTEGER)
        : Number.NaN;
      if (number >= least * unit && number <= (most ?? Infinity) * unit) return number;
      throw new UsageError(`Invalid value for -${name}: '${text}' (${allowed})`);
    },
    show: (value: number) => (value === Infinity ? 'no limit' : String(value / unit)),
  });
}

/** @param none what -1 means */
const coins = <T extends bigint>(range?: string, none?: T): Reading<T> => ({
  value: '<amt>',
  range,
  read: (given: Given, name) => {
    if (given === '-1' && none !== undefined) return none;
    const satoshis = given === false ? 0n : parseMoney(given);
    if (satoshis === null) throw new UsageError(`Invalid amount for -${name}=<amount>: '${given}'`);
    return satoshis as T;
  },
  show: formatMoney,
});

/** Satoshis, given as coins; negated it is zero. */
export const amount = <const M extends More<bigint>>(help: string, more?: M): Made<bigint, M> =>
  option(help, more ?? ({} as M), coins());

/** The same, and -1 for not at all. */
export const amountOrNone = <const M extends More<bigint>>(help: string, more?: M): Made<bigint, M> =>
  option(help, more ?? ({} as M), coins(undefined, -1n));

/** Given as coins for 1,000 vbytes; negated it is zero. */
export const feeRate = <const M extends More<FeeRate>>(help: string, more?: M): Made<FeeRate, M> =>
  option(help, more ?? ({} as M), coins<FeeRate>('coins per kvB'));

/** What `read` makes of a text; negated, unless `read` knows better, it is as if it were not given. */
export const parsed = <T, const M extends More<T, null>>(
  value: string,
  help: string,
  read: (given: Given, name: string) => T | undefined,
  more?: M,
): Made<T, M> => option(help, more ?? ({} as M), { value, read });

export const text = <const M extends More<string>>(value: string, help: string, more?: M): Made<string, M> =>
  option(help, more ?? ({} as M), { value, read: (given: Given) => (given === false ? undefined : given) });

/** A path; negated it is null: no such file. */
export const file = <const M extends More<string>>(help: string, more?: M): Made<string | null, M> =>
  option(help, more ?? ({} as M), { value: '<file>', read: (given: Given) => given || null });

/** One of a few words, which errors call `what`. */
export const choice = <T extends string, const M extends More<T, null>>(
  what: string,
  words: readonly T[],
  help: string,
  more?: M,
): Made<T, M> =>
  option(help, more ?? ({} as M), {
    value: '<type>',
    range: words.join(', '),
    read: (given: Given) => {
      const word = words.find((candidate) => candidate === given);
      if (word === undefined && given !== false) throw new UsageError(`Unknown ${what} '${given}'`);
      return word;
    },
  });

/** Hex digits of 32 bytes, as 64 in small letters; negated it is zero. Errors say what they are, and what zero does. */
export const hex = <T, const M extends More<T, null>>(
  [what, zero]: readonly [what: string, zero: string],
  help: string,
  from: (digits: string) => T,
  more?: M,
): Made<T, M> =>
  parsed(
    '<hex>',
    help,
    (given) => {
      const digits = given === false ? '0' : given.replace(/^0x/, '');
      if (!/^[0-9a-fA-F]{1,64}$/.test(digits))
        throw new UsageError(`Invalid ${what} specified (${given}), must be up to 64 hex digits${zero}`);
      return from(digits.toLowerCase().padStart(64, '0'));
    },
    more,
  );

/** May be given many times: all that is given; none where nothing is, unless another default is said. */
export const list = <const M extends More<readonly string[], null>>(
  value: string,
  help: string,
  more?: M,
): Option<readonly string[] | (M extends { readonly default: null } ? null : never), To<M>> =>
  option(help, { default: [], ...more } as never, {
    kind: 'list',
    value,
    read: (given: readonly string[]) => given,
    show: (values: readonly string[]) => values.join(' '),
  });

/** The options of a command under the titles that help gives them. */
export interface Command<O> {
  readonly groups: Readonly<Record<string, Options>>;
  readonly options: O;
}

type Joined<U> = (U extends unknown ? (options: U) => void : never) extends (options: infer I) => void
  ? I
  : never;

export function command<const G extends Readonly<Record<string, Options>>>(
  groups: G,
): Command<Joined<G[keyof G]>> {
  return { groups, options: Object.assign({}, ...Object.values(groups)) };
}
