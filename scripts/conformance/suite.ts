/**
 * What a conformance module is given and gives back. A module knows files by name, runs every row of
 * them against the real code, and reports; it decides nothing about output or exit codes (main.ts does).
 */
import { readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { inspect, isDeepStrictEqual } from 'node:util';
import { gunzipSync } from 'node:zlib';

/** Rows that Penny rightly does not run, each with the reason. A module names one of these; there is no fallback. */
export const NOT_APPLICABLE = {
  bip324: 'Penny has no encrypted v2 transport; its peers speak v1 envelopes',
  bip37: 'Penny serves no bloom filters (BIP37, BIP111), which hash with MurmurHash3',
} as const;

export type NotApplicable = keyof typeof NOT_APPLICABLE;

/** A file with vectors, wherever it lies. */
export class VectorFile {
  readonly path: string;
  readonly #find: (name: string) => string | undefined;

  /** @param find the path of another file, by its name */
  constructor(path: string, find: (name: string) => string | undefined) {
    this.path = path;
    this.#find = find;
  }

  get name(): string {
    return basename(this.path);
  }

  /** Name of the folder that it lies in. */
  get folder(): string {
    return basename(dirname(this.path));
  }

  /** The content; unpacked if the name ends with .gz. */
  bytes(): Uint8Array {
    const content = readFileSync(this.path);
    return new Uint8Array(this.name.endsWith('.gz') ? gunzipSync(content) : content);
  }

  text(): string {
    return Buffer.from(this.bytes()).toString('utf8');
  }

  /** Parsed JSON, in the shape that the vectors' README gives. */
  json<T>(): T {
    return JSON.parse(this.text()) as T;
  }

  /** Lines that are not empty. */
  lines(): string[] {
    return this.text()
      .split(/\r?\n/)
      .filter((line) => line !== '');
  }

  /**
   * Another file that this one needs: from the same folder, else from any folder given on the command
   * line, else from the shared vectors.
   */
  other(name: string): VectorFile | undefined {
    const path = this.#find(name);
    return path === undefined ? undefined : new VectorFile(path, this.#find);
  }
}

/** Runs all rows of one file. What it throws outside of rows counts as one failed row. */
export type Runner = (file: VectorFile, report: Report) => void | Promise<void>;

export interface ConformanceModule {
  /** File name (a `*` stands for any characters) to what runs it. */
  readonly runners: Readonly<Record<string, Runner>>;
  /** Names of files that are read with another one and have no rows of their own. */
  readonly companions?: readonly string[];
}

export interface Failure {
  readonly row: string;
  readonly message: string;
}

/** Thrown by the `expect...` functions; carries what people want to see. */
class Mismatch extends Error {}

export class Report {
  passed = 0;
  readonly failures: Failure[] = [];
  /** Lines that sum up the rows, such as how many fail of each kind. */
  readonly notes: string[] = [];
  /** Rows that do not apply, by reason. */
  readonly notApplicable = new Map<NotApplicable, number>();

  get failed(): number {
    return this.failures.length;
  }

  /** One row: passes unless the check throws. @param name tells the row from the others in the file */
  row(name: string, check: () => void): void {
    try {
      check();
      this.passed++;
    } catch (error) {
      this.fail(name, error);
    }
  }

  async rowAsync(name: string, check: () => Promise<void>): Promise<void> {
    try {
      await check();
      this.passed++;
    } catch (error) {
      this.fail(name, error);
    }
  }

  fail(name: string, error: unknown): void {
    const message =
      error instanceof Mismatch
        ? error.message
        : error instanceof Error
          ? `threw ${error.stack}`
          : String(error);
    this.failures.push({ row: name, message });
  }

  skip(reason: NotApplicable, rows = 1): void {
    this.notApplicable.set(reason, (this.notApplicable.get(reason) ?? 0) + rows);
  }
}

const shown = (value: unknown): string => {
  const text =
    typeof value === 'string' ? JSON.stringify(value) : inspect(value, { depth: 6, breakLength: 200 });
  return text.length > 400 ? `${text.slice(0, 400)}... (${text.length} characters)` : text;
};

/** Fails the row unless both are the same, deeply. @param what names the part of the row that is compared */
export function expectEqual(got: unknown, expected: unknown, what = ''): void {
  if (isDeepStrictEqual(got, expected)) return;
  throw new Mismatch(`${what === '' ? '' : `${what}: `}expected ${shown(expected)}, got ${shown(got)}`);
}

export function expectTrue(condition: boolean, what: string): void {
  if (!condition) throw new Mismatch(what);
}

/** Fails the row unless the action throws an error other than a TypeError or ReferenceError, which are bugs. */
export function expectThrows(action: () => unknown, what: string): Error {
  let result: unknown;
  try {
    result = action();
  } catch (error) {
    if (error instanceof TypeError || error instanceof ReferenceError) throw error;
    return error as Error;
  }
  throw new Mismatch(`${what}: expected a refusal, got ${shown(result)}`);
}
