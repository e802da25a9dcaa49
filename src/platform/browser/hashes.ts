/** Hashes of a browser: WebAssembly for what is short or comes in batches, the reference for the rest. */
import { bindHashes, referenceHashes } from '../../core/encoding/hashes.ts';
import { withBatches, withKernels } from '../shared/kernel-hashes.ts';

/** Call once in each thread, before anything is hashed. */
export function bindFastHashes(): void {
  bindHashes(withBatches(withKernels(referenceHashes)));
}
