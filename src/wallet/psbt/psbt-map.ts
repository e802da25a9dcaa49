/**
 * One map of a PSBT (BIP174): keys are a type and what follows it, values are bytes. A table of fields
 * tells how each type is checked, in what order it is written, and whether it may be.
 */
import { compareBytes, concatBytes, toHex } from '../../core/encoding/bytes.ts';
import { Reader } from '../../core/encoding/reader.ts';
import { Writer } from '../../core/encoding/writer.ts';

/** Bytes that are no PSBT. The message is Bitcoin Core's. */
export class PsbtError extends Error {
  override readonly name = 'PsbtError';
}

export interface Field {
  readonly type: number;
  /** As Core's messages call it. */
  readonly name: string;
  /** Bytes of the key with its type, or a check of its own. @throws PsbtError */
  readonly key: number | ((key: Uint8Array) => void);
  /** The value as it is kept; null drops the field. @throws PsbtError */
  readonly value?: (value: Uint8Array, keyData: Uint8Array) => Uint8Array | null;
  /** The value as it is written, where that is not how it is kept. */
  readonly written?: (value: Uint8Array) => Uint8Array;
  /** Message if it stands in a version 0 PSBT: it belongs to version 2 (BIP370) only. */
  readonly sinceVersion2?: string;
  /** Not written once the input is final. */
  readonly untilFinal?: boolean;
  /** By what entries of the type are sorted, if not by their key. */
  readonly order?: (keyData: Uint8Array, value: Uint8Array) => Uint8Array;
}

export interface FieldTable {
  /** `input`, as in Core's messages. */
  readonly what: string;
  readonly fields: readonly Field[];
  readonly separatorMessage: string;
}

interface PsbtEntry {
  readonly type: number;
  readonly keyData: Uint8Array;
  readonly value: Uint8Array;
}

export const PROPRIETARY = 0xfc;

export class PsbtMap {
  readonly #table: FieldTable;
  /** By key in hex. */
  readonly #entries = new Map<string, PsbtEntry>();

  constructor(table: FieldTable) {
    this.#table = table;
  }

  /** @throws PsbtError, DecodeError */
  static read(reader: Reader, table: FieldTable, version: number): PsbtMap {
    const map = new PsbtMap(table);
    const seen = new Set<string>();
    for (;;) {
      if (reader.remaining === 0) throw new PsbtError(table.separatorMessage);
      const key = reader.varBytes();
      if (key.length === 0) return map;
      const id = toHex(key);
      if (seen.has(id)) throw new PsbtError(`Duplicate Key, ${table.what} key "${id}" already provided`);
      seen.add(id);
      const keyReader = new Reader(key);
      const type = Number(keyReader.compactNumber());
      const keyData = key.subarray(keyReader.position);
      const field = table.fields.find((one) => one.type === type);
      if (typeof field?.key === 'number' && key.length !== field.key)
        throw new PsbtError(`Size of key was not ${field.key} for the type ${field.name}`);
      if (typeof field?.key === 'function') field.key(key);
      if (version < 2 && field?.sinceVersion2 !== undefined) throw new PsbtError(field.sinceVersion2);
      const received = reader.varBytes();
      const value = field?.value === undefined ? received : field.value(received, keyData);
      if (value !== null) map.#entries.set(id, { type, keyData, value });
    }
  }

  clone(): PsbtMap {
    const copy = new PsbtMap(this.#table);
    for (const [id, entry] of this.#entries) copy.#entries.set(id, entry);
    return copy;
  }

  get(type: number): Uint8Array | undefined {
    return this.#entries.get(keyId(type))?.value;
  }

  has(type: number): boolean {
    return this.list(type).length > 0;
  }

  /** All entries of a type, in the order in which they are written. */
  list(type: number): PsbtEntry[] {
    const order = this.#table.fields.find((field) => field.type === type)?.order ?? ((keyData) => keyData);
    return [...this.#entries.values()]
      .filter((entry) => entry.type === type)
      .sort((a, b) => compareBytes(order(a.keyData, a.value), order(b.keyData, b.value)));
  }

  /** Entries of no type that the table has, by their whole key. */
  unknown(): { readonly key: Uint8Array; readonly value: Uint8Array }[] {
    return [...this.#entries.values()]
      .filter((entry) => !this.#table.fields.some((field) => field.type === entry.type))
      .map((entry) => ({ key: encodeKey(entry), value: entry.value }))
      .sort((a, b) => compareBytes(a.key, b.key));
  }

  set(type: number, value: Uint8Array, keyData: Uint8Array = NO_DATA): void {
    this.#entries.set(keyId(type, keyData), { type, keyData, value });
  }

  delete(type: number): void {
    for (const [id, entry] of this.#entries) if (entry.type === type) this.#entries.delete(id);
  }

  /** Takes what the other has and this has not (BIP174's combiner). */
  merge(other: PsbtMap, except: readonly number[] = []): void {
    for (const [id, entry] of other.#entries)
      if (!this.#entries.has(id) && !except.includes(entry.type)) this.#entries.set(id, entry);
  }

  write(writer: Writer, version: number, isFinal: boolean): void {
    for (const field of this.#table.fields) {
      if ((version < 2 && field.sinceVersion2 !== undefined) || (isFinal && field.untilFinal)) continue;
      for (const entry of this.list(field.type))
        writer.varBytes(encodeKey(entry)).varBytes(field.written?.(entry.value) ?? entry.value);
    }
    for (const { key, value } of this.unknown()) writer.varBytes(key).varBytes(value);
    writer.uint8(0);
  }
}

const NO_DATA = new Uint8Array(0);

function encodeKey({ type, keyData }: { type: number; keyData: Uint8Array }): Uint8Array {
  return concatBytes(new Writer(9).compactSize(type).finish(), keyData);
}

const keyId = (type: number, keyData: Uint8Array = NO_DATA): string => toHex(encodeKey({ type, keyData }));
