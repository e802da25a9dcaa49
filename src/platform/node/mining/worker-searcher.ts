/** Searches in worker threads, each a part of the range. They stop within one slice, a few milliseconds. */
import type { Worker } from 'node:worker_threads';
import type { NonceSearcher, SearchOptions } from '../../../mining/nonce-searcher.ts';
import { startWorker } from '../worker.ts';
import { JOB, type Job, type JobResult, sharedSize, type WorkerSetup } from './searcher-protocol.ts';

export class WorkerSearcher implements NonceSearcher {
  readonly #workers: readonly Worker[];
  readonly #control: Int32Array;
  readonly #counters: Float64Array;
  /** Ends the search under way, with a nonce or without. */
  #finish: (result: JobResult) => void = () => {};
  #fail: (error: Error) => void = () => {};
  /** Why a thread died: its part of the nonces would never be searched. */
  #broken: Error | null = null;

  constructor(threads: number) {
    const shared = new SharedArrayBuffer(sharedSize(threads));
    this.#control = new Int32Array(shared, 0, 1);
    this.#counters = new Float64Array(shared, 8, threads);
    this.#workers = Array.from({ length: threads }, (_, thread) => {
      const setup: WorkerSetup = { shared, thread };
      const worker = startWorker(new URL('./searcher-worker', import.meta.url), setup);
      worker.on('message', (result: JobResult) => this.#finish(result));
      worker.on('error', (error: Error) => {
        this.#broken = error;
        this.#fail(error);
      });
      // A thread that waits for work shall not keep the process alive.
      worker.unref();
      return worker;
    });
  }

  get hashes(): number {
    return this.#counters.reduce((sum, count) => sum + count, 0);
  }

  async search(
    header: Uint8Array,
    target: bigint,
    from: number,
    count: number,
    { signal, load = 100 }: SearchOptions = {},
  ): Promise<number | null> {
    if (this.#broken !== null) throw this.#broken;
    if (signal?.aborted) return null;
    const number = this.#nextJob();
    let waiting = this.#workers.length;
    const part = Math.ceil(count / waiting);
    const stop = () => this.#finish({ number, nonce: null });
    try {
      return await new Promise<number | null>((resolve, reject) => {
        this.#fail = reject;
        this.#finish = (result) => {
          if (result.number !== number) return;
          waiting--;
          if (result.nonce !== null || waiting === 0 || signal?.aborted) resolve(result.nonce);
        };
        signal?.addEventListener('abort', stop, { once: true });
        this.#workers.forEach((worker, i) => {
          const own = Math.max(Math.min(part, count - i * part), 0);
          const job: Job = { number, header, target, from: (from + i * part) >>> 0, count: own, load };
          worker.ref();
          worker.postMessage(job);
        });
      });
    } finally {
      signal?.removeEventListener('abort', stop);
      this.#nextJob();
      for (const worker of this.#workers) worker.unref();
    }
  }

  /** Whoever works on the job before stops. */
  #nextJob(): number {
    const number = Atomics.add(this.#control, JOB, 1) + 1;
    Atomics.notify(this.#control, JOB);
    return number;
  }

  async close(): Promise<void> {
    this.#nextJob();
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}
