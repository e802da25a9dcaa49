/** Whether an answer is what the method's help says it is (Core's -rpcdoccheck). */
import { firstName, type Schema } from '../../src/rpc/schema.ts';

const SIMPLE: Readonly<Record<string, string>> = {
  string: 'string',
  hex: 'string',
  number: 'number',
  integer: 'number',
  amount: 'number',
  time: 'number',
  boolean: 'boolean',
};

/** What does not match, by path; empty if all does. */
export function mismatches(value: unknown, schema: Schema, path = ''): string[] {
  const { kind, element, fields = {}, cases } = schema;
  if (kind === 'any') return [];
  if (kind === 'cases') {
    // One has to match.
    const all = Object.values(cases!).map((each) => mismatches(value, each, path));
    return all.some((list) => list.length === 0) ? [] : all.reduce((a, b) => (a.length <= b.length ? a : b));
  }
  if (kind === 'null') return value === null ? [] : [`${path}: not null`];
  const simple = SIMPLE[kind];
  if (simple !== undefined) return typeof value === simple ? [] : [`${path}: not a ${simple}`];
  if (typeof value !== 'object' || value === null) return [`${path}: no object`];
  if (kind === 'array') {
    if (!Array.isArray(value)) return [`${path}: no array`];
    return value.flatMap((item, i) => mismatches(item, element!, `${path}[${i}]`));
  }
  if (Array.isArray(value)) return [`${path}: an array`];
  if (kind === 'record')
    return Object.entries(value).flatMap(([key, item]) => mismatches(item, element!, `${path}.${key}`));
  const known = new Map(Object.entries(fields).map(([names, field]) => [firstName(names), field]));
  const unknown = Object.keys(value).filter((key) => !known.has(key));
  return [
    ...unknown.map((key) => `${path}.${key}: not in the help`),
    ...[...known].flatMap(([name, field]) => {
      const item = (value as Record<string, unknown>)[name];
      if (item !== undefined) return mismatches(item, field, `${path}.${name}`);
      return field.optional ? [] : [`${path}.${name}: missing`];
    }),
  ];
}
