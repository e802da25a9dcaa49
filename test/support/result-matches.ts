/** Whether an answer is what the method's help says it is (Core's -rpcdoccheck). */
import type { Result } from '../../src/rpc/result.ts';

const SIMPLE: Readonly<Record<string, string>> = {
  string: 'string',
  hex: 'string',
  number: 'number',
  amount: 'number',
  time: 'number',
  boolean: 'boolean',
};

/** What does not match, by path; empty if all does. */
export function mismatches(value: unknown, result: Result, path = ''): string[] {
  if (result.type === 'any') return [];
  if (result.type === 'none') return value === null ? [] : [`${path}: not null`];
  const simple = SIMPLE[result.type];
  if (simple !== undefined) return typeof value === simple ? [] : [`${path}: not a ${simple}`];
  if (typeof value !== 'object' || value === null) return [`${path}: no object`];
  if (result.type === 'array' || result.type === 'fixed-array') {
    if (!Array.isArray(value)) return [`${path}: no array`];
    const { inner } = result;
    return value.flatMap((item, i) =>
      mismatches(item, inner[Math.min(i, inner.length - 1)]!, `${path}[${i}]`),
    );
  }
  if (Array.isArray(value)) return [`${path}: an array`];
  if (result.type === 'keyed')
    return Object.entries(value).flatMap(([key, item]) =>
      mismatches(item, result.inner[0]!, `${path}.${key}`),
    );
  const known = new Map(result.inner.map((field) => [field.name, field]));
  const unknown = Object.keys(value).filter((key) => !known.has(key));
  return [
    ...unknown.map((key) => `${path}.${key}: not in the help`),
    ...result.inner.flatMap((field) => {
      const item = (value as Record<string, unknown>)[field.name];
      if (item !== undefined) return mismatches(item, field, `${path}.${field.name}`);
      return field.optional ? [] : [`${path}.${field.name}: missing`];
    }),
  ];
}

/** A method may have several results; one has to match. */
export function undocumented(value: unknown, results: readonly Result[]): string[] {
  const all = results.map((result) => mismatches(value, result));
  return all.some((list) => list.length === 0) ? [] : all.reduce((a, b) => (a.length <= b.length ? a : b));
}
