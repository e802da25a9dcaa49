/** Messages by which two peers agree on what they speak: version and what follows it, ping and pong. */
import { latin1, utf8 } from '../../core/encoding/bytes.ts';
import { type Codec, Offence } from './codec.ts';

/** BIP14: how long a user agent may be. */
const MAXIMUM_USER_AGENT = 256;

/** An address as version messages have it: no time, 16 bytes (IPv4 mapped into IPv6). */
export interface VersionAddress {
  readonly services: bigint;
  /** 16 bytes. */
  readonly ip: Uint8Array;
  readonly port: number;
}

export interface Version {
  readonly version: number;
  readonly services: bigint;
  /** Seconds since the epoch. */
  readonly time: bigint;
  readonly receiver: VersionAddress;
  readonly sender: VersionAddress;
  /** Random; tells a node that it dialled itself. */
  readonly nonce: bigint;
  readonly userAgent: string;
  readonly startHeight: number;
  /** BIP37: whether transactions are wanted. */
  readonly relay: boolean;
}

export const version: Codec<Version> = {
  read(reader) {
    const head = { version: reader.int32(), services: reader.uint64(), time: reader.int64() };
    const address = (): VersionAddress => ({
      services: reader.uint64(),
      ip: reader.view(16),
      port: reader.uint16BigEndian(),
    });
    const body = {
      ...head,
      receiver: address(),
      sender: address(),
      nonce: reader.uint64(),
      userAgent: latin1(reader.varBytes(MAXIMUM_USER_AGENT)),
      startHeight: reader.int32(),
      relay: reader.remaining > 0 ? reader.uint8() !== 0 : true,
    };
    // Later versions may append fields.
    reader.view(reader.remaining);
    return body;
  },
  write(writer, body) {
    writer.int32(body.version).uint64(body.services).int64(body.time);
    for (const address of [body.receiver, body.sender])
      writer.uint64(address.services).bytes(address.ip).uint16BigEndian(address.port);
    writer.uint64(body.nonce).varBytes(utf8(body.userAgent)).int32(body.startHeight);
    writer.uint8(body.relay ? 1 : 0);
  },
};

/** BIP31: before it a ping had no nonce; such a ping wants no pong. */
export const ping: Codec<{ readonly nonce: bigint | undefined }> = {
  read: (reader) => ({ nonce: reader.remaining >= 8 ? reader.uint64() : undefined }),
  write(writer, body) {
    if (body.nonce !== undefined) writer.uint64(body.nonce);
  },
};

/** BIP133, in satoshi per 1,000 vbytes. */
export const feefilter: Codec<{ readonly feeRate: bigint }> = {
  read: (reader) => ({ feeRate: reader.int64() }),
  write(writer, body) {
    writer.int64(body.feeRate);
  },
};

/** BIP152 */
export const sendcmpct: Codec<{ readonly announce: boolean; readonly version: bigint }> = {
  read(reader) {
    const announce = reader.uint8();
    if (announce > 1) throw new Offence('invalid sendcmpct announce field');
    return { announce: announce === 1, version: reader.uint64() };
  },
  write(writer, body) {
    writer.uint8(body.announce ? 1 : 0).uint64(body.version);
  },
};

/** BIP330: offered by some peers; we do not reconcile. */
export const sendtxrcncl: Codec<{ readonly version: number; readonly salt: bigint }> = {
  read: (reader) => ({ version: reader.uint32(), salt: reader.uint64() }),
  write(writer, body) {
    writer.uint32(body.version).uint64(body.salt);
  },
};

/** Bloom filters (BIP37) are not served; whoever sends one is told so by the end of the connection. */
export const filterload: Codec<{
  readonly data: Uint8Array;
  readonly hashFunctions: number;
  readonly tweak: number;
  readonly flags: number;
}> = {
  read: (reader) => ({
    data: reader.varBytes(),
    hashFunctions: reader.uint32(),
    tweak: reader.uint32(),
    flags: reader.uint8(),
  }),
  write(writer, body) {
    writer.varBytes(body.data).uint32(body.hashFunctions).uint32(body.tweak).uint8(body.flags);
  },
};

export const filteradd: Codec<{ readonly data: Uint8Array }> = {
  read: (reader) => ({ data: reader.varBytes() }),
  write(writer, body) {
    writer.varBytes(body.data);
  },
};
