/**
 * What Bitcoin Core's ZeroMQ publishers say, and in which order: of blocks as they join and leave the chain, of
 * new tips, of what enters and leaves the mempool. Owns no socket.
 */
import type { BlockEvent } from '../../../chain/chain.ts';
import { Writer } from '../../../core/encoding/writer.ts';
import type { Transaction } from '../../../core/transaction/transaction.ts';
import type { Parts } from '../../../node.ts';

/** In the order in which one event is told to all of them. */
export const ZMQ_TOPICS = ['hashblock', 'hashtx', 'rawblock', 'rawtx', 'sequence'] as const;
export type ZmqTopic = (typeof ZMQ_TOPICS)[number];

/** @param body asked for only if somebody publishes the topic */
export type Publish = (topic: ZmqTopic, body: () => Uint8Array) => void;

/** Hashes go out as they are shown. */
const shown = (hash: Uint8Array): Uint8Array => hash.slice().reverse();

function sequenceBody(hash: Uint8Array, label: 'A' | 'C' | 'D' | 'R', sequence?: number): Uint8Array {
  const writer = new Writer(41).bytes(shown(hash)).uint8(label.charCodeAt(0));
  return (sequence === undefined ? writer : writer.uint64(BigInt(sequence))).finish();
}

export function feedZmq({ chain, mempool }: Pick<Parts, 'chain' | 'mempool'>, publish: Publish): void {
  const tellTransaction = (tx: Transaction): void => {
    publish('hashtx', () => shown(tx.txidBytes));
    publish('rawtx', () => tx.bytes);
  };
  const tellBlock = ({ block, entry }: BlockEvent, label: 'C' | 'D'): void => {
    for (const tx of block.transactions) tellTransaction(tx);
    publish('sequence', () => sequenceBody(entry.hashBytes, label));
  };

  let last: BlockEvent | undefined;
  // Before the mempool takes its transactions back.
  chain.disconnected.subscribe((event) => tellBlock(event, 'D'), 'first');
  chain.connected.subscribe((event) => {
    last = event;
    tellBlock(event, 'C');
  });
  chain.tipChanged.subscribe(({ tip, fork }) => {
    if (tip === fork || chain.isInitialBlockDownload || last?.entry !== tip) return;
    const { block } = last;
    publish('hashblock', () => shown(tip.hashBytes));
    publish('rawblock', () => block.bytes);
  });
  mempool.added.subscribe(({ tx }) => {
    const sequence = mempool.sequence - 1;
    tellTransaction(tx);
    publish('sequence', () => sequenceBody(tx.txidBytes, 'A', sequence));
  });
  mempool.removed.subscribe(({ entry, reason }) => {
    if (reason === 'block') return;
    const sequence = mempool.sequence - 1;
    publish('sequence', () => sequenceBody(entry.tx.txidBytes, 'R', sequence));
  });
}
