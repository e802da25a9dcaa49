/** Output scripts of the descriptors that callers name. */
import { toHex } from '../core/encoding/bytes.ts';
import { JsonObject, type JsonRead } from '../core/encoding/json.ts';
import type { NetworkParameters } from '../core/parameters/network.ts';
import { DescriptorError } from '../wallet/descriptors/descriptor-error.ts';
import { descriptorScript, expandAll } from '../wallet/descriptors/expansions.ts';
import { inferDescriptor } from '../wallet/descriptors/infer.ts';
import { addressScript } from './construct-transaction.ts';
import { refuse } from './errors.ts';
import * as t from './schema.ts';
import { arrayFrom, rangeFrom, stringFrom } from './values.ts';

/** Indexes of a ranged descriptor that are looked at unless a range is given. */
const DEFAULT_RANGE = [0, 1000] as const;

/** The script of an address, or of a descriptor. @param invalid what to say if it is neither @throws RpcError */
export function outputScript(text: string, parameters: NetworkParameters, invalid: string): Uint8Array {
  try {
    return descriptorScript(text, parameters);
  } catch (error) {
    if (!(error instanceof DescriptorError)) throw error;
  }
  return addressScript(text, parameters, invalid);
}

/** What `rangeFrom` reads. */
export const range = (help: string) =>
  t.unread<number | readonly [number, number]>(t.array(t.integer(), help), ['numeric', 'array']);

/** Descriptors, or objects of one and a range. */
export const scanObjects = t.custom<
  readonly (string | { readonly desc: string; readonly range?: number | readonly [number, number] })[],
  readonly JsonRead[]
>(
  t.array(
    t.brief('scanobjects', t.string('A descriptor')),
    'Descriptors, or {"desc": descriptor, "range": last index or [first,last]}; to index 1000 unless told',
  ),
  arrayFrom,
  { json: 'array' },
);

interface ScriptOfDescriptor {
  readonly script: Uint8Array;
  /** The descriptor that says the most about it. */
  readonly descriptor: string;
}

/**
 * The scripts of an object to scan for: a descriptor, or `{desc, range}` (Core's
 * EvalDescriptorStringOrObject).
 * @throws RpcError
 */
export function scanScripts(value: JsonRead, parameters: NetworkParameters): ScriptOfDescriptor[] {
  const { text, range } = scanObject(value);
  return Array.from(expandAll(text, parameters, range), ({ scripts, provider }) =>
    scripts.map((script) => ({ script, descriptor: inferDescriptor(script, parameters, provider) })),
  ).flat();
}

/** The scripts of objects to scan for, by their hex. @throws RpcError */
export function watchedScripts(
  objects: readonly JsonRead[],
  parameters: NetworkParameters,
): ReadonlyMap<string, Uint8Array> {
  const watched = new Map<string, Uint8Array>();
  for (const object of objects) {
    const { text, range } = scanObject(object);
    for (const { scripts } of expandAll(text, parameters, range))
      for (const script of scripts) watched.set(toHex(script), script);
  }
  return watched;
}

/** A descriptor, or one with a range. @throws RpcError */
export function scanObject(value: JsonRead): {
  readonly text: string;
  readonly range: readonly [number, number];
} {
  if (typeof value === 'string') return { text: value, range: DEFAULT_RANGE };
  if (!(value instanceof JsonObject))
    throw refuse.parameter('Scan object needs to be either a string or an object');
  const descriptor = value.get('desc') ?? null;
  if (descriptor === null) throw refuse.parameter('Descriptor needs to be provided in scan object');
  const range = value.get('range') ?? null;
  return { text: stringFrom(descriptor), range: range === null ? DEFAULT_RANGE : rangeFrom(range) };
}
