/** Starts worker threads whose code may be TypeScript (see worker-boot.mjs). */
import { Worker } from 'node:worker_threads';

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
