/**
 * From what a caller sent to what a handler receives: named parameters into their positions, counts,
 * types, defaults. Every error is Bitcoin Core's (rpc/server.cpp, rpc/util.cpp).
 */
import type { RpcContext, RpcRequest } from './context.ts';
import { RpcCode, RpcError } from './errors.ts';
import { helpText } from './help.ts';
import { JsonObject, type JsonRead, type JsonWritable } from './json.ts';
import { writeJson } from './json-writer.ts';
import type { Method } from './method.ts';
import type { Parameter, ParameterType } from './parameter.ts';
import { amountFrom, integerFrom, realFrom, typeName } from './values.ts';

/** Calls a method with what was given. @throws RpcError */
export function callMethod(
  method: Method,
  given: readonly JsonRead[] | JsonObject,
  context: RpcContext,
  request: RpcRequest,
): JsonWritable | Promise<JsonWritable> {
  const values = given instanceof JsonObject ? positionNamed(method.parameters, given) : given;
  const parameters = method.parameters;
  let needed = parameters.length;
  while (needed > 0 && !parameters[needed - 1]!.required) needed--;
  if (values.length < needed || values.length > parameters.length)
    throw new RpcError(RpcCode.MISC_ERROR, helpText(method));
  checkTypes(parameters, values);
  if (method.run !== undefined) return method.run(values, context, request);
  const converted = parameters.map((parameter, i) => convert(parameter, values[i] ?? null));
  return method.handler(converted, context, request);
}

/** UniValue's type that each parameter type wants; the others are read where they are used. */
const EXPECTED: Partial<Record<ParameterType, string>> = Object.freeze({
  string: 'string',
  hex: 'string',
  number: 'number',
  boolean: 'bool',
  object: 'object',
  keyed: 'object',
  options: 'object',
  array: 'array',
});

function checkTypes(parameters: readonly Parameter[], values: readonly JsonRead[]): void {
  let mismatches: Record<string, string> | undefined;
  for (let i = 0; i < parameters.length; i++) {
    const parameter = parameters[i]!;
    const expected = EXPECTED[parameter.type];
    if (parameter.unchecked || expected === undefined) continue;
    const actual = typeName(values[i]);
    if (actual === expected || (actual === 'null' && !parameter.required)) continue;
    mismatches ??= {};
    mismatches[`Position ${i + 1} (${parameter.names})`] =
      `JSON value of type ${actual} is not of expected type ${expected}`;
  }
  if (mismatches !== undefined)
    throw new RpcError(RpcCode.TYPE_ERROR, `Wrong type passed:\n${writeJson(mismatches, 4)}`);
}

function convert(parameter: Parameter, value: JsonRead): unknown {
  if (parameter.unchecked) return value ?? undefined;
  if (value === null) {
    if (parameter.default !== undefined) return parameter.default;
    return parameter.required && parameter.type === 'amount' ? amountFrom(value) : undefined;
  }
  if (parameter.type === 'amount') return amountFrom(value);
  if (parameter.type !== 'number') return value;
  return parameter.bounds === undefined ? realFrom(value) : integerFrom(value, parameter.bounds);
}

const duplicated = (name: string): RpcError =>
  new RpcError(RpcCode.INVALID_PARAMETER, `Parameter ${name} specified multiple times`);

/**
 * Core's transformNamedArguments: holes become null, but none are added at the end; fields of an
 * `options` parameter may be given as parameters of their own; `args` holds leading positional ones.
 */
function positionNamed(parameters: readonly Parameter[], given: JsonObject): readonly JsonRead[] {
  const left = new Map<string, JsonRead>();
  for (const [name, value] of given.entries) {
    if (left.has(name)) throw duplicated(name);
    left.set(name, value);
  }
  /** Takes a parameter by any of its names. */
  const take = (parameter: Parameter): readonly [string, JsonRead] | undefined => {
    const name = parameter.names.split('|').find((candidate) => left.has(candidate));
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
    const options = parameter.type === 'options' ? takeOptions(parameter, take) : [];
    const found = take(parameter);
    if (found === undefined && options.length === 0) {
      hole++;
      if (values.length === 0) initialHole = hole;
      continue;
    }
    for (; hole > 0; hole--) values.push(null);
    initial ??= parameter;
    if (found !== undefined && options.length > 0)
      throw new RpcError(
        RpcCode.INVALID_PARAMETER,
        `Parameter ${found[0]} conflicts with parameter ${options[0]![0]}`,
      );
    values.push(found === undefined ? new JsonObject(options) : found[1]);
  }

  const positional = left.get('args');
  left.delete('args');
  const result = positional === undefined ? values : joinPositional(positional, values, initialHole, initial);
  const unknown = left.keys().next().value;
  if (unknown !== undefined)
    throw new RpcError(RpcCode.INVALID_PARAMETER, `Unknown named parameter ${unknown}`);
  return result;
}

type Take = (parameter: Parameter) => readonly [string, JsonRead] | undefined;

function takeOptions(parameter: Parameter, take: Take): (readonly [string, JsonRead])[] {
  const options: (readonly [string, JsonRead])[] = [];
  for (const field of parameter.inner) {
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
    throw new RpcError(
      RpcCode.INVALID_PARAMETER,
      `Parameter ${initial.names} specified twice both as positional and named argument`,
    );
  return [...leading, ...named.slice(leading.length)];
}
