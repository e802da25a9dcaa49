/** What a mining thread does: searches its part of the nonces until it finds one or another job is wanted. */
import { NonceKernel } from '../../../mining/kernel/nonce-kernel.ts';
import { SLICE } from '../../../mining/nonce-searcher.ts';
import { searchPlainly } from '../../../mining/thread-searcher.ts';
import { JOB, type Job, type JobResult, type SearcherSetup } from './searcher-protocol.ts';

export function searcher({ shared, thread }: SearcherSetup): (job: Job) => JobResult {
  const control = new Int32Array(shared, 0, 1);
  const counter = new Float64Array(shared, 8 + 8 * thread, 1);
  const kernel = NonceKernel.create();
  const searchSlice = kernel === null ? searchPlainly : kernel.search.bind(kernel);

  function search({ number, header, target, from, count, load }: Job): number | null {
    for (let done = 0; done < count && Atomics.load(control, JOB) === number; ) {
      const begun = performance.now();
      const size = Math.min(SLICE, count - done);
      const found = searchSlice(header, target, (from + done) >>> 0, size);
      counter[0]! += found === null ? size : ((found - from - done) >>> 0) + 1;
      if (found !== null) return found;
      done += size;
      // Rest as the load asks; the end of the job wakes us.
      const rest = (performance.now() - begun) * (100 / load - 1);
      if (rest > 0) Atomics.wait(control, JOB, number, rest);
    }
    return null;
  }
  return (job) => ({ number: job.number, nonce: search(job) });
}
