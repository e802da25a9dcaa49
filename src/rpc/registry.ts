/** The table of methods: what exists, by name. */
import type { Method } from './method.ts';

export type Registry = ReadonlyMap<string, Method>;

/** @throws Error if two methods have one name. */
export function createRegistry(...tables: readonly (readonly Method[])[]): Registry {
  const registry = new Map<string, Method>();
  for (const method of tables.flat()) {
    if (registry.has(method.name)) throw new Error(`two RPC methods are called ${method.name}`);
    registry.set(method.name, method);
  }
  return registry;
}
