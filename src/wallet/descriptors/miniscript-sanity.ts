/** Whether a miniscript may be used: size, operations and witness items within limits, and no surprises. */
import { MAX_OPS_PER_SCRIPT } from '../../core/script/machine.ts';
import { OP } from '../../core/script/opcodes.ts';
import { ScriptCursor } from '../../core/script/script.ts';
import {
  MAX_STANDARD_P2WSH_SCRIPT_SIZE,
  MAX_STANDARD_P2WSH_STACK_ITEMS,
} from '../../core/script/standard.ts';
import type { Witnesses } from './fragments.ts';
import { formatMiniscript, keysOf, type Miniscript, miniscriptToScript, waysOf } from './miniscript.ts';
import { has } from './miniscript-type.ts';

/** Counts what the greatest witness needs: its items, or the operations that it has executed. */
const counting = (item: number, operation: number): Witnesses<number, unknown> => ({
  nothing: 0,
  zero: item,
  one: item,
  zeros: item,
  key: () => item,
  sign: () => item,
  preimage: () => item,
  older: () => true,
  after: () => true,
  executes: (operations) => operations * operation,
  join: (...parts) => (parts.includes(null) ? null : parts.reduce<number>((sum, part) => sum + part!, 0)),
  choose: (a, b) => (a === null || b === null ? (a ?? b) : Math.max(a, b)),
  // Nobody should use it.
  malleable: () => null,
  isOpen: () => false,
});
const ITEMS = counting(1, 0);
const EXECUTED = counting(0, 1);

/** Operations that count against the limit of 201 (before tapscript). */
function operationsOf<K>(node: Miniscript<K>): number {
  const executed = waysOf(node, EXECUTED).satisfied;
  if (executed === null) return 0;
  const cursor = new ScriptCursor(withDummies(node));
  let count = executed;
  while (cursor.next()) if (cursor.opcode > OP.OP_16) count++;
  return count;
}

const withDummies = <K>(node: Miniscript<K>): Uint8Array =>
  miniscriptToScript(node, () => new Uint8Array(node.context === 'tapscript' ? 32 : 33));

const isValid = <K>(node: Miniscript<K>): boolean =>
  node.type !== '' &&
  (node.context === 'tapscript' || withDummies(node).length <= MAX_STANDARD_P2WSH_SCRIPT_SIZE);

const withinLimits = <K>(node: Miniscript<K>): boolean =>
  node.context === 'tapscript' ||
  (operationsOf(node) <= MAX_OPS_PER_SCRIPT &&
    (waysOf(node, ITEMS).satisfied ?? 0) <= MAX_STANDARD_P2WSH_STACK_ITEMS);

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
  if (sane && waysOf(node, ITEMS).satisfied !== null) return null;
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
