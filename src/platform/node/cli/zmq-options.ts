/** What `penny node` publishes over ZeroMQ: an address or more for each topic, and how far a subscriber may be behind. */
import { DEFAULT_HIGH_WATER_MARK, type ZmqOptions } from '../notifications/zmq-publisher.ts';
import { integer, list } from './option.ts';

const publisher = <T extends Exclude<keyof ZmqOptions, `${string}hwm`>>(topic: T, help: string) =>
  list('<address>', `Publish ${help} at this address, tcp:// or ipc://; needs the npm package zeromq.`, {
    to: `zmq.${topic}`,
  });
const mark = <T extends Extract<keyof ZmqOptions, `${string}hwm`>>(topic: T) =>
  integer('Messages of it that a subscriber may be behind before it loses some; 0 is no limit.', {
    default: DEFAULT_HIGH_WATER_MARK,
    most: 2 ** 31 - 1,
    to: `zmq.${topic}`,
  });

export const ZMQ = {
  zmqpubhashblock: publisher('pubhashblock', 'hashes of new tips'),
  zmqpubhashblockhwm: mark('pubhashblockhwm'),
  zmqpubhashtx: publisher(
    'pubhashtx',
    'ids of transactions that enter the mempool, or join or leave the chain',
  ),
  zmqpubhashtxhwm: mark('pubhashtxhwm'),
  zmqpubrawblock: publisher('pubrawblock', 'new tips'),
  zmqpubrawblockhwm: mark('pubrawblockhwm'),
  zmqpubrawtx: publisher('pubrawtx', 'transactions that enter the mempool, or join or leave the chain'),
  zmqpubrawtxhwm: mark('pubrawtxhwm'),
  zmqpubsequence: publisher('pubsequence', 'how chain and mempool change, step by step'),
  zmqpubsequencehwm: mark('pubsequencehwm'),
};
