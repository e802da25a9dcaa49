/** White paper sections 3 and 4: the 80-byte block header. Owns form only. */
import { toDisplayHex } from '../encoding/bytes.ts';
import { hash256 } from '../encoding/hashes.ts';
import { Reader } from '../encoding/reader.ts';
import { Writer } from '../encoding/writer.ts';

/** Block hash in display order (64 lower-case hex digits). */
export type BlockHash = string & { readonly __brand: 'BlockHash' };

export interface HeaderFields {
  /** int32 */
  readonly version: number;
  /** 32 bytes, internal order. */
  readonly prevHash: Uint8Array;
  /** 32 bytes, internal order. */
  readonly merkleRoot: Uint8Array;
  /** uint32, seconds since the epoch. */
  readonly time: number;
  /** uint32, the target in compact form. */
  readonly bits: number;
  /** uint32 */
  readonly nonce: number;
}

export const HEADER_SIZE = 80;

/** Immutable; the hash is computed on first use and kept. */
export class BlockHeader implements HeaderFields {
  readonly version: number;
  readonly prevHash: Uint8Array;
  readonly merkleRoot: Uint8Array;
  readonly time: number;
  readonly bits: number;
  readonly nonce: number;
  /** 80 bytes. */
  readonly bytes: Uint8Array;
  #hashBytes: Uint8Array | undefined;
  #hash: BlockHash | undefined;

  private constructor(fields: HeaderFields, bytes: Uint8Array) {
    this.version = fields.version;
    this.prevHash = fields.prevHash;
    this.merkleRoot = fields.merkleRoot;
    this.time = fields.time;
    this.bits = fields.bits;
    this.nonce = fields.nonce;
    this.bytes = bytes;
  }

  static from(fields: HeaderFields): BlockHeader {
    const writer = new Writer(HEADER_SIZE);
    writer.int32(fields.version).bytes(fields.prevHash).bytes(fields.merkleRoot);
    writer.uint32(fields.time).uint32(fields.bits).uint32(fields.nonce);
    return new BlockHeader(fields, writer.finish());
  }

  /** @throws DecodeError */
  static read(reader: Reader): BlockHeader {
    const start = reader.position;
    const fields = {
      version: reader.int32(),
      prevHash: reader.view(32),
      merkleRoot: reader.view(32),
      time: reader.uint32(),
      bits: reader.uint32(),
      nonce: reader.uint32(),
    };
    return new BlockHeader(fields, reader.bytes.subarray(start, reader.position));
  }

  /** @throws DecodeError unless given exactly 80 bytes. */
  static decode(bytes: Uint8Array): BlockHeader {
    const reader = new Reader(bytes);
    const header = BlockHeader.read(reader);
    reader.finish();
    return header;
  }

  /** 32 bytes, internal order. */
  get hashBytes(): Uint8Array {
    this.#hashBytes ??= hash256(this.bytes);
    return this.#hashBytes;
  }

  get hash(): BlockHash {
    this.#hash ??= toDisplayHex(this.hashBytes) as BlockHash;
    return this.#hash;
  }

  get prev(): BlockHash {
    return toDisplayHex(this.prevHash) as BlockHash;
  }
}
