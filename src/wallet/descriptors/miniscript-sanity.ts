/** Whether a miniscript may be used: size, operations and witness items within limits, and no surprises. */
import { MAX_OPS_PER_SCRIPT } from '../../core/script/machine.ts';
import {
  MAX_STANDARD_P2WSH_SCRIPT_SIZE,
  MAX_STANDARD_P2WSH_STACK_ITEMS,
} from '../../core/script/standard.ts';
import { formatMiniscript, HASH_OPCODES, keysOf, type Miniscript, miniscriptToScript } from './miniscript.ts';
import { has } from './miniscript-type.ts';

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
  node.type !== '' && (node.context === 'tapscript' || scriptSize(node) <= MAX_STANDARD_P2WSH_SCRIPT_SIZE);

function withinLimits<K>(node: Miniscript<K>): boolean {
  if (node.context === 'tapscript') return true;
  return (
    (operationsOf(node) ?? 0) <= MAX_OPS_PER_SCRIPT &&
    (itemsOf(node).satisfied ?? 0) <= MAX_STANDARD_P2WSH_STACK_ITEMS
  );
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
