/**
 * What a conformance module is given and gives back. A module knows files by name and makes rows of them, what the real
 * code gives beside what the file says; Vitest asks whether both are the same (test/conformance/vectors.test.ts).
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

/** Gives all rows of one file. What it throws outside of rows is one failed row. */
export type Runner = (file: VectorFile, report: Report) => void | Promise<void>;

export interface ConformanceModule {
  /** File name (a `*` stands for any characters) to what gives its rows. */
  readonly runners: Readonly<Record<string, Runner>>;
  /** Names of files that are read with another one and have no rows of their own. */
  readonly companions?: readonly string[];
}

/** One row of a file as data: it is right where both are the same, deeply. */
export interface Row {
  /** Tells the row from the others in the file. */
  readonly row: string;
  /** Of a right row, and of one that compares nothing: RIGHT. Of one that threw: what. */
  readonly got: unknown;
  readonly expected: unknown;
  /** Which part of the row was compared. */
  readonly what: string;
}

const RIGHT = 'as the row says';

/** Thrown by the `expect...` functions: the first difference of a row. */
class Mismatch extends Error {
  readonly got: unknown;
  readonly expected: unknown;

  constructor(got: unknown, expected: unknown, what: string) {
    super(what);
    this.got = got;
    this.expected = expected;
  }
}

/** What a runner finds in its file. */
export class Report {
  readonly rows: Row[] = [];
  /** What is in the file and has no runner. */
  readonly unknown: string[] = [];
  /** Rows that do not apply, by reason. */
  readonly notApplicable = new Map<NotApplicable, number>();

  /** One row: right unless the check throws. */
  row(name: string, check: () => void): void {
    try {
      check();
      this.#right(name);
    } catch (error) {
      this.fail(name, error);
    }
  }

  async rowAsync(name: string, check: () => Promise<void>): Promise<void> {
    try {
      await check();
      this.#right(name);
    } catch (error) {
      this.fail(name, error);
    }
  }

  /** The rows that each item of a list stands for: what breaks outside of them is a failed row, and ends the item only. */
  each<T>(items: Iterable<T>, rows: (item: T, index: number) => void): void {
    let index = 0;
    for (const item of items)
      try {
        rows(item, index++);
      } catch (error) {
        this.fail(`item ${index}`, error);
      }
  }

  async eachAsync<T>(items: Iterable<T>, rows: (item: T, index: number) => Promise<void>): Promise<void> {
    let index = 0;
    for (const item of items)
      try {
        await rows(item, index++);
      } catch (error) {
        this.fail(`item ${index}`, error);
      }
  }

  #right(row: string): void {
    this.rows.push({ row, got: RIGHT, expected: RIGHT, what: '' });
  }

  fail(row: string, error: unknown): void {
    if (error instanceof Mismatch)
      this.rows.push({ row, got: error.got, expected: error.expected, what: error.message });
    else {
      const got = `threw ${error instanceof Error ? error.stack : String(error)}`;
      this.rows.push({ row, got, expected: RIGHT, what: '' });
    }
  }

  skip(reason: NotApplicable, rows = 1): void {
    this.notApplicable.set(reason, (this.notApplicable.get(reason) ?? 0) + rows);
  }

  /** The groups of rows in a file: known ones that it lacks are empty, and unknown ones are named. */
  groups<T>(vectors: Partial<T>, known: readonly (keyof T & string)[]): T {
    // A text or a number beside the groups is about them.
    for (const [name, group] of Object.entries(vectors))
      if (typeof group === 'object' && !known.includes(name as keyof T & string)) this.unknown.push(name);
    return { ...Object.fromEntries(known.map((name) => [name, []])), ...vectors } as T;
  }
}

const shown = (value: unknown): string => {
  const text =
    typeof value === 'string' ? JSON.stringify(value) : inspect(value, { depth: 6, breakLength: 200 });
  return text.length > 400 ? `${text.slice(0, 400)}... (${text.length} characters)` : text;
};

/** What people want to see of a row that is not right. */
export function difference({ got, expected, what }: Row): string {
  return expected === RIGHT
    ? String(got)
    : `${what === '' ? '' : `${what}: `}expected ${shown(expected)}, got ${shown(got)}`;
}

/** Fails the row unless both are the same, deeply. @param what names the part of the row that is compared */
export function expectEqual(got: unknown, expected: unknown, what = ''): void {
  if (!isDeepStrictEqual(got, expected)) throw new Mismatch(got, expected, what);
}

export function expectTrue(condition: boolean, what: string): void {
  if (!condition) throw new Mismatch(what, RIGHT, '');
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
  throw new Mismatch(result, 'a refusal', what);
}
