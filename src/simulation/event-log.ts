/** What happened, line by line, and a hash of all lines: two runs are the same if their hashes are. */
import { sha256 } from '@noble/hashes/sha2.js';
import { toHex, utf8 } from '../core/encoding/bytes.ts';

export class EventLog {
  readonly #hash = sha256.create();
  readonly #now: () => number;
  readonly #onLine: (line: string) => void;
  lines = 0;

  /** @param now virtual milliseconds since the start */
  constructor(now: () => number, onLine: (line: string) => void) {
    this.#now = now;
    this.#onLine = onLine;
  }

  add(event: string, fields: Readonly<Record<string, string | number>>): void {
    const line = JSON.stringify({ time: Math.round(this.#now()), event, ...fields });
    this.#hash.update(utf8(`${line}\n`));
    this.lines++;
    this.#onLine(line);
  }

  /** Of all lines so far; ends the log. */
  digest(): string {
    return toHex(this.#hash.digest());
  }
}
