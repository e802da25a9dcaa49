/**
 * From what a caller sent to what a method reads: named parameters into their positions, counts and types. Every
 * error is Bitcoin Core's (rpc/server.cpp, rpc/util.cpp).
 */
import { JsonObject, type JsonRead } from '../core/encoding/json.ts';
import type { JsonWritable } from '../core/encoding/json-writer.ts';
import { writeJson } from '../core/encoding/json-writer.ts';
import type { RpcContext } from './context.ts';
import { type RpcError, refuse } from './errors.ts';
import { helpText } from './help.ts';
import type { Method, RpcRequest } from './registry.ts';
import type { Schema } from './schema.ts';
import { typeName } from './values.ts';

/** Names, aliases behind `|`, and schema. */
type Parameter = readonly [string, Schema];

/** No method has so many parameters and options. */
const MOST_NAMES = 1_000;

/** Calls a method with what was given. @throws RpcError */
export function callMethod(
  method: Method,
  given: readonly JsonRead[] | JsonObject,
  context: RpcContext,
  request: RpcRequest,
): JsonWritable | Promise<JsonWritable> {
  const parameters = Object.entries(method.parameters);
  const values = given instanceof JsonObject ? positionNamed(parameters, given) : given;
  const needed = parameters.findLastIndex(([, schema]) => !schema.optional) + 1;
  if (values.length < needed || values.length > parameters.length) throw refuse.misc(helpText(method));
  checkTypes(parameters, values);
  const { name } = method;
  if (method.deprecated && !context.deprecated.has(name))
    throw refuse.method_deprecated(
      `DEPRECATION WARNING: Start bitcoind with the \`-deprecatedrpc=${name}\` option to use this while it is still there.`,
    );
  return method.run(values, context, request);
}

function checkTypes(parameters: readonly Parameter[], values: readonly JsonRead[]): void {
  let mismatches: Record<string, string> | undefined;
  for (let i = 0; i < parameters.length; i++) {
    const [names, { json, optional }] = parameters[i]!;
    if (json === undefined) continue;
    const actual = typeName(values[i]);
    if (actual === json || (actual === 'null' && optional)) continue;
    mismatches ??= {};
    mismatches[`Position ${i + 1} (${names})`] =
      `JSON value of type ${actual} is not of expected type ${json}`;
  }
  if (mismatches !== undefined) throw refuse.type(`Wrong type passed:\n${writeJson(mismatches, 4)}`);
}

const duplicated = (name: string): RpcError => refuse.parameter(`Parameter ${name} specified multiple times`);

/**
 * Core's transformNamedArguments: holes become null, but none are added at the end; fields of an
 * `options` parameter may be given as parameters of their own; `args` holds leading positional ones.
 */
function positionNamed(parameters: readonly Parameter[], given: JsonObject): readonly JsonRead[] {
  const left = new Map<string, JsonRead>();
  // Of so many one is unknown or there twice: who sends a million is told so at once.
  for (const [name, value] of given.entries.slice(0, MOST_NAMES)) {
    if (left.has(name)) throw duplicated(name);
    left.set(name, value);
  }
  /** Takes a parameter by any of its names. */
  const take = (parameter: Parameter): readonly [string, JsonRead] | undefined => {
    const name = parameter[0].split('|').find((candidate) => left.has(candidate));
    if (name === undefined) return undefined;
    const value = left.get(name)!;
    left.delete(name);
    return [name, value];
  };

  const values: JsonRead[] = [];
  let hole = 0;
  let initialHole = 0;
  let initial: Parameter | undefined;
  for (const parameter of parameters) {
    const options = parameter[1].named ? takeOptions(parameter, take) : [];
    const found = take(parameter);
    if (found === undefined && options.length === 0) {
      hole++;
      if (values.length === 0) initialHole = hole;
      continue;
    }
    for (; hole > 0; hole--) values.push(null);
    initial ??= parameter;
    if (found !== undefined && options.length > 0)
      throw refuse.parameter(`Parameter ${found[0]} conflicts with parameter ${options[0]![0]}`);
    values.push(found === undefined ? new JsonObject(options) : found[1]);
  }

  const positional = left.get('args');
  left.delete('args');
  const result = positional === undefined ? values : joinPositional(positional, values, initialHole, initial);
  const unknown = left.keys().next().value;
  if (unknown !== undefined) throw refuse.parameter(`Unknown named parameter ${unknown}`);
  return result;
}

type Take = (parameter: Parameter) => readonly [string, JsonRead] | undefined;

function takeOptions(parameter: Parameter, take: Take): (readonly [string, JsonRead])[] {
  const options: (readonly [string, JsonRead])[] = [];
  for (const field of Object.entries(parameter[1].fields!)) {
    const found = take(field);
    if (found === undefined) continue;
    if (options.some(([name]) => name === found[0])) throw duplicated(found[0]);
    options.push(found);
  }
  return options;
}

function joinPositional(
  positional: JsonRead,
  named: readonly JsonRead[],
  initialHole: number,
  initial: Parameter | undefined,
): readonly JsonRead[] {
  if (typeName(positional) !== 'array') return named;
  const leading = positional as readonly JsonRead[];
  if (initial !== undefined && initialHole < leading.length)
    throw refuse.parameter(`Parameter ${initial[0]} specified twice both as positional and named argument`);
  return [...leading, ...named.slice(leading.length)];
}
