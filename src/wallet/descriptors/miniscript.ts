/** Miniscript: spending conditions as a tree that becomes a script. Owns the tree, its text and its script. */
import { concatBytes, EMPTY, toHex } from '../../core/encoding/bytes.ts';
import { hash160 } from '../../core/encoding/hashes.ts';
import { OP } from '../../core/script/opcodes.ts';
import { pushData, pushNumber } from '../../core/script/script.ts';
import { SEQUENCE_MASK, SEQUENCE_TIME } from '../../core/transaction/transaction.ts';
import {
  FRAGMENTS,
  type Fragment,
  type Leaves,
  type MiniscriptContext,
  type Part,
  type Ways,
  type Witnesses,
} from './fragments.ts';
import { has, keep, mixesTimeLocks, normalizeType, when } from './miniscript-type.ts';

/** A script of consensus size needs far less; a hostile one must not exhaust the stack. */
export const MAX_NESTING = 400;

/** `K` is what stands for a key: an expression in a descriptor, bytes in a script. */
export interface Miniscript<K> extends Leaves<K> {
  readonly fragment: Fragment;
  readonly context: MiniscriptContext;
  readonly subs: readonly Miniscript<K>[];
  /** Letters of the type system; empty if the fragment's arguments do not fit. */
  readonly type: string;
}

export const WRAPPERS = 'ascdvjn';

export function miniscript<K>(
  fragment: Fragment,
  context: MiniscriptContext,
  parts: Partial<Leaves<K>> & { readonly subs?: readonly Miniscript<K>[] } = {},
): Miniscript<K> {
  const { subs = [], keys = [], k = 0, data = EMPTY } = parts;
  const all = subs.map((sub) => sub.type);
  return { fragment, context, subs, keys, k, data, type: typeOf(fragment, context, k, all) };
}

function typeOf(fragment: Fragment, context: MiniscriptContext, k: number, all: readonly string[]): string {
  if (all.includes('')) return '';
  const [x = '', y = '', z = ''] = all;
  const [either, both] = [x + y, keep(x, y)];
  const locks = keep(all.join(''), 'ghij');
  const jointLock = when(has(both, 'k') && !mixesTimeLocks(x, y), 'k');
  const oneOf = when(has(either, 'z'), keep(either, 'o'));
  const types = { x, y, z, all, either, both, locks, jointLock, oneOf, k, context };
  return normalizeType(FRAGMENTS[fragment].type(types));
}

/** All keys, in the order of the text. */
export function keysOf<K>(node: Miniscript<K>): K[] {
  return [...node.keys, ...node.subs.flatMap((sub) => keysOf(sub))];
}

export function mapKeys<K, L>(node: Miniscript<K>, map: (key: K) => L): Miniscript<L> {
  return { ...node, keys: node.keys.map(map), subs: node.subs.map((sub) => mapKeys(sub, map)) };
}

/** What its witnesses are, as `make` puts them together. */
export function waysOf<T, K>(node: Miniscript<K>, make: Witnesses<T, K>): Ways<T> {
  return FRAGMENTS[node.fragment].ways(make, node, ...node.subs.map((sub) => waysOf(sub, make)));
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

const opcode = (...opcodes: number[]): Uint8Array => Uint8Array.from(opcodes);
/** Behind each but the first. */
const between = (parts: readonly Uint8Array[], first: Uint8Array, others: Uint8Array): Uint8Array =>
  concatBytes(...parts.flatMap((part, i) => [part, i === 0 ? first : others]));

/** The script; `keyBytes` gives 33 bytes, or 32 in tapscript. */
export function miniscriptToScript<K>(node: Miniscript<K>, keyBytes: (key: K) => Uint8Array): Uint8Array {
  const subs = node.subs.map((sub) => miniscriptToScript(sub, keyBytes));
  const keys = node.keys.map(keyBytes);
  const write = (part: Part): Uint8Array => {
    switch (part) {
      case 'x':
        return subs[0]!;
      case 'y':
      case 'w':
        return subs[1]!;
      case 'z':
        return subs[2]!;
      case 'k':
        return pushNumber(node.k);
      case 'size':
        return pushNumber(32);
      case 'key':
        return pushData(keys[0]!);
      case 'keyhash':
        return pushData(hash160(keys[0]!));
      case 'hash':
        return pushData(node.data);
      case 'keys':
        return concatBytes(...keys.map(pushData));
      case 'count':
        return pushNumber(keys.length);
      case 'checks':
        return between(keys.map(pushData), opcode(OP.CHECKSIG), opcode(OP.CHECKSIGADD));
      case 'sum':
        return between(subs, EMPTY, opcode(OP.ADD));
      default:
        return opcode(part);
    }
  };
  // An opcode that has a VERIFY form, which is the next one, takes it.
  if (node.fragment === 'v' && !has(node.subs[0]!.type, 'x'))
    return concatBytes(subs[0]!.subarray(0, -1), opcode(subs[0]!.at(-1)! + 1));
  return concatBytes(...FRAGMENTS[node.fragment].script.map(write));
}

/** BIP68 looks at 16 bits of a relative lock: more than they hold is a shorter lock. */
export function lockWarnings({ fragment, k, subs }: Miniscript<unknown>): string[] {
  const warnings = subs.flatMap(lockWarnings);
  if (fragment !== 'older' || (k & ~SEQUENCE_TIME) <= SEQUENCE_MASK) return warnings;
  const [kind, most] =
    (k & SEQUENCE_TIME) === 0 ? ['height', '65535 blocks'] : ['time', '(65535 * 512) seconds'];
  return [`${kind}-based relative locktime: older(${k}) > ${most} is unsafe`, ...warnings];
}
