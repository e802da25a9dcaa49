/** Searches in worker threads, each a part of the range. They stop within one slice, a few milliseconds. */
import type { NonceSearcher, SearchOptions } from '../../../mining/nonce-searcher.ts';
import type { StartThread, Thread } from '../thread.ts';
import { JOB, type Job, type JobResult, type SearcherSetup, sharedSize } from './searcher-protocol.ts';

export class WorkerSearcher implements NonceSearcher {
  readonly #threads: readonly Thread[];
  readonly #control: Int32Array;
  readonly #counters: Float64Array;
  /** Ends the search under way, with a nonce or without. */
  #finish: (result: JobResult) => void = () => {};
  #fail: (error: Error) => void = () => {};
  /** Why a thread died: its part of the nonces would never be searched. */
  #broken: Error | null = null;

  constructor(threads: number, start: StartThread<SearcherSetup, JobResult>) {
    const shared = new SharedArrayBuffer(sharedSize(threads));
    this.#control = new Int32Array(shared, 0, 1);
    this.#counters = new Float64Array(shared, 8, threads);
    const events = {
      message: (result: JobResult) => this.#finish(result),
      failed: (error: Error) => {
        this.#broken = error;
        this.#fail(error);
      },
    };
    this.#threads = Array.from({ length: threads }, (_, thread) => start({ shared, thread }, events));
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
    let waiting = this.#threads.length;
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
        this.#threads.forEach((thread, i) => {
          const own = Math.max(Math.min(part, count - i * part), 0);
          const job: Job = { number, header, target, from: (from + i * part) >>> 0, count: own, load };
          thread.hold(true);
          thread.post(job);
        });
      });
    } finally {
      signal?.removeEventListener('abort', stop);
      this.#nextJob();
      // One that waits for work shall not keep the process alive.
      for (const thread of this.#threads) thread.hold(false);
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
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}
