/**
 * The log of a Node process in Bitcoin Core's form: one line an entry, to `debug.log` and, if asked, to
 * the console. Owns which debug categories are on; not what is logged.
 */
import { closeSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { DiskError } from '../../chain/storage.ts';
import type { Clock, LogLevel } from '../../seams.ts';
import { CategoryLogger } from '../shared/category-logger.ts';

/** Core's: past this size the file is cut at start to its last `SHRUNK_SIZE` bytes. */
const SHRINK_ABOVE = 11_000_000;
const SHRUNK_SIZE = 10_000_000;

export interface NodeLoggerOptions {
  /** Path of debug.log; null writes none. */
  readonly file: string | null;
  readonly console: boolean;
  /** Categories whose debug lines are written. */
  readonly categories: readonly string[];
  readonly timestamps: boolean;
  readonly microseconds: boolean;
}

export class NodeLogger extends CategoryLogger {
  /** Empty if no file is written. */
  readonly path: string;
  readonly #options: NodeLoggerOptions;
  readonly #clock: Clock;
  #descriptor: number | null = null;

  constructor(options: NodeLoggerOptions, clock: Clock) {
    super(options.categories);
    this.path = options.file ?? '';
    this.#options = options;
    this.#clock = clock;
    if (options.file !== null) {
      if (options.categories.length === 0) shrink(options.file);
      this.#descriptor = openLog(options.file);
    }
  }

  protected override write(_: LogLevel, text: string): void {
    const stamp = this.#options.timestamps ? `${this.#timestamp()} ` : '';
    const line = `${stamp}${text}\n`;
    // A progress bar may stand in the terminal's last line: it gives way, and is drawn anew below.
    if (this.#options.console) process.stdout.write(process.stdout.isTTY ? `\r\x1b[K${line}` : line);
    if (this.#descriptor === null) return;
    try {
      writeSync(this.#descriptor, line);
    } catch {
      // A log that cannot be written (a full disk) must not be what stops the node.
    }
  }

  /** Opens the file anew, for log rotation (SIGHUP). */
  reopen(): void {
    if (this.#options.file === null) return;
    this.close();
    try {
      this.#descriptor = openLog(this.#options.file);
    } catch {
      // As above: the node goes on without, until it is told to open it again.
    }
  }

  close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
  }

  #timestamp(): string {
    const iso = new Date(this.#clock.now()).toISOString();
    return this.#options.microseconds ? `${iso.slice(0, -1)}000Z` : `${iso.slice(0, 19)}Z`;
  }
}

function shrink(file: string): void {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size <= SHRINK_ABOVE) return;
  const kept = readFileSync(file).subarray(size - SHRUNK_SIZE);
  writeFileSync(file, kept.subarray(kept.indexOf(10) + 1), { mode: 0o600 });
}

/** @throws DiskError */
function openLog(file: string): number {
  try {
    return openSync(file, 'a', 0o600);
  } catch (error) {
    throw new DiskError(`Could not open debug log file ${file}`, error);
  }
}
