/** Worker threads that sign a block's transactions in parallel. */
import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { Reader } from '../../../src/core/encoding/reader.ts';
import { Writer } from '../../../src/core/encoding/writer.ts';
import { Transaction, type TxOut, writeTxOut } from '../../../src/core/transaction/transaction.ts';
import { startWorker } from '../../../src/platform/node/worker.ts';

export interface Unsigned {
  readonly tx: Transaction;
  readonly spent: readonly TxOut[];
}

export class Signers {
  readonly #workers: readonly Worker[];

  constructor(threads: number, seed: string) {
    const module = new URL('./signing-worker', import.meta.url);
    this.#workers = Array.from({ length: threads }, () => startWorker(module, { seed }));
  }

  /** The signed transactions, in the same order. */
  async sign(unsigned: readonly Unsigned[]): Promise<Transaction[]> {
    const share = Math.ceil(unsigned.length / this.#workers.length);
    const parts = this.#workers.map((worker, i) =>
      this.#signPart(worker, unsigned.slice(i * share, (i + 1) * share)),
    );
    return (await Promise.all(parts)).flat();
  }

  async #signPart(worker: Worker, unsigned: readonly Unsigned[]): Promise<Transaction[]> {
    if (unsigned.length === 0) return [];
    const writer = new Writer(1 << 16);
    for (const { tx, spent } of unsigned) {
      writer.bytes(tx.bytes);
      for (const output of spent) writeTxOut(writer, output);
    }
    worker.postMessage(writer.finish());
    const [bytes] = await once(worker, 'message');
    const reader = new Reader(bytes as Uint8Array);
    return unsigned.map(() => Transaction.read(reader));
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}
