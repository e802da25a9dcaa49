/** What a payload's encoder and decoder look like. */
import { DecodeError } from '../../core/encoding/errors.ts';
import type { Reader } from '../../core/encoding/reader.ts';
import type { Writer } from '../../core/encoding/writer.ts';

/** Nobody sends this by mistake: it costs the connection. What else cannot be decoded is ignored, as in Core. */
export class Offence extends DecodeError {
  override readonly name = 'DecodeError';
}

export interface Codec<T> {
  /** @throws DecodeError */
  read(reader: Reader): T;
  write(writer: Writer, body: T): void;
}

/** The body of a message that has none. */
export type Nothing = Readonly<Record<never, never>>;

const NOTHING: Nothing = Object.freeze({});

/** A message that says what it says by being sent. Bytes in it are not read, as Core does not. */
export const flag: Codec<Nothing> = {
  read(reader) {
    reader.view(reader.remaining);
    return NOTHING;
  },
  write: () => {},
};

/** The number of items of at least `minimumSize` bytes each that follow. @throws Offence if it is above `limit` */
export function readCount(reader: Reader, minimumSize: number, limit: number): number {
  const count = reader.compactSize();
  if (count > limit) throw new Offence(`message size = ${count}`);
  if (count * minimumSize > reader.remaining) throw new DecodeError('end of data');
  return count;
}

/** Up to `limit` items of at least `minimumSize` bytes each. */
export function readList<T>(
  reader: Reader,
  minimumSize: number,
  limit: number,
  read: (reader: Reader) => T,
): T[] {
  const count = readCount(reader, minimumSize, limit);
  const items: T[] = [];
  for (let i = 0; i < count; i++) items.push(read(reader));
  return items;
}

export function writeList<T>(writer: Writer, items: readonly T[], write: (item: T) => void): void {
  writer.compactSize(items.length);
  for (const item of items) write(item);
}
