/**
 * JSON without loss: numbers are kept as the text they came in, amounts go out with exactly eight
 * digits, and an object remembers a key given twice. Node 20's own JSON can do none of these.
 */

/** A number as it was written; what it means is decided where it is used. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** An object as it was written: keys in order, doubles included. */
export class JsonObject {
  readonly entries: readonly (readonly [string, JsonRead])[];

  constructor(entries: readonly (readonly [string, JsonRead])[]) {
    this.entries = entries;
  }

  /** The first value under this key. */
  get(key: string): JsonRead | undefined {
    for (const entry of this.entries) if (entry[0] === key) return entry[1];
    return undefined;
  }

  has(key: string): boolean {
    return this.entries.some((entry) => entry[0] === key);
  }
}

export type JsonRead = null | boolean | string | JsonNumber | JsonObject | readonly JsonRead[];

/** Satoshis that are written as bitcoin. */
export class Amount {
  readonly satoshis: bigint;

  constructor(satoshis: bigint) {
    this.satoshis = satoshis;
  }

  /** Bitcoin with exactly eight digits after the point. */
  toString(): string {
    const negative = this.satoshis < 0n;
    const digits = (negative ? -this.satoshis : this.satoshis).toString().padStart(9, '0');
    return `${negative ? '-' : ''}${digits.slice(0, -8)}.${digits.slice(-8)}`;
  }
}

/** Bytes already in JSON, written as they are (a cached or streamed part of a larger answer). */
export class RawJson {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What can be written. Fields that are `undefined` are left out. */
export type JsonWritable =
  | undefined
  | null
  | boolean
  | string
  | number
  | bigint
  | JsonNumber
  | JsonObject
  | Amount
  | RawJson
  | readonly JsonWritable[]
  | { readonly [key: string]: JsonWritable };

export class JsonError extends Error {
  override readonly name = 'JsonError';
}

/** Bitcoin Core's bound on nesting. */
const MAX_DEPTH = 512;
/** Values in one text: bounds the memory a body of 32 MiB can ask for. */
const MAX_VALUES = 4_000_000;

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const ESCAPES: Readonly<Record<string, string>> = Object.freeze({
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
});

/** @throws JsonError */
export function readJson(text: string): JsonRead {
  return new Parser(text).readWhole();
}

class Parser {
  readonly #text: string;
  #position = 0;
  #values = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readWhole(): JsonRead {
    const value = this.#value(0);
    this.#skipSpace();
    if (this.#position !== this.#text.length) throw new JsonError('text after the value');
    return value;
  }

  /** Passes white space; the code of what comes next, or NaN at the end. */
  #skipSpace(): number {
    for (;;) {
      const code = this.#text.charCodeAt(this.#position);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return code;
      this.#position++;
    }
  }

  #value(depth: number): JsonRead {
    if (depth > MAX_DEPTH) throw new JsonError('nested too deep');
    if (++this.#values > MAX_VALUES) throw new JsonError('too many values');
    switch (this.#skipSpace()) {
      case 0x22:
        return this.#string();
      case 0x7b:
        return this.#object(depth + 1);
      case 0x5b:
        return this.#array(depth + 1);
      case 0x74:
        return this.#word('true', true);
      case 0x66:
        return this.#word('false', false);
      case 0x6e:
        return this.#word('null', null);
      default:
        return this.#number();
    }
  }

  #word<T extends boolean | null>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#position)) throw new JsonError('unknown word');
    this.#position += word.length;
    return value;
  }

  #number(): JsonNumber {
    NUMBER.lastIndex = this.#position;
    const match = NUMBER.exec(this.#text);
    if (match === null) throw new JsonError('not a value');
    this.#position = NUMBER.lastIndex;
    // "01" and "1.": what follows a number must not look like more of it.
    const next = this.#text.charCodeAt(this.#position);
    if ((next >= 0x30 && next <= 0x39) || next === 0x2e || next === 0x65 || next === 0x45)
      throw new JsonError('malformed number');
    return new JsonNumber(match[0]);
  }

  #string(): string {
    const text = this.#text;
    let start = ++this.#position;
    let whole = '';
    for (let i = start; ; i++) {
      const code = text.charCodeAt(i);
      if (code === 0x22) {
        this.#position = i + 1;
        return whole + text.slice(start, i);
      }
      // NaN, beyond the end, is not at least a space either.
      if (!(code >= 0x20)) throw new JsonError('unterminated or unescaped string');
      if (code === 0x5c) {
        whole += text.slice(start, i);
        const letter = text[++i]!;
        if (letter === 'u') {
          const digits = text.slice(i + 1, i + 5);
          if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw new JsonError('bad escape');
          whole += String.fromCharCode(Number.parseInt(digits, 16));
          i += 4;
        } else {
          const plain = ESCAPES[letter];
          if (plain === undefined) throw new JsonError('bad escape');
          whole += plain;
        }
        start = i + 1;
      }
    }
  }

  #array(depth: number): JsonRead[] {
    this.#position++;
    const values: JsonRead[] = [];
    if (this.#skipSpace() === 0x5d) {
      this.#position++;
      return values;
    }
    for (;;) {
      values.push(this.#value(depth));
      const code = this.#skipSpace();
      this.#position++;
      if (code === 0x5d) return values;
      if (code !== 0x2c) throw new JsonError('expected , or ]');
    }
  }

  #object(depth: number): JsonObject {
    this.#position++;
    const entries: [string, JsonRead][] = [];
    if (this.#skipSpace() === 0x7d) {
      this.#position++;
      return new JsonObject(entries);
    }
    for (;;) {
      if (this.#skipSpace() !== 0x22) throw new JsonError('expected a key');
      const key = this.#string();
      if (this.#skipSpace() !== 0x3a) throw new JsonError('expected :');
      this.#position++;
      entries.push([key, this.#value(depth)]);
      const code = this.#skipSpace();
      this.#position++;
      if (code === 0x7d) return new JsonObject(entries);
      if (code !== 0x2c) throw new JsonError('expected , or }');
    }
  }
}

/** @param indent spaces a level, for people; 0 writes one line. */
export function writeJson(value: JsonWritable, indent = 0): string {
  return indent === 0 ? write(value) : writeIndented(value, indent, '\n');
}

function write(value: JsonWritable): string {
  switch (typeof value) {
    case 'string':
      return quote(value);
    case 'number':
      return writeNumber(value);
    case 'bigint':
      return value.toString();
    case 'boolean':
      return value ? 'true' : 'false';
    case 'undefined':
      return 'null';
    default:
      return value === null ? 'null' : writeObject(value);
  }
}

function writeObject(value: object): string {
  if (Array.isArray(value)) {
    let text = '';
    for (const item of value) text += text === '' ? write(item) : `,${write(item)}`;
    return `[${text}]`;
  }
  const leaf = writeLeaf(value);
  if (leaf !== undefined) return leaf;
  let text = '';
  if (value instanceof JsonObject) {
    for (const [key, item] of value.entries) text += field(text, key, item);
  } else {
    const record = value as Readonly<Record<string, JsonWritable>>;
    for (const key of Object.keys(record)) text += field(text, key, record[key]);
  }
  return `{${text}}`;
}

function field(before: string, key: string, value: JsonWritable): string {
  if (value === undefined) return '';
  return before === '' ? `${quote(key)}:${write(value)}` : `,${quote(key)}:${write(value)}`;
}

const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

/** Nearly all text in answers is hex, addresses and names, which need no escapes. */
function quote(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

/** The text of an object that stands for a single value. */
function writeLeaf(value: object): string | undefined {
  if (value instanceof Amount) return value.toString();
  if (value instanceof JsonNumber || value instanceof RawJson) return value.text;
  return undefined;
}

/** Bitcoin Core prints a double with 16 significant digits (%.16g). */
function writeNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e16) return String(value);
  const [mantissa, exponent] = value.toExponential(15).split('e') as [string, string];
  const power = Number(exponent);
  if (power >= -5 && power < 16) {
    const text = value.toPrecision(16);
    if (power >= -4 && !text.includes('e')) return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  }
  const digits = mantissa.replace(/\.?0+$/, '');
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

function writeIndented(value: JsonWritable, indent: number, newLine: string): string {
  if (typeof value !== 'object' || value === null) return write(value);
  const leaf = writeLeaf(value);
  if (leaf !== undefined) return leaf;
  const inner = newLine + ' '.repeat(indent);
  const parts = Array.isArray(value)
    ? value.map((item) => writeIndented(item, indent, inner))
    : (value instanceof JsonObject ? value.entries : Object.entries(value))
        .filter(([, item]) => item !== undefined)
        .map(([key, item]) => `${quote(key)}: ${writeIndented(item, indent, inner)}`);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  const body = parts.length === 0 ? '' : inner + parts.join(`,${inner}`);
  return `${open}${body}${newLine}${close}`;
}
