/** The table of methods: what exists, by name. */
import { type Method, type Named, type Spec, toMethod } from './method.ts';

export type Registry = ReadonlyMap<string, Method>;

type Table = readonly Method[] | Readonly<Record<string, Spec & Named>>;

/** @throws Error if two methods have one name. */
export function createRegistry(...tables: readonly Table[]): Registry {
  const registry = new Map<string, Method>();
  for (const table of tables)
    for (const method of Array.isArray(table)
      ? (table as readonly Method[])
      : Object.values(table).map(toMethod)) {
      if (registry.has(method.name)) throw new Error(`two RPC methods are called ${method.name}`);
      registry.set(method.name, method);
    }
  return registry;
}
