/**
 * Words of a command line as JSON-RPC parameters: text stays text where the method wants text, and is
 * read as JSON elsewhere, by the method's own table. (bitcoin-cli: rpc/client.cpp)
 */
import { JsonObject, type JsonRead } from '../../../core/encoding/json.ts';
import { JsonError, readJson } from '../../../core/encoding/json-reader.ts';
import { findMethod, type Registry } from '../../../rpc/registry.ts';
import type { Fields, Schema } from '../../../rpc/schema.ts';
import { UsageError } from './usage-error.ts';

/** @throws UsageError */
export function positionalArguments(
  method: string,
  words: readonly string[],
  registry: Registry,
): JsonRead[] {
  const parameters = Object.values(findMethod(registry, method)?.parameters ?? {});
  return words.map((word, i) => convert(word, parameters[i]));
}

/** `name=value` words; those without a name go into `args` as Core's do. @throws UsageError */
export function namedArguments(method: string, words: readonly string[], registry: Registry): JsonObject {
  const parameters = findMethod(registry, method)?.parameters ?? {};
  const entries: [string, JsonRead][] = [];
  const positional: string[] = [];
  for (const word of words) {
    const equals = word.indexOf('=');
    if (equals < 0) {
      positional.push(word);
      continue;
    }
    const name = word.slice(0, equals);
    if (entries.some(([known]) => known === name)) {
      throw new UsageError(`Parameter '${name}' specified multiple times`);
    }
    entries.push([name, convert(word.slice(equals + 1), findNamed(name, parameters))]);
  }
  if (positional.length > 0) entries.push(['args', positionalArguments(method, positional, registry)]);
  return new JsonObject(entries);
}

function findNamed(name: string, parameters: Fields): Schema | undefined {
  const options = Object.values(parameters).filter(({ named }) => named);
  return [parameters, ...options.map(({ fields }) => fields!)]
    .flatMap((fields) => Object.entries(fields))
    .find(([names]) => names.split('|').includes(name))?.[1];
}

function convert(word: string, schema: Schema | undefined): JsonRead {
  // A parameter of several types (a hash or a height) is JSON if it can be, or else text.
  const either = schema !== undefined && schema.json === undefined && schema.kind !== 'amount';
  const isText = schema === undefined || schema.kind === 'string' || schema.kind === 'hex';
  if (isText && !either) return word;
  try {
    return readJson(word);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    if (either) return word;
    throw new UsageError(`Error parsing JSON: ${word}`);
  }
}
