/**
 * Reads JSON text, exactly what Bitcoin Core accepts; bounded in depth and number of values where its
 * reader says so. Reads some at a
 * time, so that a body of 32 MiB holds nothing else up.
 */
import { JsonNumber, JsonObject, type JsonRead } from './json.ts';

export class JsonError extends Error {
  override readonly name = 'JsonError';
}

/** What a text from strangers may ask for. */
interface JsonBounds {
  /** Arrays and objects within each other. */
  readonly depth: number;
  /** Each takes memory, however short it is. */
  readonly values: number;
}
const UNBOUNDED: JsonBounds = Object.freeze({ depth: Infinity, values: Infinity });

/** Units of text that are put together at once. */
const UNITS = 4096;

const HALF = 'half a character';
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
/** What stands in a string as it is. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they end a string
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPES: Readonly<Record<string, number>> = Object.freeze({
  '"': 0x22,
  '\\': 0x5c,
  '/': 0x2f,
  b: 0x08,
  f: 0x0c,
  n: 0x0a,
  r: 0x0d,
  t: 0x09,
});

/** @throws JsonError */
export function readJson(text: string, bounds = UNBOUNDED): JsonRead {
  const reading = new JsonReading(text, bounds);
  reading.advance(Number.POSITIVE_INFINITY);
  return reading.value;
}

/** An array or object that is not closed yet. */
interface Open {
  readonly values: JsonRead[] | undefined;
  readonly entries: [string, JsonRead][] | undefined;
  /** Of an object's next entry, once it is read. */
  key: string | undefined;
}

/** A string of which a part was read. */
interface Begun {
  text: string;
  units: number[];
  /** Of a character in two escapes, the first; Core lets ASCII stand between them. */
  half: number;
}

export class JsonReading {
  readonly #text: string;
  readonly #bounds: JsonBounds;
  #position = 0;
  #values = 0;
  readonly #open: Open[] = [];
  #begun: Begun | undefined;
  #value: JsonRead | undefined;

  constructor(text: string, bounds: JsonBounds) {
    this.#text = text;
    this.#bounds = bounds;
  }

  get value(): JsonRead {
    return this.#value!;
  }

  /** What was read of the outermost array, which forgets it: who reads a long one need not hold all of it. */
  takeItems(): readonly JsonRead[] {
    return this.#open[0]?.values?.splice(0) ?? [];
  }

  /** Reads about so many characters more. @returns whether all is read */
  advance(characters: number): boolean {
    const end = this.#position + characters;
    while (this.#value === undefined || this.#open.length > 0) {
      if (this.#position >= end) return false;
      // A string that was begun, a key or a value.
      const open = this.#open.at(-1);
      const isKey = open?.entries !== undefined && open.key === undefined;
      const read = this.#begun === undefined ? this.#next(isKey) : this.#string(end);
      if (read === undefined) continue;
      if (isKey) this.#takeKey(read as string);
      else this.#take(read);
    }
    this.#skipSpace();
    if (this.#position !== this.#text.length) throw new JsonError('text after the value');
    return true;
  }

  /** Passes white space; the code of what comes next, or NaN at the end. */
  #skipSpace(): number {
    for (;;) {
      const code = this.#text.charCodeAt(this.#position);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return code;
      this.#position++;
    }
  }

  /** Undefined if it is a string not read to its end, or an array or object, which is open now. */
  #next(isKey: boolean): JsonRead | undefined {
    const code = this.#skipSpace();
    if (isKey && code !== 0x22) throw new JsonError('expected a key');
    if (!isKey && ++this.#values > this.#bounds.values) throw new JsonError('too many values');
    switch (code) {
      case 0x22:
        return this.#shortString();
      case 0x7b:
        return this.#enter({ values: undefined, entries: [], key: undefined }, 0x7d);
      case 0x5b:
        return this.#enter({ values: [], entries: undefined, key: undefined }, 0x5d);
      case 0x74:
        return this.#word('true', true);
      case 0x66:
        return this.#word('false', false);
      case 0x6e:
        return this.#word('null', null);
      default:
        return this.#plainNumber() ?? this.#anyNumber();
    }
  }

  /** Undefined unless it is empty. */
  #enter(open: Open, close: number): JsonRead | undefined {
    if (this.#open.length >= this.#bounds.depth) throw new JsonError('nested too deep');
    this.#position++;
    if (this.#skipSpace() !== close) {
      this.#open.push(open);
      return undefined;
    }
    this.#position++;
    return open.values ?? new JsonObject([]);
  }

  #takeKey(key: string): void {
    if (this.#skipSpace() !== 0x3a) throw new JsonError('expected :');
    this.#position++;
    this.#open.at(-1)!.key = key;
  }

  /** Puts a value where it belongs, and closes what ends behind it. */
  #take(read: JsonRead): void {
    let value = read;
    for (;;) {
      const open = this.#open.at(-1);
      if (open === undefined) {
        this.#value = value;
        return;
      }
      const { values, entries, key } = open;
      if (values === undefined) entries!.push([key!, value]);
      else values.push(value);
      open.key = undefined;
      const code = this.#skipSpace();
      this.#position++;
      if (code === 0x2c) return;
      if (code !== (values === undefined ? 0x7d : 0x5d))
        throw new JsonError(values === undefined ? 'expected , or }' : 'expected , or ]');
      value = values ?? new JsonObject(entries!);
      this.#open.pop();
    }
  }

  #word<T extends boolean | null>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#position)) throw new JsonError('unknown word');
    this.#position += word.length;
    return value;
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

  /** A string without escapes and not too long, as nearly all are; undefined begins another. */
  #shortString(): string | undefined {
    const text = this.#text;
    const start = ++this.#position;
    for (let i = start; i < start + UNITS; i++) {
      const code = text.charCodeAt(i);
      if (code === 0x22) {
        this.#position = i + 1;
        return text.slice(start, i);
      }
      if (code === 0x5c || !(code >= 0x20)) break;
    }
    this.#begun = { text: '', units: [], half: 0 };
    return undefined;
  }

  /** Reads a string on, to its end or about to `end`. */
  #string(end: number): string | undefined {
    const text = this.#text;
    const begun = this.#begun!;
    while (this.#position < end) {
      PLAIN.lastIndex = this.#position;
      const plain = PLAIN.exec(text)![0];
      if (plain !== '') {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII
        if (begun.half !== 0 && /[^\u0000-\u007f]/.test(plain)) throw new JsonError(HALF);
        flush(begun);
        begun.text += plain;
        this.#position += plain.length;
      }
      const code = text.charCodeAt(this.#position);
      if (code === 0x22) {
        if (begun.half !== 0) throw new JsonError(HALF);
        flush(begun);
        this.#position++;
        this.#begun = undefined;
        return begun.text;
      }
      if (code !== 0x5c) throw new JsonError('unterminated or unescaped string');
      this.#escape(begun);
    }
    return undefined;
  }

  #escape(begun: Begun): void {
    const letter = this.#text[this.#position + 1]!;
    if (letter !== 'u') {
      const unit = ESCAPES[letter];
      if (unit === undefined) throw new JsonError('bad escape');
      begun.units.push(unit);
      this.#position += 2;
    } else {
      const digits = this.#text.slice(this.#position + 2, this.#position + 6);
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw new JsonError('bad escape');
      const unit = Number.parseInt(digits, 16);
      const isLow = (unit & 0xfc00) === 0xdc00;
      if (isLow !== (begun.half !== 0)) throw new JsonError(HALF);
      if (isLow) begun.units.push(begun.half);
      begun.half = (unit & 0xfc00) === 0xd800 ? unit : 0;
      if (begun.half === 0) begun.units.push(unit);
      this.#position += 6;
    }
    if (begun.units.length >= UNITS) flush(begun);
  }
}

function flush(begun: Begun): void {
  if (begun.units.length === 0) return;
  begun.text += String.fromCharCode(...begun.units);
  begun.units = [];
}
