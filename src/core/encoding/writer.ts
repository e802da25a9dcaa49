/** Writes Bitcoin's serialization into a buffer that grows. */
export class Writer {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
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
      this.#view = new DataView(larger.buffer);
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
    this.#view.setUint16(at, value, true);
    return this;
  }

  uint16BigEndian(value: number): this {
    const at = this.#grow(2);
    this.#view.setUint16(at, value, false);
    return this;
  }

  uint32(value: number): this {
    const at = this.#grow(4);
    this.#view.setUint32(at, value, true);
    return this;
  }

  int32(value: number): this {
    const at = this.#grow(4);
    this.#view.setInt32(at, value, true);
    return this;
  }

  uint64(value: bigint): this {
    const at = this.#grow(8);
    this.#view.setBigUint64(at, value, true);
    return this;
  }

  int64(value: bigint): this {
    const at = this.#grow(8);
    this.#view.setBigInt64(at, value, true);
    return this;
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
    let rest = BigInt(value);
    const groups: number[] = [Number(rest & 0x7fn)];
    while (rest > 0x7fn) {
      rest = (rest >> 7n) - 1n;
      groups.push(Number(rest & 0x7fn) | 0x80);
    }
    for (let i = groups.length - 1; i >= 0; i--) this.uint8(groups[i]!);
    return this;
  }

  /** The bytes written so far; a copy of its own. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }
}

/** Bytes a CompactSize takes. */
export function compactSizeLength(value: number): number {
  return value < 0xfd ? 1 : value <= 0xffff ? 3 : value <= 0xffffffff ? 5 : 9;
}
