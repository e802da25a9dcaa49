/** To be told of what happens instead of asking again and again. */
import { group, method, type RpcContext, type RpcRequest, refuse, t } from '../rpc/kit.ts';
import { asked } from './call.ts';
import { Session } from './session.ts';
import { Subscriptions } from './subscriptions.ts';

/** Who may not call it is not told of wallets either. */
const WALLET_METHOD = 'listtransactions';
const place = { hash: t.hex(), height: t.integer() };

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
    handler(call, context, request) {
      if (
        request.caller.allowed?.has(WALLET_METHOD) === false &&
        call.topics.some((topic) => topic.startsWith('wallet:'))
      )
        throw refuse.misc(`RPC User ${request.caller.user} not allowed to call method ${WALLET_METHOD}`);
      return hubOf(context).open(call, sessionOf(request));
    },
  }),

  unsubscribe: method({
    help: 'Ends a subscription of this connection. False if there is none of this name.',
    parameters: { subscription: t.string('As subscribe named it') },
    result: t.boolean(),
    example: 's1',
    handler: ({ subscription }, _, request) => sessionOf(request).remove(subscription),
  }),
});
