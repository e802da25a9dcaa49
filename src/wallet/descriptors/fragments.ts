/**
 * Miniscript's fragments, a row each: what its text takes, its script, its type, and the ways to satisfy it or not.
 * Text, scripts, limits and witnesses are read and written by these rows and nothing else.
 * https://bitcoin.sipa.be/miniscript/ ; BIP379
 */
import { OP } from '../../core/script/opcodes.ts';
import { LOCK_TIME_THRESHOLD, SEQUENCE_TIME } from '../../core/transaction/transaction.ts';
import type { HashKind } from '../signing/spend-data.ts';
import { has, keep, mixesTimeLocks, threshType, when } from './miniscript-type.ts';

export type MiniscriptContext = 'p2wsh' | 'tapscript';

/** A piece of a script: an opcode, or what the node has in its place. */
export type Part =
  | number
  /** Expressions; `w` is the second where it works below the top of the stack (a: or s:). */
  | 'x'
  | 'y'
  | 'z'
  | 'w'
  | 'k'
  /** The number 32. */
  | 'size'
  | 'key'
  | 'keyhash'
  | 'hash'
  | 'keys'
  /** How many keys. */
  | 'count'
  /** Each key with its CHECKSIG, CHECKSIGADD behind the first. */
  | 'checks'
  /** All expressions, ADD behind each but the first. */
  | 'sum';

/** How witnesses are put together: `satisfy.ts` makes one, `miniscript-sanity.ts` counts. Null is impossible. */
export interface Witnesses<T, K> {
  readonly nothing: T;
  readonly zero: T;
  readonly one: T;
  /** What is no preimage. */
  readonly zeros: T;
  key(key: K): T;
  sign(key: K): T | null;
  preimage(kind: HashKind, hash: Uint8Array): T | null;
  /** Is the lock over? */
  older(k: number): boolean;
  after(k: number): boolean;
  /** Operations that count only where they are executed. */
  executes(operations: number): T;
  /** All; the first lies deepest in the stack. */
  join(...parts: readonly (T | null)[]): T | null;
  choose(a: T | null, b: T | null): T | null;
  /** Somebody else could make another of it. */
  malleable(way: T | null): T | null;
  /** Could somebody else have made it? */
  isOpen(way: T | null): boolean;
}

export interface Ways<T> {
  readonly satisfied: T | null;
  readonly dissatisfied: T | null;
}

/** What a node has besides other nodes. */
export interface Leaves<K> {
  readonly keys: readonly K[];
  /** Threshold or lock; 0 where there is none. */
  readonly k: number;
  readonly data: Uint8Array;
}

/** Types of the expressions: each, all, and what most rules ask of two. */
interface Types {
  readonly x: string;
  readonly y: string;
  readonly z: string;
  readonly all: readonly string[];
  readonly either: string;
  readonly both: string;
  readonly locks: string;
  readonly jointLock: string;
  readonly oneOf: string;
  readonly k: number;
  readonly context: MiniscriptContext;
}

interface Row {
  readonly takes: 'nothing' | 'key' | 'lock' | 'hash' | 'keys' | 'all' | 1 | 2 | 3;
  readonly only?: MiniscriptContext;
  readonly script: readonly Part[];
  /** As the specification has it (Core's ComputeType); without one of the basic types the arguments do not fit. */
  type(of: Types): string;
  ways<T, K>(make: Witnesses<T, K>, leaves: Leaves<K>, ...subs: readonly Ways<T>[]): Ways<T>;
}

const ways = <T>(satisfied: T | null, dissatisfied: T | null): Ways<T> => ({ satisfied, dissatisfied });

/** For each count of satisfied parts the best way; later parts lie higher in the stack. */
function countWays<T>(make: Witnesses<T, never>, parts: readonly Ways<T>[]): (T | null)[] {
  let found: (T | null)[] = [make.nothing];
  for (const part of parts)
    found = [...found, null].map((way, count) =>
      make.choose(
        make.join(way, part.dissatisfied),
        count === 0 ? null : make.join(found[count - 1]!, part.satisfied),
      ),
    );
  return found;
}

/** Bytes, by the fragment. */
export const HASH_SIZE: Readonly<Record<string, number>> = Object.freeze({
  sha256: 32,
  hash256: 32,
  ripemd160: 20,
  hash160: 20,
});

const hash = (kind: HashKind, opcode: number): Row => ({
  takes: 'hash',
  script: [OP.SIZE, 'size', OP.EQUALVERIFY, opcode, 'hash', OP.EQUAL],
  type: () => 'Bonudmk',
  // Any other 32 bytes would do as well to fail.
  ways: (make, { data }) => ways(make.preimage(kind, data), make.malleable(make.zeros)),
});

const same = <T>(_make: unknown, _leaves: unknown, x: Ways<T>): Ways<T> => x;

// biome-ignore format: a table
const TABLE = {
  '0': {
    takes: 'nothing', script: [OP.OP_0], type: () => 'Bzudemsxk',
    ways: ({ nothing }) => ways(null, nothing),
  },
  '1': {
    takes: 'nothing', script: [OP.OP_1], type: () => 'Bzufmxk',
    ways: ({ nothing }) => ways(nothing, null),
  },
  pk_k: {
    takes: 'key', script: ['key'], type: () => 'Konudemsxk',
    ways: (make, { keys: [key] }) => ways(make.sign(key!), make.zero),
  },
  pk_h: {
    takes: 'key', script: [OP.DUP, OP.HASH160, 'keyhash', OP.EQUALVERIFY], type: () => 'Knudemsxk',
    ways: (make, { keys: [key] }) =>
      ways(make.join(make.sign(key!), make.key(key!)), make.join(make.zero, make.key(key!))),
  },
  older: {
    takes: 'lock', script: ['k', OP.CHECKSEQUENCEVERIFY],
    type: ({ k }) => `${(k & SEQUENCE_TIME) !== 0 ? 'g' : 'h'}Bzfmxk`,
    ways: (make, { k }) => ways(make.older(k) ? make.nothing : null, null),
  },
  after: {
    takes: 'lock', script: ['k', OP.CHECKLOCKTIMEVERIFY],
    type: ({ k }) => `${k >= LOCK_TIME_THRESHOLD ? 'i' : 'j'}Bzfmxk`,
    ways: (make, { k }) => ways(make.after(k) ? make.nothing : null, null),
  },
  sha256: hash('sha256', OP.SHA256),
  hash256: hash('hash256', OP.HASH256),
  ripemd160: hash('ripemd160', OP.RIPEMD160),
  hash160: hash('hash160', OP.HASH160),
  a: {
    takes: 1, script: [OP.TOALTSTACK, 'x', OP.FROMALTSTACK],
    type: ({ x }) => `${when(has(x, 'B'), 'W')}${keep(x, 'ghijkudfems')}x`, ways: same,
  },
  s: {
    takes: 1, script: [OP.SWAP, 'x'],
    type: ({ x }) => when(has(x, 'Bo'), 'W') + keep(x, 'ghijkudfemsx'), ways: same,
  },
  c: {
    takes: 1, script: ['x', OP.CHECKSIG],
    type: ({ x }) => `${when(has(x, 'K'), 'B')}${keep(x, 'ghijkondfem')}us`, ways: same,
  },
  d: {
    takes: 1, script: [OP.DUP, OP.IF, 'x', OP.ENDIF],
    type: ({ x, context }) =>
      when(has(x, 'Vz'), 'B') + when(has(x, 'z'), 'o') + when(has(x, 'f'), 'e') + keep(x, 'ghijkms') +
      `${when(context === 'tapscript', 'u')}ndx`,
    ways: (make, _, x) => ways(make.join(x!.satisfied, make.one), make.zero),
  },
  v: {
    // EQUAL, CHECKSIG, CHECKMULTISIG and NUMEQUAL become their VERIFY forms.
    takes: 1, script: ['x', OP.VERIFY],
    type: ({ x }) => `${when(has(x, 'B'), 'V')}${keep(x, 'ghijkzonms')}fx`,
    ways: (_make, _, x) => ways(x!.satisfied, null),
  },
  j: {
    takes: 1, script: [OP.SIZE, OP.OP_0NOTEQUAL, OP.IF, 'x', OP.ENDIF],
    type: ({ x }) => `${when(has(x, 'Bn'), 'B')}${when(has(x, 'f'), 'e')}${keep(x, 'ghijkoums')}ndx`,
    // If x could fail with a nonzero top item and without a signature, the zero could be replaced by it.
    ways: (make, _, x) =>
      ways(x!.satisfied, make.isOpen(x!.dissatisfied) ? make.malleable(make.zero) : make.zero),
  },
  n: {
    takes: 1, script: ['x', OP.OP_0NOTEQUAL], type: ({ x }) => `${keep(x, 'ghijkBzondfems')}ux`, ways: same,
  },
  and_v: {
    takes: 2, script: ['x', 'y'],
    type: ({ x, y, either, both, oneOf, locks, jointLock }) =>
      when(has(x, 'V'), keep(y, 'KVB')) + keep(x, 'n') + when(has(x, 'z'), keep(y, 'n')) + oneOf +
      keep(both, 'dmz') + keep(either, 's') + when(has(y, 'f') || has(x, 's'), 'f') + keep(y, 'ux') + locks + jointLock,
    ways: (make, _, x, y) => ways(make.join(y!.satisfied, x!.satisfied), null),
  },
  and_b: {
    takes: 2, script: ['x', 'w', OP.BOOLAND],
    type: ({ x, y, either, both, oneOf, locks, jointLock }) =>
      when(has(y, 'W'), keep(x, 'B')) + oneOf + keep(x, 'n') + when(has(x, 'z'), keep(y, 'n')) +
      when(has(both, 's'), keep(both, 'e')) + keep(both, 'dzm') +
      when(has(both, 'f') || has(x, 'sf') || has(y, 'sf'), 'f') + keep(either, 's') + `ux${locks}${jointLock}`,
    // Failing by one half alone is possible for who knows that half: worse than failing by both.
    ways: (make, _, x, y) => ways(
      make.join(y!.satisfied, x!.satisfied),
      make.choose(make.join(y!.dissatisfied, x!.dissatisfied), make.malleable(make.choose(
        make.join(y!.satisfied, x!.dissatisfied), make.join(y!.dissatisfied, x!.satisfied)))),
    ),
  },
  or_b: {
    takes: 2, script: ['x', 'w', OP.BOOLOR],
    type: ({ x, y, either, both, oneOf, locks }) =>
      when(has(x, 'Bd') && has(y, 'Wd'), 'B') + oneOf +
      when(has(either, 's') && has(both, 'e'), keep(both, 'm')) + keep(both, 'zsek') + `du${locks}x`,
    ways: (make, _, x, y) => ways(
      make.choose(
        make.choose(make.join(y!.dissatisfied, x!.satisfied), make.join(y!.satisfied, x!.dissatisfied)),
        make.malleable(make.join(y!.satisfied, x!.satisfied))),
      make.join(y!.dissatisfied, x!.dissatisfied),
    ),
  },
  or_c: {
    takes: 2, script: ['x', OP.NOTIF, 'y', OP.ENDIF],
    type: ({ x, y, either, both, locks }) =>
      when(has(x, 'Bdu'), keep(y, 'V')) + when(has(y, 'z'), keep(x, 'o')) +
      when(has(x, 'e') && has(either, 's'), keep(both, 'm')) + keep(both, 'zsk') + `fx${locks}`,
    ways: (make, _, x, y) => ways(make.choose(x!.satisfied, make.join(y!.satisfied, x!.dissatisfied)), null),
  },
  or_d: {
    takes: 2, script: ['x', OP.IFDUP, OP.NOTIF, 'y', OP.ENDIF],
    type: ({ x, y, either, both, locks }) =>
      when(has(x, 'Bdu'), keep(y, 'B')) + when(has(y, 'z'), keep(x, 'o')) +
      when(has(x, 'e') && has(either, 's'), keep(both, 'm')) + keep(both, 'zsk') + keep(y, 'ufde') + `x${locks}`,
    ways: (make, _, x, y) => ways(
      make.choose(x!.satisfied, make.join(y!.satisfied, x!.dissatisfied)),
      make.join(y!.dissatisfied, x!.dissatisfied),
    ),
  },
  or_i: {
    takes: 2, script: [OP.IF, 'x', OP.ELSE, 'y', OP.ENDIF],
    type: ({ either, both, locks }) =>
      keep(both, 'VBKufsk') + when(has(both, 'z'), 'o') + when(has(either, 'f'), keep(either, 'e')) +
      when(has(either, 's'), keep(both, 'm')) + keep(either, 'd') + `x${locks}`,
    ways: (make, _, x, y) => ways(
      make.choose(make.join(x!.satisfied, make.one), make.join(y!.satisfied, make.zero)),
      make.choose(make.join(x!.dissatisfied, make.one), make.join(y!.dissatisfied, make.zero)),
    ),
  },
  andor: {
    takes: 3, script: ['x', OP.NOTIF, 'z', OP.ELSE, 'y', OP.ENDIF],
    type: ({ x, y, z, either, both, locks }) => {
      const yz = keep(y, z);
      const all = keep(both, z);
      return when(has(x, 'Bdu'), keep(yz, 'BKV')) + keep(all, 'z') + when(has(x + yz, 'z'), keep(x + yz, 'o')) +
        keep(yz, 'u') + when(has(x, 's') || has(y, 'f'), keep(z, 'fe')) + keep(z, 'd') +
        when(has(x, 'e') && has(either + z, 's'), keep(all, 'm')) + keep(keep(z, either), 's') + `x${locks}` +
        when(has(all, 'k') && !mixesTimeLocks(x, y), 'k');
    },
    ways: (make, _, x, y, z) => ways(
      make.choose(make.join(y!.satisfied, x!.satisfied), make.join(z!.satisfied, x!.dissatisfied)),
      make.join(z!.dissatisfied, x!.dissatisfied),
    ),
  },
  multi: {
    // It counts as an operation that tapscript no longer has, multi_a is of one that only it has.
    takes: 'keys', only: 'p2wsh', script: ['k', 'keys', 'count', OP.CHECKMULTISIG], type: () => 'Bnudemsk',
    ways: (make, { keys, k }) => {
      const signed = countWays(make, keys.map((key) => ways(make.sign(key), make.nothing)));
      const run = make.executes(keys.length);
      // The first item is the one too many that CHECKMULTISIG takes off the stack.
      return ways(make.join(run, make.zero, signed[k]!), make.join(run, ...Array(k + 1).fill(make.zero)));
    },
  },
  multi_a: {
    takes: 'keys', only: 'tapscript', script: ['checks', 'k', OP.NUMEQUAL], type: () => 'Budemsk',
    ways: (make, { keys, k }) => {
      const signed = countWays(make, keys.map((key) => ways(make.sign(key), make.zero)).reverse());
      return ways(signed[k]!, make.join(...keys.map(() => make.zero)));
    },
  },
  thresh: {
    takes: 'all', script: ['sum', 'k', OP.EQUAL], type: ({ all, k }) => threshType(all, k),
    ways: (make, { k }, ...subs) => {
      const found = countWays(make, subs.toReversed());
      // Failing with some but not enough parts is open to whoever knows them.
      const others = found.map((way, count) => (count === 0 || count === k ? null : make.malleable(way)));
      return ways(found[k]!, others.reduce((a, b) => make.choose(a, b), found[0]!));
    },
  },
} satisfies Record<string, Row>;

export type Fragment = keyof typeof TABLE;
export const FRAGMENTS: Readonly<Record<Fragment, Row>> = Object.freeze(TABLE);
