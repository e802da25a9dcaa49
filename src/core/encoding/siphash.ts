/**
 * SipHash-2-4, a keyed 64-bit hash: short ids of compact blocks (BIP152), filters (BIP158), and tables
 * that strangers must not be able to unbalance. In 32-bit halves, because `bigint` is far too slow for it.
 */

/** Adds b to a; each is two words of the state, high and low. */
function add(state: Int32Array, a: number, b: number): void {
  const low = (state[a + 1]! >>> 0) + (state[b + 1]! >>> 0);
  state[a] = state[a]! + state[b]! + (low > 0xffffffff ? 1 : 0);
  state[a + 1] = low;
}

/** Rotates a left by less than 32 bits, and xors b into it. */
function rotateAndXor(state: Int32Array, a: number, bits: number, b: number): void {
  const high = state[a]!;
  const low = state[a + 1]!;
  state[a] = ((high << bits) | (low >>> (32 - bits))) ^ state[b]!;
  state[a + 1] = ((low << bits) | (high >>> (32 - bits))) ^ state[b + 1]!;
}

/** Rotates a by 32 bits. */
function swap(state: Int32Array, a: number): void {
  const high = state[a]!;
  state[a] = state[a + 1]!;
  state[a + 1] = high;
}

const V0 = 0;
const V1 = 2;
const V2 = 4;
const V3 = 6;

function rounds(state: Int32Array, count: number): void {
  for (let i = 0; i < count; i++) {
    add(state, V0, V1);
    rotateAndXor(state, V1, 13, V0);
    swap(state, V0);
    add(state, V2, V3);
    rotateAndXor(state, V3, 16, V2);
    add(state, V0, V3);
    rotateAndXor(state, V3, 21, V0);
    add(state, V2, V1);
    rotateAndXor(state, V1, 17, V2);
    swap(state, V2);
  }
}

function absorb(state: Int32Array, high: number, low: number): void {
  state[V3] = state[V3]! ^ high;
  state[V3 + 1] = state[V3 + 1]! ^ low;
  rounds(state, 2);
  state[V0] = state[V0]! ^ high;
  state[V0 + 1] = state[V0 + 1]! ^ low;
}

const high = (value: bigint): number => Number(value >> 32n);
const low = (value: bigint): number => Number(value & 0xffffffffn);

/** @param k0 @param k1 the key, two 64-bit numbers. */
export function siphash24(k0: bigint, k1: bigint, data: Uint8Array): bigint {
  const [k0High, k0Low, k1High, k1Low] = [high(k0), low(k0), high(k1), low(k1)];
  // "somepseudorandomlygeneratedbytes"
  const state = Int32Array.of(
    k0High ^ 0x736f6d65,
    k0Low ^ 0x70736575,
    k1High ^ 0x646f7261,
    k1Low ^ 0x6e646f6d,
    k0High ^ 0x6c796765,
    k0Low ^ 0x6e657261,
    k1High ^ 0x74656462,
    k1Low ^ 0x79746573,
  );
  const word = (at: number): number =>
    data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24);
  const whole = data.length & ~7;
  for (let at = 0; at < whole; at += 8) absorb(state, word(at + 4), word(at));
  // The last word: what is left, and the length (modulo 256) in its highest byte. Bytes beyond the end are 0.
  absorb(state, (word(whole + 4) & 0x00ffffff) | (data.length << 24), word(whole));

  state[V2 + 1] = state[V2 + 1]! ^ 0xff;
  rounds(state, 4);
  const resultHigh = state[V0]! ^ state[V1]! ^ state[V2]! ^ state[V3]!;
  const resultLow = state[V0 + 1]! ^ state[V1 + 1]! ^ state[V2 + 1]! ^ state[V3 + 1]!;
  return (BigInt(resultHigh >>> 0) << 32n) | BigInt(resultLow >>> 0);
}
