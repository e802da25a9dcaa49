/** Reads Bitcoin's serialization from bytes. Owns bounds: nothing is allocated before it is there to read. */
import { EMPTY } from './bytes.ts';
import { DecodeError } from './errors.ts';

/** Core's MAX_SIZE: no CompactSize that announces a length or count may exceed it. */
export const MAX_SIZE = 0x02000000;

/** Upper halves of the integers that a number holds exactly are below. */
const SAFE_HIGH = 2 ** 21;

export class Reader {
  readonly bytes: Uint8Array;
  position: number;
  readonly end: number;

  /** Cheap: it has no DataView, which would cost more than a short reading. */
  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
  }

  get remaining(): number {
    return this.end - this.position;
  }

  #take(length: number): number {
    const start = this.position;
    if (length > this.end - start) throw new DecodeError('end of data');
    this.position = start + length;
    return start;
  }

  uint8(): number {
    return this.bytes[this.#take(1)]!;
  }

  uint16(): number {
    const at = this.#take(2);
    return this.bytes[at]! | (this.bytes[at + 1]! << 8);
  }

  uint16BigEndian(): number {
    const at = this.#take(2);
    return (this.bytes[at]! << 8) | this.bytes[at + 1]!;
  }

  uint32(): number {
    return this.int32() >>> 0;
  }

  int32(): number {
    const at = this.#take(4);
    const { bytes } = this;
    return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
  }

  uint64(): bigint {
    const low = this.uint32();
    const high = this.uint32();
    // Every amount of money fits: one big integer is made instead of three.
    if (high < SAFE_HIGH) return BigInt(high * 0x100000000 + low);
    return (BigInt(high) << 32n) | BigInt(low);
  }

  int64(): bigint {
    return BigInt.asIntN(64, this.uint64());
  }

  /** A view of the next bytes, not a copy. */
  view(length: number): Uint8Array {
    const start = this.#take(length);
    return this.bytes.subarray(start, start + length);
  }

  skip(length: number): void {
    this.#take(length);
  }

  /** CompactSize in its only canonical form, at most `limit`. @throws DecodeError */
  compactSize(limit = MAX_SIZE): number {
    const first = this.uint8();
    let value = first;
    if (first === 0xfd) {
      value = this.uint16();
      if (value < 0xfd) throw new DecodeError('non-canonical CompactSize');
    } else if (first === 0xfe) {
      value = this.uint32();
      if (value < 0x10000) throw new DecodeError('non-canonical CompactSize');
    } else if (first === 0xff) {
      const wide = this.uint64();
      if (wide < 0x100000000n) throw new DecodeError('non-canonical CompactSize');
      throw new DecodeError('CompactSize too large');
    }
    if (value > limit) throw new DecodeError('CompactSize too large');
    return value;
  }

  /**
   * A CompactSize used as a plain 64-bit number (service bits in addrv2, for one), not as a length.
   */
  compactNumber(): bigint {
    const first = this.bytes[this.position];
    if (first !== 0xff) return BigInt(this.compactSize(0xffffffff));
    this.position++;
    const wide = this.uint64();
    if (wide < 0x100000000n) throw new DecodeError('non-canonical CompactSize');
    return wide;
  }

  /**
   * A count of items that take at least `minimumSize` bytes each, so that a hostile count cannot make
   * us allocate more than was received.
   */
  count(minimumSize: number, limit = MAX_SIZE): number {
    const count = this.compactSize(limit);
    if (count * minimumSize > this.remaining) throw new DecodeError('end of data');
    return count;
  }

  /** CompactSize length, then that many bytes (a view). */
  varBytes(limit = MAX_SIZE): Uint8Array {
    const length = this.compactSize(limit);
    // Most scriptSigs are empty.
    return length === 0 ? EMPTY : this.view(length);
  }

  /** Core's VARINT, used only on disk: base 128, most significant first, one added after each continued group. */
  varInt(): bigint {
    let value = 0n;
    for (;;) {
      const byte = this.uint8();
      if (value > 0xffffffffffffffffn >> 7n) throw new DecodeError('VARINT too large');
      value = (value << 7n) | BigInt(byte & 0x7f);
      if ((byte & 0x80) === 0) return value;
      // One too many for 64 bits is found with the next group.
      value++;
    }
  }

  /** @throws DecodeError if bytes are left over. */
  finish(): void {
    if (this.position !== this.end) throw new DecodeError('unexpected data after the end');
  }
}
