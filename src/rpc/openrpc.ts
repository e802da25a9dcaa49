/** The API document: every method as OpenRPC describes it, from the same objects as the help. */
import type { JsonWritable } from '../core/encoding/json-writer.ts';
import type { Method, Registry } from './registry.ts';
import * as t from './schema.ts';

const OPENRPC_VERSION = '1.3.2';

type JsonSchema = { readonly [key: string]: JsonWritable };

const STRING: JsonSchema = { type: 'string' };
const BITCOIN: JsonSchema = { type: 'number', multipleOf: 1e-8 };
const ACCEPTED: Readonly<Record<t.AcceptedType, JsonSchema>> = {
  string: STRING,
  numeric: { type: 'number' },
  boolean: { type: 'boolean' },
  array: { type: 'array' },
  object: { type: 'object' },
};

/** Hidden methods are left out, as in `help`. */
export function openRpcDocument(registry: Registry, version: string) {
  const shown = Object.values(registry).filter(({ category }) => category !== 'hidden');
  return {
    openrpc: OPENRPC_VERSION,
    info: { title: 'Penny', version },
    methods: shown.sort((a, b) => (a.name < b.name ? -1 : 1)).map(methodJson),
  };
}

function methodJson({ name, category, help, parameters, result }: Method): JsonWritable {
  const [summary] = help.trim().split('\n', 1);
  return {
    name,
    summary: summary!,
    description: help.trim(),
    tags: [{ name: category }],
    paramStructure: 'either',
    params: Object.entries(parameters)
      .filter(([, { hidden }]) => hidden !== true)
      .map(([names, schema]) => ({
        name: t.firstName(names),
        description: schema.help,
        required: schema.optional !== true,
        schema: { ...jsonSchema(schema, 'sent'), ...defaultOf(schema) },
        // Its properties may also be given as parameters of their own.
        ...(schema.named && { 'x-named': true }),
      })),
    result: { name: 'result', schema: jsonSchema(result, 'answered') },
  };
}

function defaultOf(schema: t.Schema): JsonSchema {
  const value = t.fallbackOf(schema);
  const { hint } = schema;
  return { ...(value !== undefined && { default: value }), ...(hint !== undefined && { 'x-default': hint }) };
}

const oneOf = (schemas: readonly JsonSchema[]): JsonSchema =>
  schemas.length === 1 ? schemas[0]! : { oneOf: schemas };

function jsonSchema(schema: t.Schema, side: 'sent' | 'answered'): JsonSchema {
  const { kind, bounds, element, fields, types } = schema;
  // Several types are accepted.
  if (side === 'sent' && types !== undefined) return oneOf(types.map((type) => ACCEPTED[type]));
  switch (kind) {
    case 'null':
      return { type: 'null' };
    case 'any':
      return {};
    case 'string':
      return STRING;
    case 'hex':
      return { type: 'string', pattern: '^([0-9a-fA-F]{2})*$' };
    case 'boolean':
      return { type: 'boolean' };
    case 'number':
      return { type: 'number' };
    case 'integer':
    case 'time':
      return bounds === undefined || side === 'answered'
        ? { type: 'integer' }
        : { type: 'integer', minimum: bounds[0], maximum: bounds[1] };
    case 'amount':
      return side === 'sent' ? oneOf([BITCOIN, STRING]) : BITCOIN;
    case 'array':
      return { type: 'array', items: jsonSchema(element!, side) };
    case 'record':
      return { type: 'object', additionalProperties: jsonSchema(element!, side) };
    case 'object':
      return objectSchema(fields!, side);
    case 'cases':
      return oneOf(
        Object.entries(schema.cases!).map(([value, each]) => ({
          ...jsonSchema(each, side),
          description: schema.on === '' ? value : `${schema.on} = ${value}`,
        })),
      );
  }
}

function objectSchema(fields: t.Fields, side: 'sent' | 'answered'): JsonSchema {
  const all = Object.entries(fields);
  const required = all.filter(([, { optional }]) => !optional).map(([names]) => t.firstName(names));
  return {
    type: 'object',
    properties: Object.fromEntries(
      all.map(([names, field]) => {
        const inner = jsonSchema(field, side);
        return [t.firstName(names), field.help === '' ? inner : { ...inner, description: field.help }];
      }),
    ),
    ...(required.length > 0 && { required }),
  };
}
