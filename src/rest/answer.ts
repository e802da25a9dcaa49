/**
 * What every resource of the REST interface has in common: how a request is read, in which forms it is answered, and
 * how it is refused. Paths, forms, status codes and error texts are Bitcoin Core's (rest.cpp).
 */
import type { HeaderEntry } from '../chain/header-entry.ts';
import type { BlockHash } from '../core/block/header.ts';
import { isHex, toHex, utf8 } from '../core/encoding/bytes.ts';
import type { JsonWritable } from '../core/encoding/json-writer.ts';
import { writeJson } from '../core/encoding/json-writer.ts';
import type { RpcContext } from '../rpc/context.ts';

export type RestForm = 'bin' | 'hex' | 'json';

export interface RestRequest {
  /** What follows the resource's prefix, without form and query. */
  readonly path: string;
  /** Undefined where none that exists is named. */
  readonly form: RestForm | undefined;
  readonly query: (name: string) => string | undefined;
  readonly body: Uint8Array;
  readonly context: RpcContext;
}

export interface RestAnswer {
  readonly status: number;
  /** Of the body; empty for none. */
  readonly type: string;
  /** Whether the answer can never be another, so that it may be kept. */
  readonly immutable: boolean;
  readonly body: Uint8Array;
}

export type Resource = (request: RestRequest) => RestAnswer | Promise<RestAnswer>;

/** A refusal, with its HTTP status. */
export class RestError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export const badRequest = (message: string): RestError => new RestError(400, message);
export const notFound = (message: string): RestError => new RestError(404, message);

const noSuchForm = (available: string): RestError =>
  notFound(`output format not found (available: ${available})`);

const answer = (type: string, body: Uint8Array, immutable = false): RestAnswer => ({
  status: 200,
  type,
  immutable,
  body,
});

export const refusal = ({ status, message }: RestError): RestAnswer => ({
  ...answer('text/plain', utf8(`${message}\r\n`)),
  status,
});

const textAnswer = (text: string, immutable?: boolean): RestAnswer =>
  answer('text/plain', utf8(`${text}\n`), immutable);
const jsonAnswer = (value: JsonWritable, immutable?: boolean): RestAnswer =>
  answer('application/json', utf8(`${writeJson(value)}\n`), immutable);

/** What a resource has to give: the same in each form. */
interface Content {
  readonly bytes: () => Uint8Array;
  /** Where hex is not simply that of the bytes. */
  readonly hex?: () => string;
  readonly json: () => JsonWritable | Promise<JsonWritable>;
  /** Whether it can never be another. */
  readonly immutable?: boolean | 'bytes';
}

/** @throws RestError where the form is none */
export async function inForm(form: RestForm | undefined, content: Content): Promise<RestAnswer> {
  const { bytes, json, immutable = false } = content;
  switch (form) {
    case 'bin':
      return answer('application/octet-stream', bytes(), immutable !== false);
    case 'hex':
      return textAnswer(content.hex?.() ?? toHex(bytes()), immutable !== false);
    case 'json':
      return jsonAnswer(await json(), immutable === true);
    default:
      throw noSuchForm('.bin, .hex, .json');
  }
}

/** For what has no other form. @throws RestError */
export async function inJson(
  { form }: RestRequest,
  json: () => JsonWritable | Promise<JsonWritable>,
  immutable = false,
): Promise<RestAnswer> {
  if (form !== 'json') throw noSuchForm('json');
  return jsonAnswer(await json(), immutable);
}

/** Of a block or a transaction, in small letters. @throws RestError */
export function hashIn<T extends string = BlockHash>(text: string): T {
  if (text.length !== 64 || !isHex(text)) throw badRequest(`Invalid hash: ${text}`);
  return text.toLowerCase() as T;
}

/** @throws RestError */
export function blockIn(text: string, { chain }: RpcContext): HeaderEntry {
  const entry = chain.entry(hashIn(text));
  if (entry === undefined) throw notFound(`${text} not found`);
  return entry;
}

/** Digits and nothing else, up to a bound. */
export function wholeNumber(text: string | undefined, most: number): number | undefined {
  const number = /^\d+$/.test(text ?? '') ? Number(text) : Number.NaN;
  return number <= most ? number : undefined;
}
