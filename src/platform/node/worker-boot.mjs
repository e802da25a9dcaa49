/**
 * Where a worker thread starts. Node loads no TypeScript in a worker: run from `src`, tsx is registered
 * first; run from `dist`, there is nothing to do.
 */
import { workerData } from 'node:worker_threads';

if (workerData.module.endsWith('.ts')) {
  const { register } = await import('tsx/esm/api');
  register();
}
await import(workerData.module);
