/** Writes JSON as Bitcoin Core does, to the digit. */
import { JsonNumber, JsonObject } from './json.ts';

/**
 * A value that is written already. What blocks show by the thousand is written at once: objects in between
 * took as long as everything else. It may be in pieces, as to put a long text together takes as long as to send it.
 */
export class JsonText {
  readonly pieces: readonly string[];

  constructor(...pieces: readonly string[]) {
    this.pieces = pieces;
  }

  get text(): string {
    return this.pieces.join('');
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
  | JsonText
  | readonly JsonWritable[]
  | { readonly [key: string]: JsonWritable };

/** @param indent spaces a level, for people; 0 writes one line. */
export function writeJson(value: JsonWritable, indent = 0): string {
  return indent === 0 ? write(value) : writeIndented(value, indent, '\n');
}

/** Fields of an object, or their text without its braces. */
type Fields = string | { readonly [key: string]: JsonWritable };

/** One object of the fields of several, in this order. */
export function joinFields(...parts: readonly Fields[]): JsonText {
  let joined = '';
  for (const part of parts) {
    const text = typeof part === 'string' ? part : writeFields(part);
    joined += joined === '' || text === '' ? text : `,${text}`;
  }
  return new JsonText(`{${joined}}`);
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
  if (!(value instanceof JsonObject))
    return `{${writeFields(value as Readonly<Record<string, JsonWritable>>)}}`;
  let text = '';
  for (const [key, item] of value.entries) text += field(text, key, item);
  return `{${text}}`;
}

function writeFields(record: Readonly<Record<string, JsonWritable>>): string {
  let text = '';
  for (const key of Object.keys(record)) text += field(text, key, record[key]);
  return text;
}

function field(before: string, key: string, value: JsonWritable): string {
  if (value === undefined) return '';
  return before === '' ? `${quote(key)}:${write(value)}` : `,${quote(key)}:${write(value)}`;
}

const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

/** Nearly all text in answers is hex, addresses and names, which need no escapes. */
function quote(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text).replaceAll('\x7f', '\\u007f');
}

/** The text of an object that stands for a single value. */
function writeLeaf(value: object): string | undefined {
  if (value instanceof JsonNumber || value instanceof JsonText) return value.text;
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
