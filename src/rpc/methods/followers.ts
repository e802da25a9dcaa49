/** What follows the chain: the optional indexes, and what is published to other programs. */
import { INDEXES, type IndexKind } from '../../indexes/table.ts';
import { group, method, t } from '../kit.ts';

export const followerMethods = {
  ...group('Util', {
    getindexinfo: method({
      help: 'How far the optional indexes are that this node keeps.',
      parameters: { index_name: t.optional(t.string('Only this one')) },
      result: t.record(
        t.object({ synced: t.boolean(), best_block_height: t.integer('It has come so far') }),
        'name',
      ),
      example: 'txindex',
      handler({ index_name }, { indexes }) {
        const running = Object.entries(indexes).map(([kind, index]) => {
          const { isSynchronized, height } = index.follower;
          return [
            INDEXES[kind as IndexKind].name,
            { synced: isSynchronized, best_block_height: height },
          ] as const;
        });
        return Object.fromEntries(
          running.filter(([known]) => index_name === undefined || index_name === known),
        );
      },
    }),
  }),
  ...group('Zmq', {
    getzmqnotifications: method({
      help: 'What is published over ZeroMQ, and where.',
      result: t.array(
        t.object({
          type: t.string('pubhashblock, pubhashtx, pubrawblock, pubrawtx or pubsequence'),
          address: t.string(),
          hwm: t.integer('Messages that a subscriber may be behind before it loses some'),
        }),
      ),
      handler: (_, { zmq }) => [...zmq],
    }),
  }),
};
