/** The web's workers as threads of pools. Shared memory is there only where a page is isolated (COOP and COEP). */
import type { JobResult, SearcherSetup } from '../shared/mining/searcher-protocol.ts';
import type { StartThread } from '../shared/thread.ts';
import type { VerifierSetup } from '../shared/verification/job.ts';
import { type Role, startWorker } from './start-worker.ts';

export const hasThreads = (): boolean => typeof SharedArrayBuffer !== 'undefined';

const threadOf =
  <Setup, Answer>(role: Role): StartThread<Setup, Answer> =>
  (setup, { message, failed }) => {
    const { worker, port } = startWorker(self.location.href, role, setup);
    worker.onerror = (event) => failed(new Error(event.message || 'the worker failed to load'));
    port.onmessage = ({ data }: MessageEvent<Answer>) => message(data);
    return {
      post: (job) => port.postMessage(job),
      hold: () => {},
      close: async () => worker.terminate(),
    };
  };

export const startVerifier: StartThread<VerifierSetup, void> = threadOf('verify');
export const startSearcher: StartThread<SearcherSetup, JobResult> = threadOf('search');
