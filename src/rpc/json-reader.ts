/** Reads JSON text, exactly what Bitcoin Core accepts; bounded in depth and number of values. */
import { JsonNumber, JsonObject, type JsonRead } from './json.ts';

export class JsonError extends Error {
  override readonly name = 'JsonError';
}

/** Bitcoin Core's bound on nesting. */
const MAX_DEPTH = 512;
/** Values in one text: bounds the memory a body of 32 MiB can ask for. */
const MAX_VALUES = 4_000_000;

const HALF = 'half a character';
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
    return this.#plainNumber() ?? this.#anyNumber();
  }

  /** Digits and nothing else, as nearly all numbers are: to find them takes a third of the time of a match. */
  #plainNumber(): JsonNumber | undefined {
    const start = this.#position;
    const first = this.#text.charCodeAt(start);
    if (!(first >= 0x31 && first <= 0x39)) return undefined;
    for (let i = start + 1; ; i++) {
      const code = this.#text.charCodeAt(i);
      if (code >= 0x30 && code <= 0x39) continue;
      if (code === 0x2e || code === 0x65 || code === 0x45) return undefined;
      this.#position = i;
      return new JsonNumber(this.#text.slice(start, i));
    }
  }

  #anyNumber(): JsonNumber {
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
    // Of a character in two escapes, the first; Core lets ASCII stand between them.
    let half = 0;
    for (let i = start; ; i++) {
      const code = text.charCodeAt(i);
      if (code === 0x22) {
        this.#position = i + 1;
        if (half !== 0) throw new JsonError(HALF);
        return whole + text.slice(start, i);
      }
      if (half !== 0 && code > 0x7f) throw new JsonError(HALF);
      // NaN, beyond the end, is not at least a space either.
      if (!(code >= 0x20)) throw new JsonError('unterminated or unescaped string');
      if (code === 0x5c) {
        whole += text.slice(start, i);
        const letter = text[++i]!;
        if (letter === 'u') {
          const digits = text.slice(i + 1, i + 5);
          if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw new JsonError('bad escape');
          const unit = Number.parseInt(digits, 16);
          const isLow = (unit & 0xfc00) === 0xdc00;
          if (isLow !== (half !== 0)) throw new JsonError(HALF);
          if (isLow) whole += String.fromCharCode(half);
          half = (unit & 0xfc00) === 0xd800 ? unit : 0;
          if (half === 0) whole += String.fromCharCode(unit);
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

  /** Passes the bracket that opens an array or object. */
  #open(depth: number): void {
    if (depth > MAX_DEPTH) throw new JsonError('nested too deep');
    this.#position++;
  }

  #array(depth: number): JsonRead[] {
    this.#open(depth);
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
    this.#open(depth);
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
