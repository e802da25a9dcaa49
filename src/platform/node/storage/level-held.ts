/**
 * The tables of an open store, by a second name each: LevelDB copies what a damaged one has into a new one whose
 * checksums are right, and throws it away. So a table that it does without is looked at once more before it goes, and
 * stays, for the next start to find, if it is damaged: what was read then, or copied, may have been wrong.
 *
 * Where there are no links to files, nothing is held.
 */
import { statSync } from 'node:fs';
import { link, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { HELD, readCurrent, readWhole, tableName } from './level-check.ts';
import { checkTable } from './level-format.ts';

export class HeldTables {
  readonly #folder: string;
  /** By number, what would change with the file. */
  readonly #held = new Map<number, string>();
  #turn: Promise<unknown> = Promise.resolve();

  /** @param folder of the store */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Before the store is opened: what a kill left. @throws LevelDamage */
  async begin(): Promise<void> {
    const left = await readdir(this.#path()).catch(() => []);
    const { tables } = (await readCurrent(this.#folder)) ?? { tables: new Map() };
    for (const name of left) if (!tables.has(Number.parseInt(name, 10))) await this.#check(name);
    await this.end();
    await this.look();
  }

  /**
   * Holds what is new, looks at what somebody has written to, and lets go of what LevelDB does without.
   * @returns whether something was
   * @throws LevelDamage
   */
  look(): Promise<boolean> {
    const turn = this.#turn.then(() => this.#look());
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #look(): Promise<boolean> {
    const { tables } = (await readCurrent(this.#folder)) ?? { tables: new Map<number, unknown>() };
    const fresh = [...tables.keys()].filter((number) => !this.#held.has(number));
    const gone = [...this.#held.keys()].filter((number) => !tables.has(number));
    for (const [number, before] of this.#held) {
      const state = stateOf(this.#path(number));
      if (!tables.has(number) || state === before) continue;
      await this.#check(tableName(number));
      this.#held.set(number, state);
    }
    if (fresh.length > 0) await mkdir(this.#path(), { recursive: true, mode: 0o700 });
    // It may have gone already, or the file system knows no links.
    for (const number of fresh)
      await link(join(this.#folder, tableName(number)), this.#path(number)).then(
        () => this.#held.set(number, stateOf(this.#path(number))),
        () => {},
      );
    for (const number of gone) {
      await this.#check(tableName(number));
      await rm(this.#path(number), { force: true });
      this.#held.delete(number);
    }
    return fresh.length + gone.length > 0;
  }

  async #check(name: string): Promise<void> {
    const bytes = await readWhole(this.#path(), name);
    const read = (offset: number, size: number) => bytes.subarray(offset, offset + size);
    checkTable(join(HELD, name), { size: bytes.length, read });
  }

  /** When the store is closed, and was whole. */
  async end(): Promise<void> {
    this.#held.clear();
    await rm(this.#path(), { recursive: true, force: true });
  }

  #path(number?: number): string {
    return number === undefined ? join(this.#folder, HELD) : join(this.#folder, HELD, tableName(number));
  }
}

function stateOf(path: string): string {
  const { size, mtimeMs } = statSync(path);
  return `${size} ${mtimeMs}`;
}
