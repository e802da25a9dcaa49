/** A thread that verifies scripts. */
import { type VerifierSetup, verifier } from '../../shared/verification/job.ts';
import { bindFastHashes } from '../hashes.ts';
import { loadSignatureEngine } from '../signatures/load-engine.ts';
import { answerMessages } from '../worker-side.ts';

bindFastHashes();
await answerMessages(async (setup: VerifierSetup) =>
  verifier((await loadSignatureEngine(setup.engine)).engine),
);
