/**
 * Is a LevelDB folder whole? LevelDB checks no block and passes over what it cannot read, so that a store with a
 * flipped bit opens without a word and lacks what stood there. Here every file that counts is read before
 * (`level-format.ts`): each record and block against its checksum, each table by its size, the writes in the logs by
 * their numbers.
 *
 * What it cannot see is an end that is missing altogether, which looks like a crash: see `level-seal.ts`; and what
 * LevelDB has copied from a damaged table and thrown away: see `level-held.ts`.
 */
import { closeSync, fstatSync, readSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeySpan } from '../../../chain/key-value-store.ts';
import {
  checkTable,
  LevelDamage,
  type Manifest,
  readLog,
  readManifest,
  spansIn,
  type TableChecks,
  type TableEntry,
} from './level-format.ts';
import { isLoss, openFile, readWholeFile } from './regular-file.ts';

/**
 * Numbers of the first and the last operation in the logs, which must follow one another.
 * @throws LevelDamage
 */
async function checkLogs(
  folder: string,
  names: readonly string[],
  { logNumber, formerLog, sequence }: Manifest,
  seal: Seal | undefined,
  deleted: LevelChecks['deleted'],
): Promise<number | undefined> {
  const logs = names.filter((name) => name.endsWith('.log')).sort((a, b) => numberOf(a) - numberOf(b));
  const live = logs.filter((name) => numberOf(name) >= logNumber || numberOf(name) === formerLog);
  if (logNumber > 0 && !live.some((name) => numberOf(name) === logNumber))
    throw new LevelDamage(`${fileName(logNumber)}.log is missing`);
  let last: number | undefined;
  for (const [i, name] of live.entries())
    for (const { first, count } of readLog(name, await readWhole(folder, name), deleted)) {
      // A log is followed by another when it is full, or when it was empty as the store was opened.
      const isFirst = i === 0 || (seal !== undefined && !wasWritten(seal));
      const joins =
        last !== undefined
          ? first === last + 1
          : first <= sequence + 1 && (isFirst || first === (seal?.opened ?? sequence) + 1);
      if (!joins) throw new LevelDamage(`${name} lacks the operations before ${first}`);
      last = first + count - 1;
    }
  return last;
}

/** Where tables have a second name while a store is open. */
export const HELD = 'held';
const fileName = (number: number): string => String(number).padStart(6, '0');
export const tableName = (number: number): string => `${fileName(number)}.ldb`;
const numberOf = (name: string): number => Number.parseInt(name, 10);

export async function readWhole(folder: string, name: string): Promise<Uint8Array> {
  try {
    return await readWholeFile(join(folder, name));
  } catch (error) {
    throw damageOf(name, error as NodeJS.ErrnoException);
  }
}

const damageOf = (name: string, error: NodeJS.ErrnoException): Error => {
  if (error.code === 'ENOENT') return new LevelDamage(`${name} is missing`);
  return isLoss(error) ? new LevelDamage(`${name} cannot be read: ${error.message}`) : error;
};

/** One that LevelDB has compacted away meanwhile is still held. @throws LevelDamage */
async function checkWhole(
  folder: string,
  number: number,
  { size, first, last }: TableEntry,
  deleted: TableChecks['deleted'],
): Promise<void> {
  const name = tableName(number);
  const bytes = await readWhole(folder, name).catch((error) =>
    readWhole(join(folder, HELD), name).catch(() => Promise.reject(error)),
  );
  if (bytes.length !== size) throw new LevelDamage(`${name} has ${bytes.length} bytes, not ${size}`);
  checkTable(
    name,
    { size, read: (offset, length) => bytes.subarray(offset, offset + length) },
    { ends: [first, last], deleted },
  );
}

/** Some blocks of it. @throws LevelDamage */
function checkParts(folder: string, number: number, size: number, spans: readonly KeySpan[]): void {
  const name = tableName(number);
  const descriptor = openTable(folder, name);
  try {
    const found = fstatSync(descriptor).size;
    if (found !== size) throw new LevelDamage(`${name} has ${found} bytes, not ${size}`);
    const read = (offset: number, length: number): Uint8Array => {
      const bytes = new Uint8Array(length);
      return bytes.subarray(0, readSync(descriptor, bytes, 0, length, offset));
    };
    checkTable(name, { size, read }, { spans });
  } finally {
    closeSync(descriptor);
  }
}

function openTable(folder: string, name: string): number {
  for (const path of [join(folder, name), join(folder, HELD, name)])
    try {
      return openFile(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        throw damageOf(name, error as NodeJS.ErrnoException);
    }
  throw new LevelDamage(`${name} is missing`);
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

/** What the folder says of itself; undefined if there is no store yet. @throws LevelDamage */
export async function readCurrent(folder: string): Promise<Manifest | undefined> {
  const names = await readdir(folder);
  if (!names.includes('CURRENT')) {
    // A store that is being made has its first manifest before; one that was ever open has a log too.
    if (names.some((name) => /\.(ldb|sst|log)$/.test(name))) throw new LevelDamage('CURRENT is missing');
    return undefined;
  }
  const current = Buffer.from(await readWhole(folder, 'CURRENT')).toString('latin1');
  if (!/^MANIFEST-\d{6,}\n$/.test(current)) throw new LevelDamage('CURRENT names no manifest');
  const name = current.trimEnd();
  return readManifest(name, await readWhole(folder, name));
}

export interface LevelChecks {
  /** Of a store that is open: only what the answers for these rest on is looked at. */
  readonly spans?: readonly KeySpan[] | undefined;
  /** Is told of each key that was deleted, and may be hidden by that. Good until the next. */
  readonly deleted?: ((key: Uint8Array) => void) | undefined;
}

/**
 * @returns how many operations were ever written; undefined if there is no store yet.
 * @throws LevelDamage
 */
export async function checkLevel(
  folder: string,
  seal: Seal | undefined,
  { spans, deleted }: LevelChecks = {},
): Promise<number | undefined> {
  const manifest = await readCurrent(folder);
  if (manifest === undefined) {
    if (seal !== undefined) throw new LevelDamage('CURRENT is missing');
    return undefined;
  }
  for (const [number, table] of manifest.tables) {
    if (spans === undefined) await checkWhole(folder, number, table, deleted);
    else {
      const inside = spansIn(table, spans);
      if (inside.length > 0) checkParts(folder, number, table.size, inside);
    }
  }
  // What the logs have is in the memory of an open store.
  if (spans !== undefined) return undefined;
  const logged = await checkLogs(folder, await readdir(folder), manifest, seal, deleted);
  // The manifest may count operations that only the last log has: where it was written to, it must have them.
  const end = logged ?? (seal !== undefined && wasWritten(seal) ? seal.opened : manifest.sequence);
  if (seal !== undefined && end < seal.synced)
    throw new LevelDamage(`the last log ends after ${end} of ${seal.synced} operations`);
  return Math.max(manifest.sequence, end);
}
