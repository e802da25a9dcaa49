/**
 * One map of a PSBT (BIP174): keys are a type and what follows it, values are bytes. A table of fields
 * tells how each type is checked, in what order it is written, and whether it may be.
 */
import { concatBytes, toHex } from '../../core/encoding/bytes.ts';
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

/** Of a whole PSBT, the ends of its maps among them: of as many inputs as a block can spend, each has some. */
const MOST_FIELDS = 100_000;

/** How many fields may still come: to check one of them takes time, and a text may hold millions. */
export class FieldBudget {
  #left = MOST_FIELDS;

  /** @throws PsbtError */
  take(): void {
    if (--this.#left < 0) throw new PsbtError(`more than ${MOST_FIELDS} fields`);
  }
}

export class PsbtMap {
  readonly #table: FieldTable;
  /** By type, and by the hex of what follows it: asking for one kind must not mean looking through all. */
  readonly #entries = new Map<number, Map<string, PsbtEntry>>();

  constructor(table: FieldTable) {
    this.#table = table;
  }

  /** @throws PsbtError, DecodeError */
  static read(reader: Reader, table: FieldTable, version: number, budget: FieldBudget): PsbtMap {
    const map = new PsbtMap(table);
    const seen = new Set<string>();
    for (;;) {
      budget.take();
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
      if (value !== null) map.set(type, value, keyData);
    }
  }

  clone(): PsbtMap {
    const copy = new PsbtMap(this.#table);
    for (const [type, entries] of this.#entries) copy.#entries.set(type, new Map(entries));
    return copy;
  }

  get(type: number): Uint8Array | undefined {
    return this.#entries.get(type)?.get('')?.value;
  }

  has(type: number): boolean {
    return this.#entries.has(type);
  }

  /** All entries of a type, in the order in which they are written. */
  list(type: number): PsbtEntry[] {
    const order = this.#table.fields.find((field) => field.type === type)?.order;
    const entries = [...(this.#entries.get(type) ?? [])];
    if (order === undefined) return inOrder(entries);
    return inOrder(entries.map(([, entry]) => [toHex(order(entry.keyData, entry.value)), entry]));
  }

  /** Entries of no type that the table has, by their whole key. */
  unknown(): { readonly key: Uint8Array; readonly value: Uint8Array }[] {
    const known = new Set(this.#table.fields.map(({ type }) => type));
    return inOrder(
      [...this.#entries]
        .flatMap(([type, entries]) => (known.has(type) ? [] : [...entries.values()]))
        .map((entry) => {
          const key = encodeKey(entry);
          return [toHex(key), { key, value: entry.value }];
        }),
    );
  }

  set(type: number, value: Uint8Array, keyData: Uint8Array = NO_DATA): void {
    const entries = this.#entries.get(type) ?? new Map<string, PsbtEntry>();
    this.#entries.set(type, entries.set(toHex(keyData), { type, keyData, value }));
  }

  delete(type: number): void {
    this.#entries.delete(type);
  }

  /** Takes what the other has and this has not (BIP174's combiner). */
  merge(other: PsbtMap, except: readonly number[] = []): void {
    for (const [type, entries] of other.#entries)
      for (const [id, { keyData, value }] of entries)
        if (!except.includes(type) && !this.#entries.get(type)?.has(id)) this.set(type, value, keyData);
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

/** By what they are named: hex goes as its bytes do. */
const inOrder = <T>(named: readonly (readonly [string, T])[]): T[] =>
  [...named].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, item]) => item);

const NO_DATA = new Uint8Array(0);

function encodeKey({ type, keyData }: { type: number; keyData: Uint8Array }): Uint8Array {
  return concatBytes(new Writer(9).compactSize(type).finish(), keyData);
}
