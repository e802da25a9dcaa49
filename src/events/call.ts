/** What a caller may ask to be told of, and up to where it knows. */
import { scanObject } from '../rpc/descriptor-scripts.ts';
import { type JsonRead, refuse, t } from '../rpc/kit.ts';
import { LIMITS } from '../rpc/limits.ts';
import { hashTextFrom, integerFrom, objectFrom, stringFrom } from '../rpc/values.ts';
import type { Position } from './event-types.ts';

/** What a caller asks for, read. */
export type SubscriptionCall = t.HeldFields<typeof asked>;

const SEQUENCE = [0, Number.MAX_SAFE_INTEGER] as const;
const position = t.custom<Position, Position>(
  t.record(
    t.anything(),
    'block, boot, mempool or wallet:NAME',
    'Up to where everything is known: the hash of a block (or several, newest first), boot, sequences',
  ),
  readPosition,
  { json: 'object' },
);

function readPosition(value: JsonRead): Position {
  const read: Record<string, unknown> = {};
  for (const [name, each] of objectFrom(value).entries) {
    if (name === 'boot') read[name] = stringFrom(each);
    else if (name === 'mempool' || name.startsWith('wallet:')) read[name] = integerFrom(each, SEQUENCE);
    else if (name !== 'block') throw refuse.parameter(`Unknown position '${name}'`);
    else if (!Array.isArray(each)) read[name] = hashTextFrom(each, name);
    else if (each.length > LIMITS.locator) throw refuse.parameter('Too many hashes');
    else read[name] = each.map((hash) => hashTextFrom(hash, name));
  }
  return read as Position;
}

export const asked = {
  topics: t.array(t.string(), 'chain, mempool, peers, wallet:NAME'),
  from: t.standard(position, {}),
  batch: t.standard(
    t.boolean('What a block takes out of the mempool comes in one event: confirmed, with txids'),
    false,
  ),
  detail: t.standard(t.string('headers, txids, hex or decoded: what is told of transactions'), 'txids'),
  addresses: t.standard(t.array(t.string(), 'Only transactions that pay to these or spend from them'), []),
  scripts: t.standard(t.array(t.bytes(), 'The same by output script'), []),
  descriptors: t.standard(
    t.array(
      scanObject,
      'The same by descriptor, or {"desc": descriptor, "range": last index or [first,last]}',
    ),
    [],
  ),
};
