/**
 * The files of a LevelDB folder, as its doc/impl, log_format and table_format describe them, read so that nothing is
 * believed whose checksum is wrong. Knows nothing of what is stored, nor which files belong together.
 */
import type { KeySpan } from '../../../chain/key-value-store.ts';
import { compareBytes, equalBytes } from '../../../core/encoding/bytes.ts';
import { crc32c } from '../../../core/encoding/crc32c.ts';

/** What is wrong, beginning with the file's name. */
export class LevelDamage extends Error {
  override readonly name = 'LevelDamage';
}

/** Of a log, and of a manifest, which is one: checksum, length, kind. */
const RECORD_HEADER = 7;
const LOG_BLOCK = 32_768;
const [FULL, FIRST, MIDDLE, LAST] = [1, 2, 3, 4];
/** Of a table: kind and checksum behind a block, two handles and a magic number behind all. */
const TRAILER = 5;
const FOOTER = 48;
const MAGIC = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb];
/** Sequence number and count, before the operations of a write. */
const WRITE_HEADER = 12;
/** Of an operation in a write; and behind a key in a table, in the first of 8 bytes. */
const DELETION = 0;
const KEY_TAIL = 8;

/** Checksums are stored so, for their own bytes are covered by others. */
const masked = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
const uint32 = (bytes: Uint8Array, at: number): number =>
  new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);
const uint64 = (bytes: Uint8Array, at: number): number => uint32(bytes, at) + 2 ** 32 * uint32(bytes, at + 4);

class Cursor {
  readonly #file: string;
  readonly #bytes: Uint8Array;
  at = 0;

  constructor(file: string, bytes: Uint8Array, at = 0) {
    this.#file = file;
    this.#bytes = bytes;
    this.at = at;
  }

  get atEnd(): boolean {
    return this.at >= this.#bytes.length;
  }

  varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#bytes[this.at++];
      if (byte === undefined || factor > 2 ** 56) throw new LevelDamage(`${this.#file} cannot be read`);
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  }

  text(): Uint8Array {
    const length = this.varint();
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }
}

/** Ends where a write was cut short: a crash leaves that. @throws LevelDamage */
function* records(file: string, bytes: Uint8Array): Generator<Uint8Array> {
  const damaged = (at: number, what: string) => new LevelDamage(`${file}: the record at ${at} ${what}`);
  let parts: Uint8Array[] | undefined;
  for (let at = 0; ; ) {
    const room = LOG_BLOCK - (at % LOG_BLOCK);
    if (room < RECORD_HEADER) {
      at += room;
      continue;
    }
    if (at + RECORD_HEADER > bytes.length) return;
    const start = at;
    const end = at + RECORD_HEADER + (bytes[at + 4]! | (bytes[at + 5]! << 8));
    const kind = bytes[at + 6]!;
    if (kind === 0 && bytes.subarray(at).every((byte) => byte === 0)) return;
    if (end > bytes.length) return;
    if (end > at + room || masked(crc32c(bytes.subarray(at + 6, end))) !== uint32(bytes, at))
      throw damaged(start, 'has a wrong checksum');
    const part = bytes.subarray(at + RECORD_HEADER, end);
    at = end;
    if ((kind === FULL || kind === FIRST) !== (parts === undefined)) throw damaged(start, 'is out of place');
    if (kind === FULL) yield part;
    else if (kind === FIRST) parts = [part];
    else if (kind === MIDDLE || kind === LAST) parts!.push(part);
    else throw damaged(start, `is of unknown kind ${kind}`);
    if (kind === LAST) {
      yield Buffer.concat(parts!);
      parts = undefined;
    }
  }
}

export interface Manifest {
  /** Logs from here on count, and perhaps one of before. */
  logNumber: number;
  formerLog: number;
  /** Of the last write that it knows of. */
  sequence: number;
  /** By number. */
  readonly tables: Map<number, TableEntry>;
}

/** Keys as they are stored: a number and a kind of 8 bytes follow each. */
export interface TableEntry {
  readonly size: number;
  readonly first: Uint8Array;
  readonly last: Uint8Array;
}

export function readManifest(file: string, bytes: Uint8Array): Manifest {
  const manifest: Manifest = { logNumber: 0, formerLog: 0, sequence: 0, tables: new Map() };
  let edits = 0;
  for (const record of records(file, bytes)) {
    const cursor = new Cursor(file, record);
    for (edits++; !cursor.atEnd; ) {
      const tag = cursor.varint();
      if (tag === 1)
        cursor.text(); // comparator
      else if (tag === 2) manifest.logNumber = cursor.varint();
      else if (tag === 3)
        cursor.varint(); // next file
      else if (tag === 4) manifest.sequence = cursor.varint();
      else if (tag === 5) {
        cursor.varint(); // level and key where a compaction stopped
        cursor.text();
      } else if (tag === 6) {
        cursor.varint();
        manifest.tables.delete(cursor.varint());
      } else if (tag === 7) {
        cursor.varint();
        const number = cursor.varint();
        const size = cursor.varint();
        manifest.tables.set(number, { size, first: cursor.text(), last: cursor.text() });
      } else if (tag === 9) manifest.formerLog = cursor.varint();
      else throw new LevelDamage(`${file} has an unknown tag ${tag}`);
    }
  }
  if (edits === 0) throw new LevelDamage(`${file} is empty`);
  return manifest;
}

/** One write of a log. */
interface LoggedWrite {
  /** Number of its first operation. */
  readonly first: number;
  readonly count: number;
}

/** @param deleted is told of each key that was deleted @throws LevelDamage */
export function* readLog(
  file: string,
  bytes: Uint8Array,
  deleted?: (key: Uint8Array) => void,
): Generator<LoggedWrite> {
  for (const record of records(file, bytes)) {
    if (record.length < WRITE_HEADER) throw new LevelDamage(`${file} has a record that is too short`);
    yield { first: uint64(record, 0), count: uint32(record, 8) };
    if (deleted === undefined) continue;
    for (const cursor = new Cursor(file, record, WRITE_HEADER); !cursor.atEnd; ) {
      const kind = cursor.varint();
      const key = cursor.text();
      if (kind === DELETION) deleted(key);
      else cursor.text();
    }
  }
}

const userKey = (key: Uint8Array): Uint8Array => key.subarray(0, -KEY_TAIL);

/** May something between these keys, as they are stored, be in the span? */
function overlaps(first: Uint8Array | undefined, last: Uint8Array, [from, to]: KeySpan): boolean {
  const isBehind = first !== undefined && compareBytes(userKey(first), to) > 0;
  return !isBehind && compareBytes(userKey(last), from) >= 0;
}

/** The spans of those given that may have something in the table. */
export const spansIn = ({ first, last }: TableEntry, spans: readonly KeySpan[]): KeySpan[] =>
  spans.filter((span) => overlaps(first, last, span));

interface Handle {
  readonly offset: number;
  readonly size: number;
}

function readHandle(cursor: Cursor): Handle {
  return { offset: cursor.varint(), size: cursor.varint() };
}

/** A file, read in pieces or held as a whole. */
interface TableSource {
  readonly size: number;
  /** As many bytes, or fewer where the file ends. */
  read(offset: number, size: number): Uint8Array;
}

export interface TableChecks {
  /** Looks only at what the answers for these rest on: the blocks that may have something of them, indexes and filters. */
  readonly spans?: readonly KeySpan[];
  /** Is told of each key that was deleted. Good until the next. */
  readonly deleted?: ((key: Uint8Array) => void) | undefined;
  /** The first key and the last, as they are stored: another table may be as long. */
  readonly ends?: readonly [first: Uint8Array, last: Uint8Array];
}

/** @throws LevelDamage unless every byte is covered by a checksum that is right, or known. */
export function checkTable(
  file: string,
  table: TableSource,
  { spans, deleted, ends }: TableChecks = {},
): void {
  const end = table.size - FOOTER;
  const footer = table.read(Math.max(0, end), FOOTER);
  const cursor = new Cursor(file, footer);
  const [meta, index] = [readHandle(cursor), readHandle(cursor)];
  const known = [...new Uint8Array(Math.max(0, FOOTER - KEY_TAIL - cursor.at)), ...MAGIC];
  if (end < 0 || known.some((byte, i) => footer[cursor.at + i] !== byte))
    throw new LevelDamage(`${file} has a damaged footer`);

  /** With the byte that says how it is compressed. */
  const block = ({ offset, size }: Handle): Uint8Array => {
    const isInside = offset + size + TRAILER <= end;
    const bytes = isInside ? table.read(offset, size + TRAILER) : undefined;
    if (
      bytes?.length !== size + TRAILER ||
      masked(crc32c(bytes.subarray(0, size + 1))) !== uint32(bytes, size + 1)
    )
      throw new LevelDamage(`${file}: the block at ${offset} has a wrong checksum`);
    return bytes.subarray(0, size + 1);
  };
  const handlesIn = (handle: Handle): (Handle & { readonly key: Uint8Array })[] => {
    const found: (Handle & { readonly key: Uint8Array })[] = [];
    readBlock(file, block(handle), (key, cursor) => {
      found.push({ ...readHandle(cursor), key: key.slice() });
    });
    return found;
  };
  const data = handlesIn(index);
  const filters = handlesIn(meta);
  // Nothing can be said of an index that an older version compressed, but that all is looked at then.
  const wanted = (i: number): boolean =>
    spans?.some((span) => overlaps(data[i - 1]?.key, data[i]!.key, span)) ?? true;
  let first: Uint8Array | undefined;
  let last: Uint8Array | undefined;
  let at = 0;
  for (const [i, handle] of [...data, ...filters].entries()) {
    if (handle.offset !== at) throw new LevelDamage(`${file} has a gap at ${at}`);
    at = handle.offset + handle.size + TRAILER;
    const isData = i < data.length;
    if (isData && !wanted(i)) continue;
    const content = block(handle);
    if (isData && (deleted !== undefined || i === 0 || i === data.length - 1))
      readBlock(file, content, (key) => {
        first ??= key.slice();
        last = key;
        if (key[key.length - KEY_TAIL] === DELETION) deleted?.(userKey(key));
      });
  }
  const isOther = (key: Uint8Array | undefined, end: Uint8Array): boolean =>
    key !== undefined && !equalBytes(key, end);
  if (ends !== undefined && (isOther(first, ends[0]) || isOther(last, ends[1])))
    throw new LevelDamage(`${file} is another table`);
  const behind = index.offset + index.size + TRAILER;
  if ((data.length + filters.length > 0 && at !== meta.offset) || behind !== end)
    throw new LevelDamage(`${file} has a gap before its end`);
}

/** Keys share their beginnings with those before. Of a block that an older version compressed, nothing. */
function readBlock(file: string, content: Uint8Array, visit: (key: Uint8Array, value: Cursor) => void): void {
  const size = content.length - 1;
  if (content[size] !== 0) return;
  const entries = new Cursor(file, content.subarray(0, size - 4 - 4 * uint32(content, size - 4)));
  let key = new Uint8Array(256);
  while (!entries.atEnd) {
    const [shared, rest, value] = [entries.varint(), entries.varint(), entries.varint()];
    const length = shared + rest;
    if (length > key.length) {
      const longer = new Uint8Array(2 * length);
      longer.set(key);
      key = longer;
    }
    key.set(content.subarray(entries.at, entries.at + rest), shared);
    entries.at += rest;
    const next = entries.at + value;
    visit(key.subarray(0, length), entries);
    entries.at = next;
  }
}
