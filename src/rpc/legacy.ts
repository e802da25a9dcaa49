/** Schemas in the words of the parameters and results that help and the API document still read. */
import type { Parameter, ParameterType } from './parameter.ts';
import type { Result, ResultType } from './result.ts';
import type { Fields, Schema } from './schema.ts';

export const legacyParameters = (fields: Fields): readonly Parameter[] =>
  Object.entries(fields).map(([names, schema]) => legacyParameter(names, schema));

function legacyParameter(names: string, schema: Schema): Parameter {
  const { help, optional, fallback, hint, hidden, bounds, fields, element, named, json, kind, key } = schema;
  const type: ParameterType =
    kind === 'object'
      ? named
        ? 'options'
        : 'object'
      : kind === 'record'
        ? 'keyed'
        : kind === 'integer' || kind === 'time'
          ? 'number'
          : kind === 'null' || kind === 'any' || kind === 'cases'
            ? 'string'
            : kind;
  const inner =
    fields !== undefined ? legacyParameters(fields) : element ? [legacyParameter(key ?? '', element)] : [];
  const value = typeof fallback === 'function' ? fallback() : fallback;
  const plain =
    typeof value === 'bigint' ? Number(value) / 1e8 : typeof value === 'object' ? undefined : value;
  return {
    names,
    type,
    description: help,
    required: optional !== true,
    default: plain as never,
    hint,
    inner,
    bounds,
    hidden,
    unchecked: json === undefined && type !== 'amount',
    ...(schema.type !== undefined && { typeText: [schema.type, schema.type] as const }),
  };
}

export function legacyResults(schema: Schema, condition = ''): readonly Result[] {
  if (schema.kind === 'cases') {
    const on = (schema as unknown as { on: string }).on;
    return Object.entries(schema.cases!).flatMap(([value, each]) =>
      legacyResults(each, on === '' ? value : `${on} = ${value}`),
    );
  }
  return [legacyResult('', schema, condition)];
}

export function legacyResult(name: string, schema: Schema, condition = ''): Result {
  const { kind, help, optional, fields, element, key } = schema;
  const type: ResultType =
    kind === 'null'
      ? 'none'
      : kind === 'integer'
        ? 'number'
        : kind === 'record'
          ? 'keyed'
          : kind === 'cases'
            ? 'any'
            : kind;
  const inner = fields
    ? Object.entries(fields).map(([field, each]) => legacyResult(field, each))
    : element
      ? [legacyResult(key ?? '', element)]
      : [];
  return { type, name, description: help, optional: optional === true, inner, condition };
}

export const legacyFields = (fields: Fields): readonly Result[] =>
  Object.entries(fields).map(([name, each]) => legacyResult(name, each));
