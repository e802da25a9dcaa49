/** Output scripts of the descriptors that callers name. */
import { toHex } from '../core/encoding/bytes.ts';
import { JsonObject } from '../core/encoding/json.ts';
import type { NetworkParameters } from '../core/parameters/network.ts';
import { DescriptorError } from '../wallet/descriptors/descriptor-error.ts';
import { descriptorScript, expandAll } from '../wallet/descriptors/expansions.ts';
import { inferDescriptor } from '../wallet/descriptors/infer.ts';
import { parseDescriptor } from '../wallet/descriptors/parse.ts';
import { addressScript } from './construct-transaction.ts';
import type { RpcContext } from './context.ts';
import { refuse } from './errors.ts';
import { LIMITS } from './limits.ts';
import * as t from './schema.ts';
import { rangeFrom, stringFrom } from './values.ts';

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

/** Both ends included. */
export const range = (help = '') =>
  t.custom<number | readonly [number, number], readonly [number, number]>(
    t.array(t.integer(), help),
    rangeFrom,
    { types: ['numeric', 'array'] },
  );

const described = t.object(
  {
    desc: t.custom<string, string>(t.string(), (value) => {
      if (value === null) throw refuse.parameter('Descriptor needs to be provided in scan object');
      return stringFrom(value);
    }),
    range: t.standard(range(), DEFAULT_RANGE),
  },
  '',
  { loose: true },
);
export type ScanObject = t.Held<typeof described>;

/** A descriptor, or one with a range (Core's EvalDescriptorStringOrObject). */
export const scanObject = t.custom<string | t.Sent<typeof described>, ScanObject>(
  t.brief('scanobjects', t.string('A descriptor')),
  (value, name, context) => {
    if (typeof value === 'string') return { desc: value, range: DEFAULT_RANGE };
    if (value instanceof JsonObject) return described.read(value, name, context);
    throw refuse.parameter('Scan object needs to be either a string or an object');
  },
);

export const scanObjects = t.deferred(
  t.array(
    scanObject,
    'Descriptors, or {"desc": descriptor, "range": last index or [first,last]}; to index 1000 unless told',
  ),
);

/**
 * The scripts of objects, private keys left out, while everything else goes on. An address counts as a descriptor.
 * @param allow told how many more there will be @throws RpcError
 */
export async function derivedScripts(
  objects: readonly ScanObject[],
  { parameters, clock }: Pick<RpcContext, 'parameters' | 'clock'>,
  allow: (more: number) => void,
): Promise<Uint8Array[]> {
  const found: Uint8Array[] = [];
  let turn = clock.monotonic();
  for (const { desc, range } of objects) {
    const parsed = parsedOrNot(desc, parameters);
    if (parsed === undefined) found.push(addressScript(desc, parameters, 'Invalid address or descriptor'));
    for (const branch of parsed?.descriptors ?? []) {
      const [first, last] = branch.isRange ? range : [0, 0];
      allow(last - first + 1);
      for (let index = first; index <= last; index++) {
        const own = branch.scriptsAt(index, parsed!.secrets.lookup);
        if (own === null) throw refuse.key(`Cannot derive script without private keys: '${desc}'`);
        found.push(...own);
        if (clock.monotonic() - turn < LIMITS.turn) continue;
        await clock.yield();
        turn = clock.monotonic();
      }
    }
  }
  return found;
}

/** Undefined of what has not even the form of one. @throws RpcError */
function parsedOrNot(text: string, parameters: NetworkParameters) {
  if (text.includes('(')) return parseDescriptor(text, parameters);
  try {
    return parseDescriptor(text, parameters);
  } catch (error) {
    if (!(error instanceof DescriptorError)) throw error;
    return undefined;
  }
}

interface ScriptOfDescriptor {
  readonly script: Uint8Array;
  /** The descriptor that says the most about it. */
  readonly descriptor: string;
}

/** The scripts of an object to scan for. @throws RpcError */
export const scanScripts = (
  { desc, range }: ScanObject,
  parameters: NetworkParameters,
): ScriptOfDescriptor[] =>
  Array.from(expandAll(desc, parameters, range), ({ scripts, provider }) =>
    scripts.map((script) => ({ script, descriptor: inferDescriptor(script, parameters, provider) })),
  ).flat();

/** The scripts of objects to scan for, by their hex. @throws RpcError */
export function watchedScripts(
  objects: readonly ScanObject[],
  parameters: NetworkParameters,
): ReadonlyMap<string, Uint8Array> {
  const watched = new Map<string, Uint8Array>();
  for (const { desc, range } of objects)
    for (const { scripts } of expandAll(desc, parameters, range))
      for (const script of scripts) watched.set(toHex(script), script);
  return watched;
}
