/** What a request says of itself, and its answer repeats: the dialects of JSON-RPC (1.0, 1.1 and 2.0). */
import { JsonObject, type JsonRead } from '../core/encoding/json.ts';
import { JsonText, type JsonWritable, writeJson } from '../core/encoding/json-writer.ts';
import { type RpcError, refuse } from './errors.ts';
import { refusalOf } from './refusals.ts';

export interface Call {
  readonly method: string;
  readonly parameters: readonly JsonRead[] | JsonObject;
}

const invalid = (text: string): RpcError => refuse.invalid_request(text);

/** Until a request is opened, that of one of which not even the id could be read. */
export class Envelope {
  /** Absent if the request had none. */
  #id: JsonRead | undefined = null;
  version: 1 | 2 = 1;

  /** Reads what is asked for. @throws RpcError -32600 */
  open(request: JsonRead): Call {
    if (!(request instanceof JsonObject)) throw invalid('Invalid Request object');
    this.#id = request.get('id');
    this.version = versionOf(request);
    const method = request.get('method') ?? null;
    if (method === null) throw invalid('Missing method');
    if (typeof method !== 'string') throw invalid('Method must be a string');
    const parameters = request.get('params') ?? [];
    if (typeof parameters !== 'object' || !(Array.isArray(parameters) || parameters instanceof JsonObject))
      throw invalid('Params must be an array or object');
    return { method, parameters };
  }

  get isNotification(): boolean {
    return this.version === 2 && this.#id === undefined;
  }

  success(result: JsonWritable): string {
    return `${this.#before}${writeJson(result)}${this.#after}`;
  }

  successInPieces(result: JsonWritable): readonly string[] {
    const pieces = result instanceof JsonText ? result.pieces : [writeJson(result)];
    return [this.#before, ...pieces, this.#after];
  }

  /** What stands before a result and behind it. */
  get #before(): string {
    return this.version === 2 ? '{"jsonrpc":"2.0","result":' : '{"result":';
  }

  get #after(): string {
    return `${this.version === 2 ? '' : ',"error":null'}${this.#idField}}`;
  }

  failure(error: unknown): string {
    const { code, message } = toRpcError(error);
    const text = writeJson({ code, message });
    return this.version === 2
      ? `{"jsonrpc":"2.0","error":${text}${this.#idField}}`
      : `{"result":null,"error":${text}${this.#idField}}`;
  }

  get #idField(): string {
    return this.#id === undefined ? '' : `,"id":${writeJson(this.#id)}`;
  }
}

function versionOf(request: JsonObject): 1 | 2 {
  const version = request.get('jsonrpc') ?? null;
  if (version === null) return 1;
  if (typeof version !== 'string') throw invalid('jsonrpc field must be a string');
  // The field is new in 2.0, but old documents put "1.0" there.
  if (version === '1.0') return 1;
  if (version === '2.0') return 2;
  throw invalid('JSON-RPC version not supported');
}

/** What Core does with an exception that no handler expected. */
export function toRpcError(error: unknown): RpcError {
  return refusalOf(error) ?? refuse.misc(error instanceof Error ? error.message : String(error));
}
