/** What a payload's encoder and decoder look like. */
import type { Reader } from '../../core/encoding/reader.ts';
import type { Writer } from '../../core/encoding/writer.ts';

export interface Codec<T> {
  /** @throws DecodeError */
  read(reader: Reader): T;
  write(writer: Writer, body: T): void;
}

/** The body of a message that has none. */
export type Nothing = Readonly<Record<never, never>>;

export const NOTHING: Nothing = Object.freeze({});

/** A message that says what it says by being sent. Bytes in it are not read, as Core does not. */
export const flag: Codec<Nothing> = {
  read(reader) {
    reader.view(reader.remaining);
    return NOTHING;
  },
  write: () => {},
};

/** Up to `limit` items of at least `minimumSize` bytes each. */
export function readList<T>(
  reader: Reader,
  minimumSize: number,
  limit: number,
  read: (reader: Reader) => T,
): T[] {
  const count = reader.count(minimumSize, limit);
  const items: T[] = [];
  for (let i = 0; i < count; i++) items.push(read(reader));
  return items;
}

export function writeList<T>(writer: Writer, items: readonly T[], write: (item: T) => void): void {
  writer.compactSize(items.length);
  for (const item of items) write(item);
}
