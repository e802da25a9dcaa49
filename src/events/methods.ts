/** To be told of what happens instead of asking again and again. */
import { group, type JsonRead, method, type RpcContext, type RpcRequest, refuse, t } from '../rpc/kit.ts';
import { LIMITS } from '../rpc/limits.ts';
import { hashTextFrom, integerFrom, objectFrom, stringFrom } from '../rpc/values.ts';
import type { Position } from './event-types.ts';
import { Session } from './session.ts';
import { Subscriptions } from './subscriptions.ts';

/** What a caller asks for, read. */
export type SubscriptionCall = t.HeldFields<typeof asked>;

const SEQUENCE = [0, Number.MAX_SAFE_INTEGER] as const;
const place = { hash: t.hex(), height: t.integer() };

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

const asked = {
  topics: t.array(t.string(), 'chain, mempool, peers, wallet:NAME'),
  from: t.standard(position, {}),
  detail: t.standard(t.string('headers, txids, hex or decoded: what is told of transactions'), 'txids'),
  addresses: t.standard(t.array(t.string(), 'Only transactions that pay to these or spend from them'), []),
  scripts: t.standard(t.array(t.bytes(), 'The same by output script'), []),
  descriptors: t.standard(
    t.array(
      t.anything(),
      'The same by descriptor, or {"desc": descriptor, "range": last index or [first,last]}',
    ),
    [],
  ),
};

const opened = t.object({
  subscription: t.string('Name in the events, on this connection'),
  position: t.record(t.anything(), 'as from has it', 'Up to where it knows everything at first'),
  boot: t.hex('This run of the node'),
  tip: t.object(place),
  from: t.optional(t.object(place, 'The block after which the chain is told')),
  replay: t.optional(
    t.object({ disconnect: t.integer(), connect: t.integer() }, 'Blocks from there to the tip'),
  ),
  reset: t.array(t.string(), 'Topics that begin anew: what was known of them does not count any more'),
});

/** @throws RpcError where there is no connection that could be told */
function sessionOf({ caller: { events } }: RpcRequest): Session {
  if (events instanceof Session) return events;
  throw refuse.misc('Events are told over a WebSocket only: GET /events');
}

/** The node's own. */
function hubOf({ subscriptions }: RpcContext): Subscriptions {
  if (subscriptions instanceof Subscriptions) return subscriptions;
  throw new Error('every node has it');
}

export const subscriptionMethods = group('Control', {
  subscribe: method({
    help: `Events from now on, or from where one left off; only on a WebSocket (GET /events).
chain: connected and disconnected blocks. mempool: a snapshot, then added and removed. peers: the same of peers.
wallet:NAME: transactions as they change. A block that is not known any more is an error; what is known of the
mempool in another run of the node, or long ago, begins anew with a snapshot (reset). Every 15 seconds comes a heartbeat.`,
    parameters: asked,
    result: opened,
    example: `'["chain"]'`,
    handler: (call, context, request) => hubOf(context).open(call, sessionOf(request)),
  }),

  unsubscribe: method({
    help: 'Ends a subscription of this connection. False if there is none of this name.',
    parameters: { subscription: t.string('As subscribe named it') },
    result: t.boolean(),
    example: 's1',
    handler: ({ subscription }, _, request) => sessionOf(request).remove(subscription),
  }),
});
