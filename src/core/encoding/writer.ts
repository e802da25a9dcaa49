/** Writes Bitcoin's serialization into a buffer that grows. */

/** Where 64-bit numbers become bytes: a view on each writer's own buffer would cost more than all it writes. */
const eight = new Uint8Array(8);
const eightView = new DataView(eight.buffer);
/** Groups of seven bits, the last one at the end. */
const groups = new Uint8Array(10);
const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

export class Writer {
  #bytes: Uint8Array;
  #length = 0;

  /** @param memory to begin with: a size, or bytes to write into, which are left when they do not suffice */
  constructor(memory: number | Uint8Array = 256) {
    this.#bytes = typeof memory === 'number' ? new Uint8Array(memory) : memory;
  }

  get length(): number {
    return this.#length;
  }

  #grow(length: number): number {
    const start = this.#length;
    const needed = start + length;
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, start));
      this.#bytes = larger;
    }
    this.#length = needed;
    return start;
  }

  uint8(value: number): this {
    const at = this.#grow(1);
    this.#bytes[at] = value;
    return this;
  }

  uint16(value: number): this {
    const at = this.#grow(2);
    this.#bytes[at] = value;
    this.#bytes[at + 1] = value >>> 8;
    return this;
  }

  uint16BigEndian(value: number): this {
    const at = this.#grow(2);
    this.#bytes[at] = value >>> 8;
    this.#bytes[at + 1] = value;
    return this;
  }

  uint32(value: number): this {
    const at = this.#grow(4);
    this.#bytes[at] = value;
    this.#bytes[at + 1] = value >>> 8;
    this.#bytes[at + 2] = value >>> 16;
    this.#bytes[at + 3] = value >>> 24;
    return this;
  }

  /** The same bytes as uint32: two's complement. */
  int32(value: number): this {
    return this.uint32(value);
  }

  uint64(value: bigint): this {
    eightView.setBigUint64(0, value, true);
    return this.bytes(eight);
  }

  /** The same bytes as uint64: two's complement. */
  int64(value: bigint): this {
    return this.uint64(value);
  }

  bytes(value: Uint8Array): this {
    const at = this.#grow(value.length);
    this.#bytes.set(value, at);
    return this;
  }

  compactSize(value: number | bigint): this {
    if (value < 0xfd) return this.uint8(Number(value));
    if (value <= 0xffff) return this.uint8(0xfd).uint16(Number(value));
    if (value <= 0xffffffff) return this.uint8(0xfe).uint32(Number(value));
    return this.uint8(0xff).uint64(BigInt(value));
  }

  /** CompactSize length, then the bytes. */
  varBytes(value: Uint8Array): this {
    return this.compactSize(value.length).bytes(value);
  }

  /** Core's VARINT, used only on disk. */
  varInt(value: number | bigint): this {
    let at = groups.length;
    let more = 0;
    let wide = value;
    for (; typeof wide === 'bigint' && wide > MAX_SAFE; more = 0x80) {
      groups[--at] = Number(wide & 0x7fn) | more;
      wide = (wide >> 7n) - 1n;
    }
    // Nearly all are this small: no big integer is made for each group.
    let rest = Number(wide);
    for (; ; more = 0x80) {
      groups[--at] = (rest % 128) | more;
      if (rest < 128) break;
      rest = Math.floor(rest / 128) - 1;
    }
    while (at < groups.length) this.uint8(groups[at++]!);
    return this;
  }

  /** Begins again, if it can in the same memory: a `view()` of before is no longer what it was. */
  reset(): this {
    if (this.#length === this.#bytes.length) this.#bytes = new Uint8Array(this.#length);
    this.#length = 0;
    return this;
  }

  /** The bytes written so far, in the writer's own memory: for use at once. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** The bytes written so far, which later writing does not change. Not copied where they fill the capacity. */
  finish(): Uint8Array {
    return this.#length === this.#bytes.length ? this.#bytes : this.#bytes.slice(0, this.#length);
  }
}

/** Bytes a CompactSize takes. */
export function compactSizeLength(value: number): number {
  return value < 0xfd ? 1 : value <= 0xffff ? 3 : value <= 0xffffffff ? 5 : 9;
}
