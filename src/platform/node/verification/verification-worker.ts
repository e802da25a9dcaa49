/**
 * A thread that verifies inputs: takes from each job it is told of until nothing is left, and says so. Told
 * CLOSE, it ends.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { bindFastHashes } from '../hashes.ts';
import { loadSignatureEngine } from '../signatures/load-engine.ts';
import { CLOSE, JobWorker, SharedChecks, type SharedJob } from './job.ts';

/** What the pool hands to a worker. */
export interface VerificationWorkerData {
  readonly engine: string;
}

const port = parentPort!;
bindFastHashes();
const { engine } = await loadSignatureEngine((workerData.data as VerificationWorkerData).engine);

port.on('message', (job: SharedJob | typeof CLOSE) => {
  if (job === CLOSE) return port.close();
  const checks = new SharedChecks(job);
  const worker = new JobWorker(job, engine, (index) => checks.read(index));
  while (worker.step());
  port.postMessage('done');
});
