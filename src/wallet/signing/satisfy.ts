/** Finds the smallest witness for a miniscript that nobody else can change into another valid one. */
import { EMPTY } from '../../core/encoding/bytes.ts';
import { compactSizeLength } from '../../core/encoding/writer.ts';
import { type Miniscript, waysOf } from '../descriptors/miniscript.ts';
import type { HashKind } from './spend-data.ts';

export interface Satisfier {
  sign(key: Uint8Array): Uint8Array | null;
  preimage(kind: HashKind, hash: Uint8Array): Uint8Array | null;
  /** Is the transaction's lock time at least this (BIP65)? */
  checkAfter(lockTime: number): boolean;
  /** Is the input's sequence at least this (BIP112)? */
  checkOlder(sequence: number): boolean;
}

/** Items of a witness, bottom first, with what decides between alternatives. */
interface Input {
  readonly items: readonly Uint8Array[];
  readonly size: number;
  readonly signed: boolean;
  /** Someone else could replace it. */
  readonly malleable: boolean;
}

const ONE = Uint8Array.of(1);
const ZEROS = new Uint8Array(32);

const push = (item: Uint8Array, signed = false): Input => ({
  items: [item],
  size: compactSizeLength(item.length) + item.length,
  signed,
  malleable: false,
});
const pushed = (item: Uint8Array | null, signed = false): Input | null =>
  item === null ? null : push(item, signed);
const NOTHING: Input = { items: [], size: 0, signed: false, malleable: false };

/** Both; the first lies deeper in the stack. */
function join(...inputs: readonly (Input | null)[]): Input | null {
  return inputs.reduce<Input | null>(
    (a, b) =>
      a === null || b === null
        ? null
        : {
            items: [...a.items, ...b.items],
            size: a.size + b.size,
            signed: a.signed || b.signed,
            malleable: a.malleable || b.malleable,
          },
    NOTHING,
  );
}

/** The one that an attacker could always fall back to counts: what needs no signature cannot be hidden. */
function choose(a: Input | null, b: Input | null): Input | null {
  if (a === null || b === null) return a ?? b;
  if (a.signed !== b.signed) return a.signed ? b : a;
  if (!a.signed) {
    const smaller = a.size <= b.size ? a : b;
    return { ...smaller, malleable: true };
  }
  if (a.malleable !== b.malleable) return a.malleable ? b : a;
  return a.size <= b.size ? a : b;
}

/** @returns witness items below the script, or null if there is no such witness */
export function satisfy(node: Miniscript<Uint8Array>, satisfier: Satisfier): readonly Uint8Array[] | null {
  const { satisfied } = waysOf<Input, Uint8Array>(node, {
    nothing: NOTHING,
    zero: push(EMPTY),
    one: push(ONE),
    zeros: push(ZEROS),
    key: (key) => push(key),
    sign: (key) => pushed(satisfier.sign(key), true),
    preimage: (kind, hash) => pushed(satisfier.preimage(kind, hash)),
    older: (k) => satisfier.checkOlder(k),
    after: (k) => satisfier.checkAfter(k),
    executes: () => NOTHING,
    join,
    choose,
    malleable: (way) => (way === null ? null : { ...way, malleable: true }),
    isOpen: (way) => way !== null && !way.signed,
  });
  return satisfied === null || satisfied.malleable || !satisfied.signed ? null : satisfied.items;
}
