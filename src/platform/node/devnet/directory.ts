/**
 * The data directory of a devnet: one devnet's at a time, and marked as such, so that only what a devnet
 * made is ever deleted. Nodes of a devnet that was killed are ended by whoever takes its directory over.
 */
import { existsSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { UsageError } from '../cli/usage-error.ts';
import { isRunning, type ProcessIdentity, sendSignal } from '../process-identity.ts';
import { DirectoryLock, describeOwner, LockedError, lockOwner } from '../storage/directory-lock.ts';

const MARKER = 'devnet.json';
const LOCK = 'devnet.lock';
/** Milliseconds. */
const KILL_TIMEOUT = 10_000;
const KILL_POLL = 50;

export class DevnetDirectory {
  readonly #path: string;
  readonly #lock: DirectoryLock;
  /** Made or emptied by this run: only then it is this run's to delete. */
  #isOurs: boolean;

  private constructor(path: string, lock: DirectoryLock, isNew: boolean) {
    this.#path = path;
    this.#lock = lock;
    this.#isOurs = isNew;
  }

  /**
   * Ends what still runs of a former devnet here that was killed.
   * @throws UsageError if it holds anything that is not a devnet's, or is in use, and by whom
   */
  static async take(path: string, tell: (event: string) => void): Promise<DevnetDirectory> {
    const isNew = !existsSync(path);
    let lock: DirectoryLock;
    try {
      if (!isNew && !isDevnet(path)) {
        throw new UsageError(
          `${path} is not a devnet's data directory and not empty: choose another by --datadir`,
        );
      }
      lock = await DirectoryLock.take(join(path, LOCK), path, 'devnet');
    } catch (error) {
      if (error instanceof LockedError)
        throw new UsageError(`${error.message}: choose others by --datadir and --base-port`);
      const { code } = error as NodeJS.ErrnoException;
      if (error instanceof UsageError || code === undefined) throw error;
      throw new UsageError(`${path} cannot be used as data directory (${code}): choose another by --datadir`);
    }
    try {
      await endAll(lock.former?.children ?? [], tell);
      refuseUsedNodes(path);
      return new DevnetDirectory(path, lock, isNew);
    } catch (error) {
      await lock.remove();
      throw error;
    }
  }

  /**
   * Makes it ready, empty unless it is kept, and writes the network file into it.
   * @returns path of the network file
   */
  prepare(keep: boolean, network: unknown): string {
    if (!keep) this.#empty();
    this.#isOurs = true;
    const marker = join(this.#path, MARKER);
    writeFileSync(marker, `${JSON.stringify(network, null, 2)}\n`);
    return marker;
  }

  /** What a devnet that takes over from this one would have to end. */
  noteNodes(processes: readonly (ProcessIdentity | null)[]): void {
    this.#lock.noteChildren(processes.filter((one) => one !== null));
  }

  /** Gives it up, with its data or without. */
  async release(keep: boolean): Promise<void> {
    const remove = this.#isOurs && !keep;
    if (remove) this.#empty();
    await this.#lock.remove();
    try {
      if (remove) rmdirSync(this.#path);
    } catch {
      // Whoever took it since has begun to fill it.
    }
  }

  #empty(): void {
    for (const name of readdirSync(this.#path)) {
      if (!isLock(name) && !isControl(name)) rmSync(join(this.#path, name), { recursive: true, force: true });
    }
  }
}

/** Of the control API, which outlives what it steers. */
const isControl = (name: string): boolean => name.startsWith('control.');
const isLock = (name: string): boolean => name.startsWith(LOCK);

/** Marked as one, or with nothing in it. */
function isDevnet(path: string): boolean {
  return existsSync(join(path, MARKER)) || readdirSync(path).every((name) => isLock(name) || isControl(name));
}

async function endAll(processes: readonly ProcessIdentity[], tell: (event: string) => void): Promise<void> {
  for (const one of processes) {
    // Without a start time nobody can say that the number is still theirs: the node's own lock will tell.
    if (one.started === null || !isRunning(one)) continue;
    tell(`ending process ${one.pid}, which a devnet left here that was killed`);
    sendSignal(one, 'SIGTERM');
    for (let waited = 0; isRunning(one); waited += KILL_POLL) {
      if (waited >= KILL_TIMEOUT) sendSignal(one, 'SIGKILL');
      await delay(KILL_POLL);
    }
  }
}

/** A node that someone runs by hand on a devnet's data is not ours to end, and its data not ours to delete. */
function refuseUsedNodes(path: string): void {
  const directories = (parent: string) =>
    readdirSync(parent, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(parent, name));
  for (const node of directories(path))
    for (const network of directories(node)) {
      const record = lockOwner(join(network, 'lock'));
      if (record !== null)
        throw new UsageError(`${node} is in use by a node (${describeOwner(record)}): stop it first`);
    }
}
