/**
 * Miniscript: spending conditions as a tree that becomes a script and can be analysed. Owns the tree,
 * its types (correctness, malleability, time locks), its limits, its text and its script. Reading text is
 * in `parse-miniscript.ts`, spending in `signing/satisfy.ts`.
 * https://bitcoin.sipa.be/miniscript/ ; BIP379
 */
import { concatBytes, toHex } from '../../core/encoding/bytes.ts';
import { hash160 } from '../../core/encoding/hashes.ts';
import { OP } from '../../core/script/opcodes.ts';
import { pushData, pushNumber } from '../../core/script/script.ts';

export type Fragment =
  | '0'
  | '1'
  | 'pk_k'
  | 'pk_h'
  | 'older'
  | 'after'
  | 'sha256'
  | 'hash256'
  | 'ripemd160'
  | 'hash160'
  | 'a'
  | 's'
  | 'c'
  | 'd'
  | 'v'
  | 'j'
  | 'n'
  | 'and_v'
  | 'and_b'
  | 'or_b'
  | 'or_c'
  | 'or_d'
  | 'or_i'
  | 'andor'
  | 'thresh'
  | 'multi'
  | 'multi_a';

export type MiniscriptContext = 'p2wsh' | 'tapscript';

/** `K` is what stands for a key: an expression in a descriptor, bytes in a script. */
export interface Miniscript<K> {
  readonly fragment: Fragment;
  readonly context: MiniscriptContext;
  readonly subs: readonly Miniscript<K>[];
  readonly keys: readonly K[];
  /** Threshold or lock; 0 where there is none. */
  readonly k: number;
  readonly data: Uint8Array;
  /** Letters of the type system; empty if the fragment's arguments do not fit. */
  readonly type: string;
}

export const WRAPPERS = 'ascdvjn';
const MAX_OPS = 201;
const MAX_STANDARD_P2WSH_SCRIPT = 3600;
const MAX_STANDARD_P2WSH_ITEMS = 100;
const SEQUENCE_TYPE_FLAG = 1 << 22;
const LOCKTIME_THRESHOLD = 500_000_000;

const has = (type: string, letters: string): boolean => [...letters].every((letter) => type.includes(letter));
const keep = (type: string, letters: string): string => [...letters].filter((l) => type.includes(l)).join('');
const either = (a: string, b: string): string => a + b;
const both = (a: string, b: string): string => keep(a, b);
const when = (condition: boolean, letters: string): string => (condition ? letters : '');

/** Heights and times, or blocks and seconds, needed at once: never satisfiable. */
const mixesTimeLocks = (a: string, b: string): boolean =>
  (has(a, 'g') && has(b, 'h')) ||
  (has(a, 'h') && has(b, 'g')) ||
  (has(a, 'i') && has(b, 'j')) ||
  (has(a, 'j') && has(b, 'i'));

function threshType(subs: readonly string[], k: number): string {
  let dissatisfiable = true;
  let nonMalleable = true;
  let signed = 0;
  let consumed = 0;
  let locks = 'k';
  for (const [i, type] of subs.entries()) {
    if (!has(type, i === 0 ? 'Bdu' : 'Wdu')) return '';
    dissatisfiable &&= has(type, 'e');
    nonMalleable &&= has(type, 'm');
    if (has(type, 's')) signed++;
    consumed += has(type, 'z') ? 0 : has(type, 'o') ? 1 : 2;
    const clean = has(both(locks, type), 'k') && (k <= 1 || !mixesTimeLocks(locks, type));
    locks = keep(either(locks, type), 'ghij') + when(clean, 'k');
  }
  const n = subs.length;
  return `Bdu${when(consumed === 0, 'z')}${when(consumed === 1, 'o')}${when(dissatisfiable && signed === n, 'e')}${when(
    dissatisfiable && nonMalleable && signed >= n - k,
    'm',
  )}${when(signed >= n - k + 1, 's')}${locks}`;
}

/** The type rules, row by row as in the specification (Core's ComputeType). */
function computeType(
  fragment: Fragment,
  context: MiniscriptContext,
  k: number,
  subs: readonly string[],
): string {
  const [x = '', y = '', z = ''] = subs;
  if (subs.includes('')) return '';
  const xy = either(x, y);
  const andXY = both(x, y);
  const locks = keep(subs.join(''), 'ghij');
  const jointLock = when(has(andXY, 'k') && !mixesTimeLocks(x, y), 'k');
  const oneOf = when(has(xy, 'z'), keep(xy, 'o'));
  switch (fragment) {
    case 'pk_k':
      return 'Konudemsxk';
    case 'pk_h':
      return 'Knudemsxk';
    case 'older':
      return `${(k & SEQUENCE_TYPE_FLAG) !== 0 ? 'g' : 'h'}Bzfmxk`;
    case 'after':
      return `${k >= LOCKTIME_THRESHOLD ? 'i' : 'j'}Bzfmxk`;
    case 'sha256':
    case 'hash256':
    case 'ripemd160':
    case 'hash160':
      return 'Bonudmk';
    case '1':
      return 'Bzufmxk';
    case '0':
      return 'Bzudemsxk';
    case 'multi':
      return 'Bnudemsk';
    case 'multi_a':
      return 'Budemsk';
    case 'a':
      return `${when(has(x, 'B'), 'W')}${keep(x, 'ghijkudfems')}x`;
    case 's':
      return when(has(x, 'Bo'), 'W') + keep(x, 'ghijkudfemsx');
    case 'c':
      return `${when(has(x, 'K'), 'B')}${keep(x, 'ghijkondfem')}us`;
    case 'd':
      return `${when(has(x, 'Vz'), 'B')}${when(has(x, 'z'), 'o')}${when(has(x, 'f'), 'e')}${keep(x, 'ghijkms')}${when(context === 'tapscript', 'u')}ndx`;
    case 'v':
      return `${when(has(x, 'B'), 'V')}${keep(x, 'ghijkzonms')}fx`;
    case 'j':
      return `${when(has(x, 'Bn'), 'B')}${when(has(x, 'f'), 'e')}${keep(x, 'ghijkoums')}ndx`;
    case 'n':
      return `${keep(x, 'ghijkBzondfems')}ux`;
    case 'and_v':
      return (
        when(has(x, 'V'), keep(y, 'KVB')) +
        keep(x, 'n') +
        when(has(x, 'z'), keep(y, 'n')) +
        oneOf +
        keep(andXY, 'dmz') +
        keep(xy, 's') +
        when(has(y, 'f') || has(x, 's'), 'f') +
        keep(y, 'ux') +
        locks +
        jointLock
      );
    case 'and_b':
      return (
        when(has(y, 'W'), keep(x, 'B')) +
        oneOf +
        keep(x, 'n') +
        when(has(x, 'z'), keep(y, 'n')) +
        when(has(andXY, 's'), keep(andXY, 'e')) +
        keep(andXY, 'dzm') +
        when(has(andXY, 'f') || has(x, 'sf') || has(y, 'sf'), 'f') +
        keep(xy, 's') +
        `ux${locks}` +
        jointLock
      );
    case 'or_b':
      return (
        when(has(x, 'Bd') && has(y, 'Wd'), 'B') +
        oneOf +
        when(has(xy, 's') && has(andXY, 'e'), keep(andXY, 'm')) +
        keep(andXY, 'zse') +
        `dux${locks}` +
        keep(andXY, 'k')
      );
    case 'or_d':
      return (
        when(has(x, 'Bdu'), keep(y, 'B')) +
        when(has(y, 'z'), keep(x, 'o')) +
        when(has(x, 'e') && has(xy, 's'), keep(andXY, 'm')) +
        keep(andXY, 'zs') +
        keep(y, 'ufde') +
        `x${locks}` +
        keep(andXY, 'k')
      );
    case 'or_c':
      return (
        when(has(x, 'Bdu'), keep(y, 'V')) +
        when(has(y, 'z'), keep(x, 'o')) +
        when(has(x, 'e') && has(xy, 's'), keep(andXY, 'm')) +
        keep(andXY, 'zs') +
        `fx${locks}` +
        keep(andXY, 'k')
      );
    case 'or_i':
      return (
        keep(andXY, 'VBKufs') +
        when(has(andXY, 'z'), 'o') +
        when(has(xy, 'f'), keep(xy, 'e')) +
        when(has(xy, 's'), keep(andXY, 'm')) +
        keep(xy, 'd') +
        `x${locks}` +
        keep(andXY, 'k')
      );
    case 'andor': {
      const yz = both(y, z);
      const all = both(x, yz);
      return (
        when(has(x, 'Bdu'), keep(yz, 'BKV')) +
        keep(all, 'z') +
        when(has(either(x, yz), 'z'), keep(either(x, yz), 'o')) +
        keep(yz, 'u') +
        when(has(x, 's') || has(y, 'f'), keep(z, 'f')) +
        keep(z, 'd') +
        when(has(x, 's') || has(y, 'f'), keep(z, 'e')) +
        when(has(x, 'e') && has(xy + z, 's'), keep(all, 'm')) +
        both(keep(z, 's'), xy) +
        `x${locks}` +
        when(has(all, 'k') && !mixesTimeLocks(x, y), 'k')
      );
    }
    case 'thresh':
      return threshType(subs, k);
  }
}

/** Each letter once, and exactly one of the four basic types; otherwise no type. */
function normalize(type: string): string {
  const letters = [...new Set(type)].sort().join('');
  return keep(letters, 'BVKW').length === 1 ? letters : '';
}

export interface MiniscriptParts<K> {
  readonly subs?: readonly Miniscript<K>[];
  readonly keys?: readonly K[];
  readonly k?: number;
  readonly data?: Uint8Array;
}

const NO_DATA = new Uint8Array(0);

export function miniscript<K>(
  fragment: Fragment,
  context: MiniscriptContext,
  parts: MiniscriptParts<K> = {},
): Miniscript<K> {
  const { subs = [], keys = [], k = 0, data = NO_DATA } = parts;
  const types = subs.map((sub) => sub.type);
  return {
    fragment,
    context,
    subs,
    keys,
    k,
    data,
    type: normalize(computeType(fragment, context, k, types)),
  };
}

/** All keys, in the order of the text. */
export function keysOf<K>(node: Miniscript<K>): K[] {
  return [...node.keys, ...node.subs.flatMap((sub) => keysOf(sub))];
}

export function mapKeys<K, L>(node: Miniscript<K>, map: (key: K) => L): Miniscript<L> {
  return { ...node, keys: node.keys.map(map), subs: node.subs.map((sub) => mapKeys(sub, map)) };
}

export function formatMiniscript<K>(node: Miniscript<K>, key: (key: K) => string, wrapped = false): string {
  const { fragment, subs } = node;
  const format = (sub: Miniscript<K>, inner = false): string => formatMiniscript(sub, key, inner);
  const [x, y, z] = subs;
  const colon = wrapped ? ':' : '';
  if (fragment === 'c' && x!.fragment === 'pk_k') return `${colon}pk(${key(x!.keys[0]!)})`;
  if (fragment === 'c' && x!.fragment === 'pk_h') return `${colon}pkh(${key(x!.keys[0]!)})`;
  if (WRAPPERS.includes(fragment)) return fragment + format(x!, true);
  if (fragment === 'and_v' && y!.fragment === '1') return `t${format(x!, true)}`;
  if (fragment === 'or_i' && x!.fragment === '0') return `l${format(y!, true)}`;
  if (fragment === 'or_i' && y!.fragment === '0') return `u${format(x!, true)}`;
  if (fragment === '0' || fragment === '1') return colon + fragment;
  if (fragment === 'andor' && z!.fragment === '0') return `${colon}and_n(${format(x!)},${format(y!)})`;
  const arguments_ = [...node.keys.map(key), ...subs.map((sub) => format(sub))];
  if (node.data.length > 0) arguments_.push(toHex(node.data));
  if (node.k > 0) arguments_.unshift(String(node.k));
  return `${colon}${fragment}(${arguments_.join(',')})`;
}

const HASH_OPCODES = { sha256: OP.SHA256, hash256: OP.HASH256, ripemd160: OP.RIPEMD160, hash160: OP.HASH160 };
const of = (...opcodes: number[]): Uint8Array => Uint8Array.from(opcodes);

/** The script; `keyBytes` gives 33 bytes, or 32 in tapscript. */
export function miniscriptToScript<K>(node: Miniscript<K>, keyBytes: (key: K) => Uint8Array): Uint8Array {
  const [x = NO_DATA, y = NO_DATA, z = NO_DATA] = node.subs.map((sub) => miniscriptToScript(sub, keyBytes));
  const keys = node.keys.map(keyBytes);
  const { fragment, k } = node;
  switch (fragment) {
    case '0':
      return of(OP.OP_0);
    case '1':
      return of(OP.OP_1);
    case 'pk_k':
      return pushData(keys[0]!);
    case 'pk_h':
      return concatBytes(of(OP.DUP, OP.HASH160), pushData(hash160(keys[0]!)), of(OP.EQUALVERIFY));
    case 'older':
      return concatBytes(pushNumber(k), of(OP.CHECKSEQUENCEVERIFY));
    case 'after':
      return concatBytes(pushNumber(k), of(OP.CHECKLOCKTIMEVERIFY));
    case 'sha256':
    case 'hash256':
    case 'ripemd160':
    case 'hash160':
      return concatBytes(
        of(OP.SIZE, 1, 32, OP.EQUALVERIFY, HASH_OPCODES[fragment]),
        pushData(node.data),
        of(OP.EQUAL),
      );
    case 'a':
      return concatBytes(of(OP.TOALTSTACK), x, of(OP.FROMALTSTACK));
    case 's':
      return concatBytes(of(OP.SWAP), x);
    case 'c':
      return concatBytes(x, of(OP.CHECKSIG));
    case 'd':
      return concatBytes(of(OP.DUP, OP.IF), x, of(OP.ENDIF));
    case 'v':
      // EQUAL, CHECKSIG, CHECKMULTISIG and NUMEQUAL are followed by their VERIFY forms.
      if (has(node.subs[0]!.type, 'x')) return concatBytes(x, of(OP.VERIFY));
      return concatBytes(x.subarray(0, -1), of(x.at(-1)! + 1));
    case 'j':
      return concatBytes(of(OP.SIZE, OP.OP_0NOTEQUAL, OP.IF), x, of(OP.ENDIF));
    case 'n':
      return concatBytes(x, of(OP.OP_0NOTEQUAL));
    case 'and_v':
      return concatBytes(x, y);
    case 'and_b':
      return concatBytes(x, y, of(OP.BOOLAND));
    case 'or_b':
      return concatBytes(x, y, of(OP.BOOLOR));
    case 'or_c':
      return concatBytes(x, of(OP.NOTIF), y, of(OP.ENDIF));
    case 'or_d':
      return concatBytes(x, of(OP.IFDUP, OP.NOTIF), y, of(OP.ENDIF));
    case 'or_i':
      return concatBytes(of(OP.IF), x, of(OP.ELSE), y, of(OP.ENDIF));
    case 'andor':
      return concatBytes(x, of(OP.NOTIF), z, of(OP.ELSE), y, of(OP.ENDIF));
    case 'multi':
      return concatBytes(pushNumber(k), ...keys.map(pushData), pushNumber(keys.length), of(OP.CHECKMULTISIG));
    case 'multi_a':
      return concatBytes(
        ...keys.map((key, i) => concatBytes(pushData(key), of(i === 0 ? OP.CHECKSIG : OP.CHECKSIGADD))),
        pushNumber(k),
        of(OP.NUMEQUAL),
      );
    case 'thresh': {
      const parts = node.subs.map((sub, i) =>
        concatBytes(miniscriptToScript(sub, keyBytes), i === 0 ? NO_DATA : of(OP.ADD)),
      );
      return concatBytes(...parts, pushNumber(k), of(OP.EQUAL));
    }
  }
}

/** Greatest cost of satisfying and of not satisfying; undefined where that is impossible. */
interface Cost {
  readonly satisfied: number | undefined;
  readonly dissatisfied: number | undefined;
}

const add = (...values: (number | undefined)[]): number | undefined =>
  values.includes(undefined) ? undefined : values.reduce<number>((sum, value) => sum + value!, 0);
const most = (...values: (number | undefined)[]): number | undefined => {
  const possible = values.filter((value) => value !== undefined);
  return possible.length === 0 ? undefined : Math.max(...possible);
};

/** What single keys, locks, hashes and branches cost, and how costs add up, is the same walk for all costs. */
function measure<K>(node: Miniscript<K>, leaf: (node: Miniscript<K>) => Cost, branch: number): Cost {
  const subs = node.subs.map((sub) => measure(sub, leaf, branch));
  const [x, y, z] = subs;
  const { fragment } = node;
  switch (fragment) {
    case 'a':
    case 's':
    case 'c':
    case 'n':
      return x!;
    case 'd':
      return { satisfied: add(x!.satisfied, branch), dissatisfied: branch };
    case 'j':
      return { satisfied: x!.satisfied, dissatisfied: branch };
    case 'v':
      return { satisfied: x!.satisfied, dissatisfied: undefined };
    case 'and_v':
      return { satisfied: add(x!.satisfied, y!.satisfied), dissatisfied: undefined };
    case 'and_b':
      return {
        satisfied: add(x!.satisfied, y!.satisfied),
        dissatisfied: add(x!.dissatisfied, y!.dissatisfied),
      };
    case 'or_b':
      return {
        satisfied: most(add(x!.satisfied, y!.dissatisfied), add(x!.dissatisfied, y!.satisfied)),
        dissatisfied: add(x!.dissatisfied, y!.dissatisfied),
      };
    case 'or_c':
      return { satisfied: most(x!.satisfied, add(x!.dissatisfied, y!.satisfied)), dissatisfied: undefined };
    case 'or_d':
      return {
        satisfied: most(x!.satisfied, add(x!.dissatisfied, y!.satisfied)),
        dissatisfied: add(x!.dissatisfied, y!.dissatisfied),
      };
    case 'or_i':
      return {
        satisfied: add(most(x!.satisfied, y!.satisfied), branch),
        dissatisfied: add(most(x!.dissatisfied, y!.dissatisfied), branch),
      };
    case 'andor':
      return {
        satisfied: most(add(x!.satisfied, y!.satisfied), add(x!.dissatisfied, z!.satisfied)),
        dissatisfied: add(x!.dissatisfied, z!.dissatisfied),
      };
    case 'thresh': {
      let satisfied: (number | undefined)[] = [0];
      for (const sub of subs)
        satisfied = [...satisfied, undefined].map((value, i) =>
          most(add(value, sub.dissatisfied), i === 0 ? undefined : add(satisfied[i - 1], sub.satisfied)),
        );
      return { satisfied: satisfied[node.k], dissatisfied: satisfied[0] };
    }
    default:
      return leaf(node);
  }
}

const LOCKS_AND_TRUE = ['1', 'older', 'after'];

/** Witness items. */
function itemsOf<K>(node: Miniscript<K>): Cost {
  return measure<K>(
    node,
    ({ fragment, k, keys }) => {
      if (LOCKS_AND_TRUE.includes(fragment)) return { satisfied: 0, dissatisfied: undefined };
      if (fragment === '0') return { satisfied: undefined, dissatisfied: 0 };
      const items = { pk_k: 1, pk_h: 2, multi: k + 1, multi_a: keys.length }[fragment as string];
      return items === undefined
        ? { satisfied: 1, dissatisfied: undefined }
        : { satisfied: items, dissatisfied: items };
    },
    1,
  );
}

const STATIC_OPS: Readonly<Record<string, number>> = Object.freeze({
  pk_h: 3,
  older: 1,
  after: 1,
  sha256: 4,
  hash256: 4,
  ripemd160: 4,
  hash160: 4,
  multi: 1,
  a: 2,
  s: 1,
  c: 1,
  n: 1,
  d: 3,
  j: 4,
  and_b: 1,
  or_b: 1,
  or_d: 3,
  or_c: 2,
  or_i: 3,
  andor: 3,
});

/** Operations that count against the limit of 201 (before tapscript). */
function operationsOf<K>(node: Miniscript<K>): number | undefined {
  const count = (part: Miniscript<K>): number =>
    (part.fragment === 'v' ? (has(part.subs[0]!.type, 'x') ? 1 : 0) : (STATIC_OPS[part.fragment] ?? 0)) +
    (part.fragment === 'thresh' ? part.subs.length : 0) +
    part.subs.reduce((sum, sub) => sum + count(sub), 0);
  const executed = measure<K>(
    node,
    ({ fragment, keys }) => {
      if (LOCKS_AND_TRUE.includes(fragment) || fragment in HASH_OPCODES)
        return { satisfied: 0, dissatisfied: undefined };
      if (fragment === '0') return { satisfied: undefined, dissatisfied: 0 };
      const operations = fragment === 'multi' ? keys.length : 0;
      return { satisfied: operations, dissatisfied: operations };
    },
    0,
  );
  return add(executed.satisfied, count(node));
}

function scriptSize<K>(node: Miniscript<K>): number {
  const dummy = new Uint8Array(node.context === 'tapscript' ? 32 : 33);
  return miniscriptToScript(node, () => dummy).length;
}

const isValid = <K>(node: Miniscript<K>): boolean =>
  node.type !== '' && (node.context === 'tapscript' || scriptSize(node) <= MAX_STANDARD_P2WSH_SCRIPT);

function withinLimits<K>(node: Miniscript<K>): boolean {
  if (node.context === 'tapscript') return true;
  return (operationsOf(node) ?? 0) <= MAX_OPS && (itemsOf(node).satisfied ?? 0) <= MAX_STANDARD_P2WSH_ITEMS;
}

function hasDuplicates<K>(node: Miniscript<K>, identity: (key: K) => string): boolean {
  const keys = keysOf(node).map(identity);
  return new Set(keys).size !== keys.length;
}

function isSaneInside<K>(node: Miniscript<K>, identity: (key: K) => string): boolean {
  return isValid(node) && withinLimits(node) && has(node.type, 'mk') && !hasDuplicates(node, identity);
}

export function isSane<K>(node: Miniscript<K>, identity: (key: K) => string): boolean {
  return has(node.type, 'Bs') && isSaneInside(node, identity);
}

function findInsane<K>(node: Miniscript<K>, identity: (key: K) => string): Miniscript<K> | undefined {
  for (const sub of node.subs) {
    const found = findInsane(sub, identity);
    if (found !== undefined) return found;
  }
  return isSaneInside(node, identity) ? undefined : node;
}

/** Why this must not be used as a script, in Core's words; null if nothing speaks against it. */
export function complaint<K>(
  node: Miniscript<K>,
  text: (key: K) => string,
  identity: (key: K) => string,
): string | null {
  const sane = isSane(node, identity);
  if (sane && itemsOf(node).satisfied !== undefined) return null;
  const culprit = findInsane(node, identity) ?? node;
  const name = formatMiniscript(culprit, text);
  if (!isValid(culprit)) return `${name} is invalid`;
  if (sane) return `${name} is not satisfiable`;
  if (!has(culprit.type, 'm')) return `${name} is not sane: malleable witnesses exist`;
  if (culprit === node && !has(node.type, 's'))
    return `${name} is not sane: witnesses without signature exist`;
  if (!has(culprit.type, 'k'))
    return `${name} is not sane: contains mixes of timelocks expressed in blocks and seconds`;
  if (hasDuplicates(culprit, identity)) return `${name} is not sane: contains duplicate public keys`;
  if (!withinLimits(culprit)) return `${name} is not sane: needs witnesses that may exceed resource limits`;
  return `${name} is not sane`;
}
