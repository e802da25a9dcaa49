/** Bitcoin's v1 envelope: magic, command padded to 12 bytes, payload length, checksum. Owns no payload. */
import { concatBytes, equalBytes, latin1, utf8 } from '../../core/encoding/bytes.ts';
import { DecodeError } from '../../core/encoding/errors.ts';
import { hash256 } from '../../core/encoding/hashes.ts';
import { Reader } from '../../core/encoding/reader.ts';
import { ENVELOPE_HEADER_SIZE, MAXIMUM_PAYLOAD } from '../transport.ts';

const COMMAND_SIZE = 12;

export interface Envelope {
  readonly command: string;
  readonly payload: Uint8Array;
}

/** @param magic 4 bytes in wire order */
export function encodeEnvelope(magic: Uint8Array, command: string, payload: Uint8Array): Uint8Array {
  // By hand, for the payload may be a block of four megabytes: it is copied once.
  const envelope = new Uint8Array(ENVELOPE_HEADER_SIZE + payload.length);
  envelope.set(magic);
  envelope.set(utf8(command), 4);
  new DataView(envelope.buffer).setUint32(4 + COMMAND_SIZE, payload.length, true);
  envelope.set(hash256(payload).subarray(0, 4), ENVELOPE_HEADER_SIZE - 4);
  envelope.set(payload, ENVELOPE_HEADER_SIZE);
  return envelope;
}

/** @throws DecodeError on another network's magic, a command that is no text, a wrong length or checksum. */
export function decodeEnvelope(magic: Uint8Array, bytes: Uint8Array): Envelope {
  const reader = new Reader(bytes);
  if (!equalBytes(reader.view(4), magic)) throw new DecodeError('wrong network magic');
  const command = decodeCommand(reader.view(COMMAND_SIZE));
  const length = reader.uint32();
  const checksum = reader.view(4);
  if (length !== reader.remaining) throw new DecodeError('wrong message length');
  const payload = reader.view(length);
  if (!equalBytes(checksum, hash256(payload).subarray(0, 4))) throw new DecodeError('wrong checksum');
  return { command, payload };
}

/** Printable ASCII, then only zeros. */
function decodeCommand(bytes: Uint8Array): string {
  const text = latin1(bytes);
  const end = text.indexOf('\0');
  const command = end < 0 ? text : text.slice(0, end);
  if (!/^[\x20-\x7e]+$/.test(command) || /[^\0]/.test(text.slice(command.length)))
    throw new DecodeError('malformed command');
  return command;
}

/**
 * Cuts whole envelopes out of a stream. Nothing is kept but what was received, and no more of that than
 * one message: a length over the limit, or a wrong magic, is an error as soon as its header is here.
 */
export class EnvelopeSplitter {
  /** Largest envelope allowed, header included. */
  maximum: number;
  readonly #magic: Uint8Array;
  #chunks: Uint8Array[] = [];
  #length = 0;
  /** Size of the envelope that begins the chunks; 0 until its header is here. */
  #needed = 0;

  constructor(magic: Uint8Array, maximum: number) {
    this.#magic = magic;
    this.maximum = maximum;
  }

  /**
   * Hands over every envelope that is whole with this chunk, one by one: what it does with one may change
   * `maximum` for the next. @throws DecodeError
   */
  push(chunk: Uint8Array, onEnvelope: (envelope: Uint8Array) => void): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    for (;;) {
      if (this.#needed === 0) {
        if (this.#length < ENVELOPE_HEADER_SIZE) return;
        this.#needed = this.#readSize();
      }
      if (this.#length < this.#needed) return;
      const joined = this.#join();
      const envelope = joined.subarray(0, this.#needed);
      const rest = joined.subarray(this.#needed);
      this.#chunks = rest.length === 0 ? [] : [rest];
      this.#length = rest.length;
      this.#needed = 0;
      onEnvelope(envelope);
    }
  }

  #join(): Uint8Array {
    return this.#chunks.length === 1 ? this.#chunks[0]! : concatBytes(...this.#chunks);
  }

  #readSize(): number {
    const joined = this.#join();
    this.#chunks = [joined];
    const reader = new Reader(joined);
    if (!equalBytes(reader.view(4), this.#magic)) throw new DecodeError('wrong network magic');
    reader.view(COMMAND_SIZE);
    const length = reader.uint32();
    if (length > MAXIMUM_PAYLOAD || ENVELOPE_HEADER_SIZE + length > this.maximum)
      throw new DecodeError('message too large');
    return ENVELOPE_HEADER_SIZE + length;
  }
}
