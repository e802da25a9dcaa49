/** The files of a LevelDB store: whether they are whole, and what people are told of them. */
import { mkdirSync, readdirSync } from 'node:fs';
import { DiskError, damaged, type StoreTitle } from '../../../chain/storage.ts';
import { checkLevel, type LevelChecks } from './level-check.ts';
import { LevelDamage } from './level-format.ts';
import { HeldTables } from './level-held.ts';
import { SealFile } from './level-seal.ts';
import { isLoss, removeOthers } from './regular-file.ts';

/** Files in which nothing is kept. */
const UNREAD = ['LOCK', 'LOG', 'LOG.old', 'SEAL'];
/** What LevelDB says of what it cannot read, or of what lies in the place of a file. */
const LOSS =
  /orruption|No such (file|device)|Invalid argument|(Is a|Not a) directory|symbolic links|put\/output error/;

/** Another process has the store open. */
export class StoreLockedError extends Error {
  override readonly name = 'StoreLockedError';
}

export class CheckedFiles {
  readonly folder: string;
  readonly title: StoreTitle;
  readonly holds: boolean;
  readonly held: HeldTables;
  readonly seal: SealFile;

  constructor(folder: string, title: StoreTitle, holds: boolean) {
    this.folder = folder;
    this.title = title;
    this.holds = holds;
    this.held = new HeldTables(folder);
    this.seal = new SealFile(folder);
  }

  /** Before it is opened. @param unchecked nothing is kept in it at all */
  prepare(unchecked: boolean): void {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    removeOthers(this.folder, unchecked ? readdirSync(this.folder) : UNREAD);
  }

  /** @returns operations ever written; undefined if there is no store yet. @throws LevelDamage */
  check(checks: LevelChecks): Promise<number | undefined> {
    return checkLevel(this.folder, this.seal.read(), checks);
  }

  explain(error: unknown, what: string): Error {
    const { code, message } = ((error as Error).cause ?? error) as { code?: string; message: string };
    if (code === 'LEVEL_LOCKED') return new StoreLockedError(`${this.folder} is in use by another process`);
    if (error instanceof LevelDamage || isLoss(error) || code === 'LEVEL_CORRUPTION' || LOSS.test(message))
      return damaged(this.title, message);
    if (code === undefined) return error as Error;
    return new DiskError(`${this.title.name} cannot be ${what}`, { message });
  }
}
