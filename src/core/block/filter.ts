/**
 * BIP158 basic filters: the scripts that a block pays to and spends from, as a Golomb-coded set that a
 * light client can ask without telling what it looks for.
 */
import { concatBytes, toHex } from '../encoding/bytes.ts';
import { DecodeError } from '../encoding/errors.ts';
import { hash256 } from '../encoding/hashes.ts';
import { Reader } from '../encoding/reader.ts';
import { siphash24 } from '../encoding/siphash.ts';
import { Writer } from '../encoding/writer.ts';
import type { TxOut } from '../transaction/transaction.ts';
import type { Block } from './block.ts';

/** Bits of the remainder of a Golomb-Rice code. */
const P = 19;
/** One false positive in this many. */
const M = 784_931;
const OP_RETURN = 0x6a;

/** The scripts of a basic filter, each once: those spent, and those paid to but OP_RETURN. */
function filterElements(block: Block, spent: Iterable<TxOut>): Uint8Array[] {
  const elements = new Map<string, Uint8Array>();
  const take = (script: Uint8Array): void => {
    if (script.length > 0) elements.set(toHex(script), script);
  };
  for (const tx of block.transactions)
    for (const { scriptPubKey } of tx.outputs) if (scriptPubKey[0] !== OP_RETURN) take(scriptPubKey);
  for (const { scriptPubKey } of spent) take(scriptPubKey);
  return [...elements.values()];
}

/** The elements as sorted numbers below `count * M` (so below 2^45), spread evenly; the block's hash is the key. */
function hashElements(elements: readonly Uint8Array[], count: number, blockHash: Uint8Array): number[] {
  const reader = new Reader(blockHash);
  const [k0, k1] = [reader.uint64(), reader.uint64()];
  const range = BigInt(count * M);
  return elements.map((element) => Number((siphash24(k0, k1, element) * range) >> 64n)).sort((a, b) => a - b);
}

class BitWriter {
  readonly #writer: Writer;
  #byte = 0;
  #used = 0;

  constructor(writer: Writer) {
    this.#writer = writer;
  }

  bit(bit: number): void {
    // Bits of bytes before are still there, further up than is written.
    this.#byte = (this.#byte << 1) | bit;
    if (++this.#used < 8) return;
    this.#writer.uint8(this.#byte);
    this.#used = 0;
  }

  /** Fills the last byte with zeros. */
  finish(): void {
    while (this.#used !== 0) this.bit(0);
  }
}

/**
 * The filter with its count of elements in front, as `cfilter` carries it.
 * @param spent the outputs that the block's inputs spend, in any order.
 */
export function basicFilter(block: Block, spent: Iterable<TxOut>): Uint8Array {
  const elements = filterElements(block, spent);
  const writer = new Writer();
  writer.compactSize(elements.length);
  const bits = new BitWriter(writer);
  let previous = 0;
  for (const number of hashElements(elements, elements.length, block.header.hashBytes)) {
    const difference = number - previous;
    previous = number;
    for (let quotient = Math.floor(difference / 2 ** P); quotient > 0; quotient--) bits.bit(1);
    bits.bit(0);
    // The remainder is in the low 32 bits, which is all that shifts see.
    for (let i = P - 1; i >= 0; i--) bits.bit((difference >> i) & 1);
  }
  bits.finish();
  return writer.finish();
}

/** Chains a filter to the one before; both in internal order. The first one follows 32 zero bytes. */
export function filterHeader(filter: Uint8Array, previous: Uint8Array): Uint8Array {
  return hash256(concatBytes(hash256(filter), previous));
}

/** The numbers that a filter holds, in order. @throws DecodeError */
function* filterNumbers(reader: Reader, count: number): Generator<number> {
  let byte = 0;
  let left = 0;
  const bit = (): number => {
    if (left === 0) {
      byte = reader.uint8();
      left = 8;
    }
    return (byte >> --left) & 1;
  };
  let number = 0;
  for (let i = 0; i < count; i++) {
    let quotient = 0;
    while (bit() === 1) quotient++;
    let remainder = 0;
    for (let j = 0; j < P; j++) remainder = (remainder << 1) | bit();
    number += quotient * 2 ** P + remainder;
    yield number;
  }
}

/**
 * May the block pay to, or spend from, one of these scripts?
 * @param blockHash internal order.
 * @throws DecodeError if the filter is cut short.
 */
export function matchesFilter(
  filter: Uint8Array,
  blockHash: Uint8Array,
  scripts: readonly Uint8Array[],
): boolean {
  const reader = new Reader(filter);
  // Every element takes a bit for its quotient and P for its remainder.
  const count = reader.compactSize();
  if (count * (P + 1) > 8 * reader.remaining) throw new DecodeError('end of data');
  if (count === 0 || scripts.length === 0) return false;
  const wanted = hashElements(scripts, count, blockHash);
  let at = 0;
  for (const number of filterNumbers(reader, count)) {
    while (at < wanted.length && wanted[at]! < number) at++;
    if (wanted[at] === number) return true;
    if (at === wanted.length) return false;
  }
  return false;
}
