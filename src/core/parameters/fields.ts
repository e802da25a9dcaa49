/** Takes the fields of a JSON object one by one, each checked for its kind and range. Owns no field. */
import { fromHex, toHex } from '../encoding/bytes.ts';
import { NetworkFileError } from './network-file-error.ts';

export class Fields {
  readonly #path: string;
  readonly #object: Readonly<Record<string, unknown>>;
  readonly #left: Set<string>;
  readonly #file: string;

  /** @param file what it is a part of, for people @throws NetworkFileError if `value` is no object. */
  constructor(value: unknown, path: string, file = 'network file') {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new NetworkFileError(path === '' ? file : path, 'must be an object');
    this.#file = file;
    this.#path = path;
    this.#object = value as Record<string, unknown>;
    this.#left = new Set(Object.keys(value));
  }

  #pathOf(field: string): string {
    return this.#path === '' ? field : `${this.#path}.${field}`;
  }

  /** The error to throw about a field of this object. */
  error(field: string, problem: string): NetworkFileError {
    return new NetworkFileError(this.#pathOf(field), problem);
  }

  #take(field: string): unknown {
    if (!Object.hasOwn(this.#object, field)) throw this.error(field, 'is missing');
    this.#left.delete(field);
    return this.#object[field];
  }

  has(field: string): boolean {
    return Object.hasOwn(this.#object, field);
  }

  /** A field that may be absent, as one of the others reads it. */
  optional<T>(field: string, read: (field: string) => T): T | undefined {
    return this.has(field) ? read(field) : undefined;
  }

  /** Whatever it is; for who checks it otherwise. */
  any(field: string): unknown {
    return this.#take(field);
  }

  /** The values of an object whose keys are names. */
  record<T>(field: string, read: (value: unknown, path: string) => T): Readonly<Record<string, T>> {
    const value = this.#take(field);
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw this.error(field, 'must be an object');
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [key, read(each, `${this.#pathOf(field)}.${key}`)]),
    );
  }

  /** Whole number from `minimum` to `maximum`. */
  integer(field: string, minimum: number, maximum: number): number {
    const value = this.#take(field);
    if (!Number.isSafeInteger(value) || (value as number) < minimum || (value as number) > maximum)
      throw this.error(field, `must be a whole number from ${minimum} to ${maximum}`);
    return value as number;
  }

  /** The same of a field that may be absent. */
  integerOr(field: string, minimum: number, maximum: number, otherwise: number): number {
    return this.has(field) ? this.integer(field, minimum, maximum) : otherwise;
  }

  booleanOr(field: string, otherwise: boolean): boolean {
    return this.has(field) ? this.boolean(field) : otherwise;
  }

  boolean(field: string): boolean {
    const value = this.#take(field);
    if (typeof value !== 'boolean') throw this.error(field, 'must be true or false');
    return value;
  }

  /** Text that matches the whole of `pattern`; `form` says in words what that is. */
  text(field: string, pattern: RegExp, form: string): string {
    const value = this.#take(field);
    if (typeof value !== 'string' || !pattern.test(value)) throw this.error(field, `must be ${form}`);
    return value;
  }

  /** From `minimum` to `maximum` bytes in hex. */
  hex(field: string, minimum: number, maximum = minimum): Uint8Array {
    const length = minimum === maximum ? `${minimum}` : `${minimum} to ${maximum}`;
    const pattern = new RegExp(`^([0-9a-f]{2}){${minimum},${maximum}}$`);
    return fromHex(this.text(field, pattern, `${length} bytes in lower-case hex`));
  }

  /** A number of exactly `bytes` bytes in hex, most significant first. */
  hexNumber(field: string, bytes: number): bigint {
    return BigInt(`0x${toHex(this.hex(field, bytes))}`);
  }

  /** A block hash in display order. */
  hash(field: string): string {
    return this.text(field, /^[0-9a-f]{64}$/, 'a block hash of 64 lower-case hex digits');
  }

  hashOrNull(field: string): string | null {
    if (this.#object[field] !== null) return this.hash(field);
    this.#left.delete(field);
    return null;
  }

  /** The elements of an array, each read by `read` (which is given its path). */
  list<T>(field: string, read: (value: unknown, path: string) => T): T[] {
    const value = this.#take(field);
    if (!Array.isArray(value)) throw this.error(field, 'must be a list');
    return value.map((element, i) => read(element, `${this.#pathOf(field)}[${i}]`));
  }

  /** A nested object; fields that `read` leaves are an error. */
  object<T>(field: string, read: (fields: Fields) => T): T {
    const fields = new Fields(this.#take(field), this.#pathOf(field), this.#file);
    const result = read(fields);
    fields.finish();
    return result;
  }

  /** @throws NetworkFileError if there are fields that nobody took. */
  finish(): void {
    for (const field of this.#left) throw this.error(field, `is not a field of a ${this.#file}`);
  }
}
