/**
 * A directory belongs to one process at a time. The system's own lock says who it is (LevelDB's, on a
 * folder that holds nothing else): unlike a lock file it is lifted when the process dies, and of two that
 * ask at the same instant one gets it. Beside it lies a record that names the owner, for people, and the
 * processes that it has started, for whoever comes after it if it dies.
 */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CorruptionError } from '../../../chain/storage.ts';
import { identify, isRunning, type ProcessIdentity } from '../process-identity.ts';
import { StoreLockedError } from './level-files.ts';
import { LevelStore } from './level-store.ts';
import { readFileWhole } from './regular-file.ts';

interface LockRecord {
  readonly owner: ProcessIdentity;
  /** ISO 8601. */
  readonly since: string;
  readonly children: readonly ProcessIdentity[];
}

/** The lock is another process's. */
export class LockedError extends Error {
  override readonly name = 'LockedError';

  /** @param what is locked: "the data directory X" */
  constructor(what: string, by: string, record: LockRecord | null) {
    super(`${what} is in use by another ${by}${record === null ? '' : ` (${describeOwner(record)})`}`);
  }
}

export function describeOwner({ owner, since }: LockRecord): string {
  return `process ${owner.pid}, since ${since.slice(0, 19).replace('T', ' ')} UTC`;
}

const RECORD = 'owner.json';
/** An owner writes its record a moment after it got the lock: so many times, and milliseconds, are waited. */
const READS = 20;
const READ_INTERVAL = 50;

export class DirectoryLock {
  /** What an owner that died has left; null if the last one ended as it should. */
  readonly former: LockRecord | null;
  readonly #folder: string;
  readonly #store: LevelStore;
  readonly #since = new Date().toISOString();

  private constructor(folder: string, store: LevelStore, former: LockRecord | null) {
    this.#folder = folder;
    this.#store = store;
    this.former = former;
  }

  /**
   * @param folder of the lock itself, inside of what it locks
   * @param what it locks, and `by` what kind of process, for the message
   * @throws LockedError that names the owner
   */
  static async take(folder: string, what: string, by: string): Promise<DirectoryLock> {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    let store: LevelStore;
    try {
      store = await openLock(folder);
    } catch (error) {
      if (!(error instanceof StoreLockedError)) throw error;
      for (let reads = 0; lockOwner(folder) === null && reads < READS; reads++) await delay(READ_INTERVAL);
      throw new LockedError(what, by, lockOwner(folder));
    }
    const lock = new DirectoryLock(folder, store, readRecord(folder));
    try {
      lock.noteChildren([]);
    } catch (error) {
      await store.close();
      throw error;
    }
    return lock;
  }

  noteChildren(children: readonly ProcessIdentity[]): void {
    const owner = identify(process.pid) ?? { pid: process.pid, started: null };
    const record: LockRecord = { owner, since: this.#since, children };
    writeFileSync(join(this.#folder, RECORD), `${JSON.stringify(record)}\n`, { mode: 0o600 });
  }

  /** Frees the directory. */
  async release(): Promise<void> {
    rmSync(join(this.#folder, RECORD), { recursive: true, force: true });
    await this.#store.close();
  }

  /** Frees the directory and leaves no trace of the lock in it. */
  async remove(): Promise<void> {
    // Moved away first, in one step: whoever takes the lock meanwhile makes a folder of its own.
    const gone = `${this.#folder}.${process.pid}`;
    renameSync(this.#folder, gone);
    await this.#store.close();
    rmSync(gone, { recursive: true, force: true });
  }
}

/** Who holds the lock, if its record says so and that process runs. */
export function lockOwner(folder: string): LockRecord | null {
  const record = readRecord(folder);
  return record !== null && isRunning(record.owner) ? record : null;
}

async function openLock(folder: string): Promise<LevelStore> {
  try {
    return await LevelStore.open(folder, { unchecked: true });
  } catch (error) {
    if (!(error instanceof CorruptionError)) throw error;
    // Nothing is kept in it, so nothing is lost; and had it an owner, that would have been the error.
    rmSync(folder, { recursive: true, force: true });
    return LevelStore.open(folder, { unchecked: true });
  }
}

function readRecord(folder: string): LockRecord | null {
  try {
    const { owner, since, children } = JSON.parse(readFileWhole(join(folder, RECORD)).toString());
    const record = { owner, since: String(since), children: children as ProcessIdentity[] };
    return [owner, ...record.children].every(isIdentity) ? record : null;
  } catch {
    return null;
  }
}

function isIdentity(value: unknown): value is ProcessIdentity {
  const { pid, started } = (value ?? {}) as Partial<ProcessIdentity>;
  return Number.isSafeInteger(pid) && pid! > 0 && (started === null || typeof started === 'string');
}
