/** Byte strings: hex, comparison, concatenation. Owns no format. */
import { DecodeError } from './errors.ts';

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

const NIBBLE = new Int8Array(128).fill(-1);
for (let digit = 0; digit < 16; digit++) {
  const text = digit.toString(16);
  NIBBLE[text.charCodeAt(0)] = digit;
  NIBBLE[text.toUpperCase().charCodeAt(0)] = digit;
}

export const EMPTY: Uint8Array = new Uint8Array(0);

/** A platform may bind a faster one once, as with the hashes. */
export interface HexCodec {
  /** Bytes to lower-case hex. */
  encode(bytes: Uint8Array): string;
  /** Null for an odd length or a character that is no hex digit. */
  decode(text: string): Uint8Array | null;
}

export const referenceHex: HexCodec = Object.freeze({
  encode(bytes: Uint8Array): string {
    let text = '';
    for (let i = 0; i < bytes.length; i++) text += HEX[bytes[i]!];
    return text;
  },

  decode(text: string): Uint8Array | null {
    if (text.length % 2 !== 0) return null;
    const bytes = new Uint8Array(text.length / 2);
    for (let i = 0; i < bytes.length; i++) {
      const high = NIBBLE[text.charCodeAt(2 * i)] ?? -1;
      const low = NIBBLE[text.charCodeAt(2 * i + 1)] ?? -1;
      if (high < 0 || low < 0) return null;
      bytes[i] = (high << 4) | low;
    }
    return bytes;
  },
});

let codec = referenceHex;

/** Replaces the implementation for this thread; the results must be the same. */
export function bindHex(other: HexCodec): void {
  codec = other;
}

/** Lower-case hex of the bytes in the order they are in. */
export function toHex(bytes: Uint8Array): string {
  return codec.encode(bytes);
}

/** @throws DecodeError if the text has an odd length or a character that is no hex digit. */
export function fromHex(text: string): Uint8Array {
  const bytes = codec.decode(text);
  if (bytes === null) throw new DecodeError('not hexadecimal');
  return bytes;
}

/** True for an even number of hex digits, at least two (Bitcoin Core's IsHex). */
export function isHex(text: string): boolean {
  return text.length > 0 && text.length % 2 === 0 && /^[0-9a-fA-F]*$/.test(text);
}

/** Hex in display order: the bytes reversed, as hashes are shown to people. */
export function toDisplayHex(bytes: Uint8Array): string {
  return codec.encode(new Uint8Array(bytes).reverse());
}

/** The same of hashes in one piece, 32 bytes each: all are reversed at once. */
export function displayHexEach(hashes: Uint8Array): string[] {
  const hex = toDisplayHex(hashes);
  return Array.from({ length: hex.length / 64 }, (_, i) =>
    hex.slice(hex.length - 64 * (i + 1), hex.length - 64 * i),
  );
}

/** Bytes in internal order of a hash written in display order. @throws DecodeError */
export function fromDisplayHex(text: string): Uint8Array {
  return fromHex(text).reverse();
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Lexicographic order: negative, zero or positive. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = a[i]! - b[i]!;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** The bytes as an unsigned little-endian number. */
export function bigintFromLittleEndian(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${toDisplayHex(bytes)}`);
}

/** `length` little-endian bytes of a number that fits. */
export function littleEndianFromBigint(value: bigint, length: number): Uint8Array {
  return fromDisplayHex(value.toString(16).padStart(2 * length, '0'));
}

/** UTF-8, by hand because `core` has no TextEncoder. */
export function utf8(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    const point = character.codePointAt(0)!;
    if (point < 0x80) bytes.push(point);
    else if (point < 0x800) bytes.push(0xc0 | (point >> 6), 0x80 | (point & 63));
    else if (point < 0x10000)
      bytes.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63));
    else {
      bytes.push(0xf0 | (point >> 18), 0x80 | ((point >> 12) & 63));
      bytes.push(0x80 | ((point >> 6) & 63), 0x80 | (point & 63));
    }
  }
  return Uint8Array.from(bytes);
}

/** Arguments that a call takes. */
const AT_ONCE = 8192;

/** Bytes as text, one character a byte. */
export function latin1(bytes: Uint8Array): string {
  if (bytes.length <= AT_ONCE) return String.fromCharCode.apply(null, bytes as unknown as number[]);
  let text = '';
  for (let at = 0; at < bytes.length; at += AT_ONCE) text += latin1(bytes.subarray(at, at + AT_ONCE));
  return text;
}

/** The bytes that `latin1` wrote. */
export function fromLatin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
