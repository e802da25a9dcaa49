/** Finds the smallest witness for a miniscript that nobody else can change into another valid one. */
import { EMPTY } from '../../core/encoding/bytes.ts';
import { compactSizeLength } from '../../core/encoding/writer.ts';
import type { Miniscript } from '../descriptors/miniscript.ts';
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

/** Null: impossible. */
interface Inputs {
  readonly satisfied: Input | null;
  readonly dissatisfied: Input | null;
}

const ONE = Uint8Array.of(1);
const ZEROS = new Uint8Array(32);

const push = (item: Uint8Array, signed = false, malleable = false): Input => ({
  items: [item],
  size: compactSizeLength(item.length) + item.length,
  signed,
  malleable,
});
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
  const { satisfied } = walk(node, satisfier);
  return satisfied === null || satisfied.malleable || !satisfied.signed ? null : satisfied.items;
}

function signatureOf(key: Uint8Array, satisfier: Satisfier): Input | null {
  const signature = satisfier.sign(key);
  return signature === null ? null : push(signature, true);
}

/** For each count of satisfied parts the best way; later parts lie higher in the stack. */
function countWays(parts: readonly Inputs[]): (Input | null)[] {
  let ways: (Input | null)[] = [NOTHING];
  for (const part of parts)
    ways = [...ways, null].map((way, count) => {
      const satisfied = count === 0 ? null : join(ways[count - 1]!, part.satisfied);
      return choose(join(way, part.dissatisfied), satisfied);
    });
  return ways;
}

// biome-ignore format: a table
function walk(node: Miniscript<Uint8Array>, satisfier: Satisfier): Inputs {
  const subs = node.subs.map((sub) => walk(sub, satisfier));
  const [x, y, z] = subs;
  const key = node.keys[0];
  switch (node.fragment) {
    case '0': return { satisfied: null, dissatisfied: NOTHING };
    case '1': return { satisfied: NOTHING, dissatisfied: null };
    case 'pk_k': return { satisfied: signatureOf(key!, satisfier), dissatisfied: push(EMPTY) };
    case 'pk_h':
      return {
        satisfied: join(signatureOf(key!, satisfier), push(key!)),
        dissatisfied: join(push(EMPTY), push(key!)),
      };
    case 'older': return { satisfied: satisfier.checkOlder(node.k) ? NOTHING : null, dissatisfied: null };
    case 'after': return { satisfied: satisfier.checkAfter(node.k) ? NOTHING : null, dissatisfied: null };
    case 'sha256': case 'hash256': case 'ripemd160': case 'hash160': {
      const preimage = satisfier.preimage(node.fragment, node.data);
      // Any other 32 bytes would do as well to fail: malleable.
      return { satisfied: preimage === null ? null : push(preimage), dissatisfied: push(ZEROS, false, true) };
    }
    case 'a': case 's': case 'c': case 'n': return x!;
    case 'd': return { satisfied: join(x!.satisfied, push(ONE)), dissatisfied: push(EMPTY) };
    case 'j': {
      // If x could fail with a nonzero top item and without a signature, the zero could be replaced by it.
      const replaceable = x!.dissatisfied !== null && !x!.dissatisfied.signed;
      return { satisfied: x!.satisfied, dissatisfied: push(EMPTY, false, replaceable) };
    }
    case 'v': return { satisfied: x!.satisfied, dissatisfied: null };
    case 'and_v': return { satisfied: join(y!.satisfied, x!.satisfied), dissatisfied: null };
    case 'and_b': {
      const neither = join(y!.dissatisfied, x!.dissatisfied);
      // Failing by one half alone is possible for who knows that half: worse than failing by both.
      const half = choose(join(y!.satisfied, x!.dissatisfied), join(y!.dissatisfied, x!.satisfied));
      return {
        satisfied: join(y!.satisfied, x!.satisfied),
        dissatisfied: choose(neither, half === null ? null : { ...half, malleable: true }),
      };
    }
    case 'or_b': {
      const both = join(y!.satisfied, x!.satisfied);
      const either = choose(join(y!.dissatisfied, x!.satisfied), join(y!.satisfied, x!.dissatisfied));
      return {
        satisfied: choose(either, both === null ? null : { ...both, malleable: true }),
        dissatisfied: join(y!.dissatisfied, x!.dissatisfied),
      };
    }
    case 'or_c': case 'or_d':
      return {
        satisfied: choose(x!.satisfied, join(y!.satisfied, x!.dissatisfied)),
        dissatisfied: node.fragment === 'or_c' ? null : join(y!.dissatisfied, x!.dissatisfied),
      };
    case 'or_i':
      return {
        satisfied: choose(join(x!.satisfied, push(ONE)), join(y!.satisfied, push(EMPTY))),
        dissatisfied: choose(join(x!.dissatisfied, push(ONE)), join(y!.dissatisfied, push(EMPTY))),
      };
    case 'andor':
      return {
        satisfied: choose(join(y!.satisfied, x!.satisfied), join(z!.satisfied, x!.dissatisfied)),
        dissatisfied: join(z!.dissatisfied, x!.dissatisfied),
      };
    case 'multi': {
      const parts = node.keys.map((one) => ({ satisfied: signatureOf(one, satisfier), dissatisfied: NOTHING }));
      const blanks = Array.from({ length: node.k + 1 }, () => push(EMPTY));
      // The first item is the one too many that CHECKMULTISIG takes off the stack.
      return { satisfied: join(push(EMPTY), countWays(parts)[node.k]!), dissatisfied: join(...blanks) };
    }
    case 'multi_a': {
      const parts = node.keys.map((one) => ({ satisfied: signatureOf(one, satisfier), dissatisfied: push(EMPTY) }));
      parts.reverse();
      return { satisfied: countWays(parts)[node.k]!, dissatisfied: join(...parts.map((part) => part.dissatisfied)) };
    }
    case 'thresh': {
      const ways = countWays(subs.reverse());
      // Failing with some but not enough parts is open to whoever knows them.
      const others = ways.map((way, count) =>
        count === 0 || count === node.k || way === null ? null : { ...way, malleable: true });
      return { satisfied: ways[node.k]!, dissatisfied: others.reduce(choose, ways[0]!) };
    }
  }
}
