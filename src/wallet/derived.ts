/** How keys and scripts that were derived are kept, so as not to derive them again: some indexes in each record. */
import { Reader } from '../core/encoding/reader.ts';
import { Writer } from '../core/encoding/writer.ts';

/** What one index of a descriptor stands for. */
export interface Derived {
  /** Public keys, in the order of the descriptor's key expressions. */
  readonly keys: readonly Uint8Array[];
  /** Several for combo(). */
  readonly scripts: readonly Uint8Array[];
}

/** Indexes in a record: few enough to be written again for each that is new. */
export const INDEXES_IN_RECORD = 64;

export function encodeDerived(indexes: readonly Derived[]): Uint8Array {
  const writer = new Writer(4096).compactSize(indexes.length);
  for (const { keys, scripts } of indexes)
    for (const list of [keys, scripts]) {
      writer.compactSize(list.length);
      for (const item of list) writer.varBytes(item);
    }
  return writer.finish();
}

/** @throws DecodeError */
export function decodeDerived(bytes: Uint8Array): Derived[] {
  const reader = new Reader(bytes);
  const list = (): Uint8Array[] => Array.from({ length: reader.count(1) }, () => reader.varBytes());
  const indexes = Array.from({ length: reader.count(2) }, () => ({ keys: list(), scripts: list() }));
  reader.finish();
  return indexes;
}
