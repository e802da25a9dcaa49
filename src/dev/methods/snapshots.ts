/** Moments of the node to which it can be taken back. */
import type { RpcContext } from '../../rpc/context.ts';
import { method, refuse, t } from '../../rpc/kit.ts';
import { devGroup } from '../dev-method.ts';
import { devParts } from '../dev-parts.ts';
import type { SnapshotFacts } from '../snapshots.ts';

const fields = {
  name: t.string(),
  height: t.integer('Of the tip'),
  hash: t.hex('Of the tip'),
  time: t.integer("The node's, in seconds since 1970"),
};

const shown = ({ name, height, hash, time }: SnapshotFacts) => ({ name, height, hash, time });

function keeperOf(context: RpcContext) {
  if (context.chain.isReindexing) throw refuse.misc('The node is still reindexing');
  return devParts(context).snapshots;
}

export const devSnapshotMethods = devGroup('Control', {
  snapshot: method({
    help: 'Keeps chain, mempool, fee estimates, wallets, indexes and time as they are, and what setfees, setautomine and setmining were told, over restarts too.',
    parameters: { name: t.optional(t.string('Letters, digits, _, . and -'), 'the next number') },
    result: t.object(fields),
    example: 'before',
    handler: async ({ name }, context) => shown(await keeperOf(context).take(name)),
  }),

  revert: method({
    help: 'Takes the node back to a snapshot, as often as one likes. Blocks that came since are forgotten, and later snapshots with them.\nPeers that have those blocks may bring them again: take all nodes of a network back, or disconnect this one.',
    parameters: { name: t.optional(t.string(), 'the last one') },
    result: t.object(fields),
    example: 'before',
    handler: async ({ name }, context) => shown(await keeperOf(context).revert(name)),
  }),

  listsnapshots: method({
    help: 'The snapshots there are, oldest first.',
    result: t.array(t.object(fields)),
    handler: async (_, context) => (await keeperOf(context).list()).map(shown),
  }),

  deletesnapshot: method({
    help: 'Forgets a snapshot.',
    parameters: { name: t.string() },
    example: 'before',
    handler: ({ name }, context) => keeperOf(context).delete(name),
  }),
});
