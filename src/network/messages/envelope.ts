/** Bitcoin's v1 envelope: magic, command padded to 12 bytes, payload length, checksum. Owns no payload. */
import { equalBytes, latin1, toHex, utf8 } from '../../core/encoding/bytes.ts';
import { DecodeError } from '../../core/encoding/errors.ts';
import { hash256 } from '../../core/encoding/hashes.ts';
import { Reader } from '../../core/encoding/reader.ts';
import { ENVELOPE_HEADER_SIZE, MAXIMUM_PAYLOAD } from '../transport.ts';
import { Offence } from './codec.ts';

export const MAXIMUM_COMMAND = 12;

export interface Envelope {
  readonly command: string;
  readonly payload: Uint8Array;
}

/** @param magic 4 bytes in wire order */
export function encodeEnvelope(magic: Uint8Array, command: string, payload: Uint8Array): Uint8Array {
  // By hand, for the payload may be a block of four megabytes: it is copied once. Most are small, and V8's own memory.
  const envelope = new Uint8Array(ENVELOPE_HEADER_SIZE + payload.length);
  envelope.set(magic);
  envelope.set(utf8(command), 4);
  for (let i = 0; i < 4; i++) envelope[4 + MAXIMUM_COMMAND + i] = payload.length >>> (8 * i);
  envelope.set(hash256(payload).subarray(0, 4), ENVELOPE_HEADER_SIZE - 4);
  envelope.set(payload, ENVELOPE_HEADER_SIZE);
  return envelope;
}

/** @throws Offence on another network's magic or a wrong length; DecodeError on a command that is no text, or a wrong checksum. */
export function decodeEnvelope(magic: Uint8Array, bytes: Uint8Array): Envelope {
  const reader = new Reader(bytes);
  checkMagic(reader, magic);
  const name = reader.view(MAXIMUM_COMMAND);
  const length = reader.uint32();
  const checksum = reader.view(4);
  if (length !== reader.remaining) throw new Offence('Header error: Wrong message length');
  const payload = reader.view(length);
  const expected = hash256(payload).subarray(0, 4);
  const refuse = (why: string, detail = ''): never => {
    throw new DecodeError(`Header error: ${why} (${shown(name)}, ${length} bytes)${detail}`);
  };
  if (!equalBytes(checksum, expected))
    refuse('Wrong checksum', `, expected ${toHex(expected)} was ${toHex(checksum)}`);
  return { command: decodeCommand(name) ?? refuse('Invalid message type'), payload };
}

function checkMagic(reader: Reader, magic: Uint8Array): void {
  const seen = reader.view(4);
  if (!equalBytes(seen, magic)) throw new Offence(`Header error: Wrong MessageStart ${toHex(seen)} received`);
}

/** For the log. */
const shown = (command: Uint8Array): string => latin1(command).replace(/[^ -~]/g, '');

/** Printable ASCII, then only zeros. */
function decodeCommand(bytes: Uint8Array): string | undefined {
  const text = latin1(bytes);
  const end = text.indexOf('\0');
  const command = end < 0 ? text : text.slice(0, end);
  return /^[\x20-\x7e]+$/.test(command) && !/[^\0]/.test(text.slice(command.length)) ? command : undefined;
}

/**
 * Cuts whole envelopes out of a stream. Nothing is kept but what was received, and no more of that than
 * one message: a length over the limit, or a wrong magic, is an error as soon as its header is here. What
 * is kept lies in one buffer, so that a stream of single bytes costs no more than they are.
 */
export class EnvelopeSplitter {
  /** Largest envelope allowed, header included. */
  maximum: number;
  readonly #magic: Uint8Array;
  /** The beginning of an envelope that is not whole yet. */
  #kept = new Uint8Array(0);

  /** Bytes of memory that it takes. */
  get kept(): number {
    return this.#kept.length;
  }

  #length = 0;

  constructor(magic: Uint8Array, maximum: number) {
    this.#magic = magic;
    this.maximum = maximum;
  }

  /**
   * Hands over every envelope that is whole with this chunk, one by one: what it does with one may change
   * `maximum` for the next. @throws DecodeError
   */
  push(chunk: Uint8Array, onEnvelope: (envelope: Uint8Array) => void): void {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#length === 0 && rest.length >= ENVELOPE_HEADER_SIZE) {
        const size = this.#readSize(rest);
        if (rest.length >= size) {
          onEnvelope(rest.subarray(0, size));
          rest = rest.subarray(size);
          continue;
        }
      }
      rest = this.#keep(rest, ENVELOPE_HEADER_SIZE);
      if (this.#length < ENVELOPE_HEADER_SIZE) return;
      const size = this.#readSize(this.#kept);
      rest = this.#keep(rest, size);
      if (this.#length < size) return;
      const envelope = this.#kept.subarray(0, size);
      this.#kept = new Uint8Array(0);
      this.#length = 0;
      onEnvelope(envelope);
    }
  }

  /** Keeps bytes until there are `wanted`; returns those that are left. Room grows with what has come. */
  #keep(bytes: Uint8Array, wanted: number): Uint8Array {
    const taken = Math.min(bytes.length, Math.max(0, wanted - this.#length));
    const needed = this.#length + taken;
    if (needed > this.#kept.length) {
      const larger = new Uint8Array(Math.max(needed, Math.min(wanted, 2 * this.#kept.length)));
      larger.set(this.#kept.subarray(0, this.#length));
      this.#kept = larger;
    }
    this.#kept.set(bytes.subarray(0, taken), this.#length);
    this.#length = needed;
    return bytes.subarray(taken);
  }

  #readSize(bytes: Uint8Array): number {
    const reader = new Reader(bytes);
    checkMagic(reader, this.#magic);
    const command = shown(reader.view(MAXIMUM_COMMAND));
    const length = reader.uint32();
    if (length > MAXIMUM_PAYLOAD || ENVELOPE_HEADER_SIZE + length > this.maximum)
      throw new DecodeError(`Header error: Size too large (${command}, ${length} bytes)`);
    return ENVELOPE_HEADER_SIZE + length;
  }
}
