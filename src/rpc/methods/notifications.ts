/** What is published to other programs. */
import { group, method, t } from '../kit.ts';

export const notificationMethods = group('Zmq', {
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
});
