/** Starts worker threads whose code may be TypeScript (see worker-boot.mjs). */
import { Worker } from 'node:worker_threads';
import type { JobResult, SearcherSetup } from '../shared/mining/searcher-protocol.ts';
import type { StartThread } from '../shared/thread.ts';
import type { VerifierSetup } from '../shared/verification/job.ts';

/** What a thread is told instead of a job when there will be none. */
export const CLOSE = 'close';

/**
 * @param module URL without extension, as `new URL('./some-worker', import.meta.url)`
 * @param data what the worker finds in `workerData.data`; copied, but for shared memory
 */
export function startWorker(module: URL, data: unknown): Worker {
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  return new Worker(new URL('./worker-boot.mjs', import.meta.url), {
    workerData: { module: `${module.href}${extension}`, data },
    // The parent's flags (a test runner's, a profiler's) are not the worker's.
    execArgv: [],
  });
}

const threadOf =
  <Setup, Answer>(module: string): StartThread<Setup, Answer> =>
  (setup, { message, failed }) => {
    const worker = startWorker(new URL(module, import.meta.url), setup);
    const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    worker.on('message', message);
    worker.on('error', failed);
    worker.unref();
    return {
      post: (job) => worker.postMessage(job),
      hold: (isHeld) => (isHeld ? worker.ref() : worker.unref()),
      // Never by terminate(): native code that throws in a thread being terminated, as when a library is not
      // found while the engine loads, aborts the whole process.
      close: () => {
        worker.ref();
        worker.postMessage(CLOSE);
        return exited;
      },
    };
  };

export const startVerifier: StartThread<VerifierSetup, void> = threadOf('./verification/verification-worker');
export const startSearcher: StartThread<SearcherSetup, JobResult> = threadOf('./mining/searcher-worker');
