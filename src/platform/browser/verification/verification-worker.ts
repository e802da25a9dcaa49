/** A worker that verifies scripts. */
import { type SharedJob, verifier } from '../../shared/verification/job.ts';
import { bindFastHashes } from '../hashes.ts';
import { loadSignatureEngine } from '../signatures.ts';

export async function run(_: unknown, port: MessagePort): Promise<void> {
  bindFastHashes();
  const verify = verifier(await loadSignatureEngine());
  port.onmessage = ({ data }: MessageEvent<SharedJob>) => port.postMessage(verify(data));
}
