/** The API document: every method as OpenRPC describes it, from the same objects as the help. */
import type { JsonWritable } from './json.ts';
import type { Method } from './method.ts';
import { firstName, type Parameter } from './parameter.ts';
import type { Registry } from './registry.ts';
import type { Result } from './result.ts';

const OPENRPC_VERSION = '1.3.2';

type Schema = { readonly [key: string]: JsonWritable };

const STRING: Schema = { type: 'string' };
const NUMBER: Schema = { type: 'number' };
const HEX: Schema = { type: 'string', pattern: '^([0-9a-fA-F]{2})*$' };
const BITCOIN = { multipleOf: 1e-8 };

/** Hidden methods are left out, as in `help`. */
export function openRpcDocument(registry: Registry, version: string) {
  const shown = [...registry.values()].filter(({ category }) => category !== 'hidden');
  return {
    openrpc: OPENRPC_VERSION,
    info: { title: 'Penny', version },
    methods: shown.sort((a, b) => (a.name < b.name ? -1 : 1)).map(methodJson),
  };
}

function methodJson(method: Method): JsonWritable {
  const [summary] = method.description.trim().split('\n', 1);
  return {
    name: method.name,
    summary: summary!,
    description: method.description.trim(),
    tags: [{ name: method.category }],
    paramStructure: 'either',
    params: method.parameters
      .filter(({ hidden }) => hidden !== true)
      .map((parameter) => ({
        name: firstName(parameter),
        description: parameter.description,
        required: parameter.required,
        schema: parameterSchema(parameter),
      })),
    result: { name: 'result', schema: oneOf(method.results.map(resultSchema)) },
  };
}

function oneOf(schemas: readonly Schema[]): Schema {
  return schemas.length === 1 ? schemas[0]! : { oneOf: schemas };
}

function parameterSchema(parameter: Parameter): Schema {
  const described: Schema = {
    ...(parameter.default !== undefined && { default: parameter.default }),
    ...(parameter.hint !== undefined && { 'x-default': parameter.hint }),
  };
  // Several types are accepted, and only words say which.
  if (parameter.unchecked) return described;
  return { ...parameterType(parameter), ...described };
}

function parameterType({ type, inner, bounds }: Parameter): Schema {
  switch (type) {
    case 'string':
      return STRING;
    case 'hex':
      return HEX;
    case 'boolean':
      return { type: 'boolean' };
    case 'number':
      return bounds === undefined ? NUMBER : { type: 'integer', minimum: bounds[0], maximum: bounds[1] };
    case 'amount':
      return oneOf([{ ...NUMBER, ...BITCOIN }, STRING]);
    case 'range':
      return oneOf([
        { type: 'integer' },
        { type: 'array', items: { type: 'integer' }, minItems: 2, maxItems: 2 },
      ]);
    case 'array':
      return { type: 'array', items: oneOf(inner.map(parameterSchema)) };
    case 'keyed':
      return { type: 'object', additionalProperties: oneOf(inner.map(parameterSchema)) };
    case 'object':
    case 'options':
      return objectSchema(
        inner.map((field) => [firstName(field), parameterSchema(field), field.description, field.required]),
      );
  }
}

function objectSchema(fields: readonly (readonly [string, Schema, string, boolean])[]): Schema {
  const required = fields.filter(([, , , needed]) => needed).map(([name]) => name);
  return {
    type: 'object',
    properties: Object.fromEntries(
      fields.map(([name, schema, description]) => [
        name,
        description === '' ? schema : { ...schema, description },
      ]),
    ),
    ...(required.length > 0 && { required }),
  };
}

function resultSchema(result: Result): Schema {
  return result.condition === ''
    ? resultType(result)
    : { ...resultType(result), description: result.condition };
}

function resultType({ type, inner }: Result): Schema {
  switch (type) {
    case 'none':
      return { type: 'null' };
    case 'any':
      return {};
    case 'string':
      return STRING;
    case 'hex':
      return HEX;
    case 'boolean':
      return { type: 'boolean' };
    case 'number':
      return NUMBER;
    case 'time':
      return { type: 'integer' };
    case 'amount':
      return { ...NUMBER, ...BITCOIN };
    case 'array':
      return { type: 'array', items: oneOf(inner.map(resultSchema)) };
    case 'fixed-array':
      return { type: 'array', prefixItems: inner.map(resultSchema) };
    case 'keyed':
      return { type: 'object', additionalProperties: oneOf(inner.map(resultSchema)) };
    case 'object':
      return objectSchema(
        inner.map((field) => [field.name, resultSchema(field), field.description, !field.optional]),
      );
  }
}
