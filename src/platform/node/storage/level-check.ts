/**
 * Is a LevelDB folder whole? LevelDB checks no block and passes over what it cannot read, so that a store with a
 * flipped bit opens without a word and lacks what stood there. Here every file that counts is read before, as
 * LevelDB's doc/impl, log_format and table_format describe them: each record and block against its checksum, each
 * table by its size, the writes in the logs by their numbers. Knows nothing of what is stored.
 *
 * What it cannot see is an end that is missing altogether, which looks like a crash: see `level-seal.ts`.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compareBytes } from '../../../core/encoding/bytes.ts';
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

/** Checksums are stored so, for their own bytes are covered by others. */
const masked = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
const uint32 = (bytes: Uint8Array, at: number): number =>
  new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);
const uint64 = (bytes: Uint8Array, at: number): number => uint32(bytes, at) + 2 ** 32 * uint32(bytes, at + 4);

class Cursor {
  readonly #file: string;
  readonly #bytes: Uint8Array;
  at = 0;

  constructor(file: string, bytes: Uint8Array) {
    this.#file = file;
    this.#bytes = bytes;
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

interface Manifest {
  /** Logs from here on count, and perhaps one of before. */
  logNumber: number;
  formerLog: number;
  /** Of the last write that it knows of. */
  sequence: number;
  /** By number. */
  readonly tables: Map<number, TableEntry>;
}

/** Keys as they are stored: a number and a kind of 8 bytes follow each. */
interface TableEntry {
  readonly size: number;
  readonly first: Uint8Array;
  readonly last: Uint8Array;
}

function mayHave({ first, last }: TableEntry, key: Uint8Array): boolean {
  return compareBytes(key, first.subarray(0, -8)) >= 0 && compareBytes(key, last.subarray(0, -8)) <= 0;
}

function readManifest(file: string, bytes: Uint8Array): Manifest {
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

interface Handle {
  readonly offset: number;
  readonly size: number;
}

function readHandle(cursor: Cursor): Handle {
  return { offset: cursor.varint(), size: cursor.varint() };
}

/** @throws LevelDamage unless every byte is covered by a checksum that is right, or known. */
function checkTable(file: string, bytes: Uint8Array): void {
  const end = bytes.length - FOOTER;
  const footer = bytes.subarray(Math.max(0, end));
  const cursor = new Cursor(file, footer);
  const [meta, index] = [readHandle(cursor), readHandle(cursor)];
  const known = [...new Uint8Array(Math.max(0, FOOTER - 8 - cursor.at)), ...MAGIC];
  if (end < 0 || known.some((byte, i) => footer[cursor.at + i] !== byte))
    throw new LevelDamage(`${file} has a damaged footer`);

  const block = ({ offset, size }: Handle): Uint8Array => {
    const content = bytes.subarray(offset, offset + size + 1);
    if (offset + size + TRAILER > end || masked(crc32c(content)) !== uint32(bytes, offset + size + 1))
      throw new LevelDamage(`${file}: the block at ${offset} has a wrong checksum`);
    return content;
  };
  const handles = ({ offset, size }: Handle): Handle[] => {
    const content = block({ offset, size });
    // Nothing is compressed here; a table that is could be of an older version's making.
    if (content[size] !== 0) return [];
    const entries = new Cursor(file, content.subarray(0, size - 4 - 4 * uint32(content, size - 4)));
    const found: Handle[] = [];
    while (!entries.atEnd) {
      entries.varint();
      const [key] = [entries.varint(), entries.varint()];
      entries.at += key;
      found.push(readHandle(entries));
    }
    return found;
  };
  const inner = [...handles(index), ...handles(meta)];
  let at = 0;
  for (const handle of inner) {
    block(handle);
    if (handle.offset !== at) throw new LevelDamage(`${file} has a gap at ${at}`);
    at = handle.offset + handle.size + TRAILER;
  }
  const last = index.offset + index.size + TRAILER;
  if ((inner.length > 0 && at !== meta.offset) || last !== end)
    throw new LevelDamage(`${file} has a gap before its end`);
}

/**
 * Numbers of the first and the last operation in the logs, which must follow one another.
 * @throws LevelDamage
 */
async function checkLogs(
  folder: string,
  names: readonly string[],
  { logNumber, formerLog, sequence }: Manifest,
  seal: Seal | undefined,
): Promise<number | undefined> {
  const logs = names.filter((name) => name.endsWith('.log')).sort((a, b) => numberOf(a) - numberOf(b));
  const live = logs.filter((name) => numberOf(name) >= logNumber || numberOf(name) === formerLog);
  if (logNumber > 0 && !live.some((name) => numberOf(name) === logNumber))
    throw new LevelDamage(`${fileName(logNumber)}.log is missing`);
  let last: number | undefined;
  for (const [i, name] of live.entries())
    for (const record of records(name, await readWhole(folder, name))) {
      if (record.length < WRITE_HEADER) throw new LevelDamage(`${name} has a record that is too short`);
      const first = uint64(record, 0);
      // A log is followed by another when it is full, or when it was empty as the store was opened.
      const isFirst = i === 0 || (seal !== undefined && !wasWritten(seal));
      const joins =
        last !== undefined
          ? first === last + 1
          : first <= sequence + 1 && (isFirst || first === (seal?.opened ?? sequence) + 1);
      if (!joins) throw new LevelDamage(`${name} lacks the operations before ${first}`);
      last = first + uint32(record, 8) - 1;
    }
  return last;
}

const fileName = (number: number): string => String(number).padStart(6, '0');
const numberOf = (name: string): number => Number.parseInt(name, 10);

async function readWhole(folder: string, name: string): Promise<Uint8Array> {
  try {
    return await readFile(join(folder, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new LevelDamage(`${name} is missing`);
    throw error;
  }
}

/** How far a store had come, as `level-seal.ts` keeps it. */
export interface Seal {
  /** Operations that were ever written, and synced. */
  readonly synced: number;
  /** Those of before the store was last opened or compacted, when LevelDB puts all that the logs have into tables. */
  readonly opened: number;
}

/** Something was synced since: then the last log has it. */
const wasWritten = ({ synced, opened }: Seal): boolean => synced > opened;

/**
 * @param key of a store that is open: only the tables are looked at that this key may be in.
 * @returns how many operations were ever written; undefined if there is no store yet.
 * @throws LevelDamage
 */
export async function checkLevel(
  folder: string,
  seal: Seal | undefined,
  key?: Uint8Array,
): Promise<number | undefined> {
  const names = await readdir(folder);
  if (!names.includes('CURRENT')) {
    // A store that is being made has its first manifest before; one that was ever open has a log too.
    if (names.some((name) => /\.(ldb|sst|log)$/.test(name)) || seal !== undefined)
      throw new LevelDamage('CURRENT is missing');
    return undefined;
  }
  const current = Buffer.from(await readWhole(folder, 'CURRENT')).toString('latin1');
  if (!/^MANIFEST-\d{6,}\n$/.test(current)) throw new LevelDamage('CURRENT names no manifest');
  const name = current.trimEnd();
  const manifest = readManifest(name, await readWhole(folder, name));
  for (const [number, entry] of manifest.tables) {
    if (key !== undefined && !mayHave(entry, key)) continue;
    const { size } = entry;
    const table = `${fileName(number)}.ldb`;
    const bytes = await readWhole(folder, table);
    if (bytes.length !== size) throw new LevelDamage(`${table} has ${bytes.length} bytes, not ${size}`);
    checkTable(table, bytes);
  }
  // What the logs have is in the memory of an open store.
  if (key !== undefined) return undefined;
  const logged = await checkLogs(folder, names, manifest, seal);
  // The manifest may count operations that only the last log has: where it was written to, it must have them.
  const end = logged ?? (seal !== undefined && wasWritten(seal) ? seal.opened : manifest.sequence);
  if (seal !== undefined && end < seal.synced)
    throw new LevelDamage(`the last log ends after ${end} of ${seal.synced} operations`);
  return Math.max(manifest.sequence, end);
}
