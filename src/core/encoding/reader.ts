/** Reads Bitcoin's serialization from bytes. Owns bounds: nothing is allocated before it is there to read. */
import { DecodeError } from './errors.ts';

/** Core's MAX_SIZE: no CompactSize that announces a length or count may exceed it. */
export const MAX_SIZE = 0x02000000;

export class Reader {
  readonly bytes: Uint8Array;
  position: number;
  readonly end: number;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
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
    return this.#view.getUint16(this.#take(2), true);
  }

  uint16BigEndian(): number {
    return this.#view.getUint16(this.#take(2), false);
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  int32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  uint64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  int64(): bigint {
    return this.#view.getBigInt64(this.#take(8), true);
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
    return this.view(this.compactSize(limit));
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
