/**
 * Miniscript: spending conditions as a tree that becomes a script. Owns the tree, its text and its script.
 * https://bitcoin.sipa.be/miniscript/ ; BIP379
 */
import { concatBytes, EMPTY, toHex } from '../../core/encoding/bytes.ts';
import { hash160 } from '../../core/encoding/hashes.ts';
import { OP } from '../../core/script/opcodes.ts';
import { pushData, pushNumber } from '../../core/script/script.ts';
import { SEQUENCE_MASK, SEQUENCE_TIME } from '../../core/transaction/transaction.ts';
import { computeType, normalizeType } from './miniscript-type.ts';

/** A script of consensus size needs far less; a hostile one must not exhaust the stack. */
export const MAX_NESTING = 400;

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
interface MiniscriptParts<K> {
  readonly subs?: readonly Miniscript<K>[];
  readonly keys?: readonly K[];
  readonly k?: number;
  readonly data?: Uint8Array;
}

export function miniscript<K>(
  fragment: Fragment,
  context: MiniscriptContext,
  parts: MiniscriptParts<K> = {},
): Miniscript<K> {
  const { subs = [], keys = [], k = 0, data = EMPTY } = parts;
  const types = subs.map((sub) => sub.type);
  return {
    fragment,
    context,
    subs,
    keys,
    k,
    data,
    type: normalizeType(computeType(fragment, context, k, types)),
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

export const HASH_OPCODES = {
  sha256: OP.SHA256,
  hash256: OP.HASH256,
  ripemd160: OP.RIPEMD160,
  hash160: OP.HASH160,
};
const of = (...opcodes: number[]): Uint8Array => Uint8Array.from(opcodes);

/** The script; `keyBytes` gives 33 bytes, or 32 in tapscript. */
// biome-ignore format: a table
export function miniscriptToScript<K>(node: Miniscript<K>, keyBytes: (key: K) => Uint8Array): Uint8Array {
  const [x = EMPTY, y = EMPTY, z = EMPTY] = node.subs.map((sub) => miniscriptToScript(sub, keyBytes));
  const keys = node.keys.map(keyBytes);
  const { fragment, k } = node;
  switch (fragment) {
    case '0': return of(OP.OP_0);
    case '1': return of(OP.OP_1);
    case 'pk_k': return pushData(keys[0]!);
    case 'pk_h': return concatBytes(of(OP.DUP, OP.HASH160), pushData(hash160(keys[0]!)), of(OP.EQUALVERIFY));
    case 'older': return concatBytes(pushNumber(k), of(OP.CHECKSEQUENCEVERIFY));
    case 'after': return concatBytes(pushNumber(k), of(OP.CHECKLOCKTIMEVERIFY));
    case 'sha256': case 'hash256': case 'ripemd160': case 'hash160':
      return concatBytes(of(OP.SIZE, 1, 32, OP.EQUALVERIFY, HASH_OPCODES[fragment]), pushData(node.data), of(OP.EQUAL));
    case 'a': return concatBytes(of(OP.TOALTSTACK), x, of(OP.FROMALTSTACK));
    case 's': return concatBytes(of(OP.SWAP), x);
    case 'c': return concatBytes(x, of(OP.CHECKSIG));
    case 'd': return concatBytes(of(OP.DUP, OP.IF), x, of(OP.ENDIF));
    case 'v':
      // EQUAL, CHECKSIG, CHECKMULTISIG and NUMEQUAL are followed by their VERIFY forms.
      return node.subs[0]!.type.includes('x')
        ? concatBytes(x, of(OP.VERIFY)) : concatBytes(x.subarray(0, -1), of(x.at(-1)! + 1));
    case 'j': return concatBytes(of(OP.SIZE, OP.OP_0NOTEQUAL, OP.IF), x, of(OP.ENDIF));
    case 'n': return concatBytes(x, of(OP.OP_0NOTEQUAL));
    case 'and_v': return concatBytes(x, y);
    case 'and_b': return concatBytes(x, y, of(OP.BOOLAND));
    case 'or_b': return concatBytes(x, y, of(OP.BOOLOR));
    case 'or_c': return concatBytes(x, of(OP.NOTIF), y, of(OP.ENDIF));
    case 'or_d': return concatBytes(x, of(OP.IFDUP, OP.NOTIF), y, of(OP.ENDIF));
    case 'or_i': return concatBytes(of(OP.IF), x, of(OP.ELSE), y, of(OP.ENDIF));
    case 'andor': return concatBytes(x, of(OP.NOTIF), z, of(OP.ELSE), y, of(OP.ENDIF));
    case 'multi':
      return concatBytes(pushNumber(k), ...keys.map(pushData), pushNumber(keys.length), of(OP.CHECKMULTISIG));
    case 'multi_a': {
      const checks = keys.map((key, i) => concatBytes(pushData(key), of(i === 0 ? OP.CHECKSIG : OP.CHECKSIGADD)));
      return concatBytes(...checks, pushNumber(k), of(OP.NUMEQUAL));
    }
    case 'thresh': {
      const parts = node.subs.map((sub) => miniscriptToScript(sub, keyBytes));
      const added = parts.map((part, i) => (i === 0 ? part : concatBytes(part, of(OP.ADD))));
      return concatBytes(...added, pushNumber(k), of(OP.EQUAL));
    }
  }
}

/** BIP68 looks at 16 bits of a relative lock: more than they hold is a shorter lock. */
export function lockWarnings({ fragment, k, subs }: Miniscript<unknown>): string[] {
  const warnings = subs.flatMap(lockWarnings);
  const byTime = (k & SEQUENCE_TIME) !== 0;
  if (fragment !== 'older' || (k & ~SEQUENCE_TIME) <= SEQUENCE_MASK) return warnings;
  return byTime
    ? [`time-based relative locktime: older(${k}) > (65535 * 512) seconds is unsafe`, ...warnings]
    : [`height-based relative locktime: older(${k}) > 65535 blocks is unsafe`, ...warnings];
}
