/** The fast paths of this machine: native hashes, the best signature engine, threads with a cache before them. */
import { SystemClock } from '../../src/platform/node/clock.ts';
import { nodeHashes } from '../../src/platform/node/hashes.ts';
import { systemRandom } from '../../src/platform/node/random.ts';
import { loadSignatureEngine } from '../../src/platform/node/signatures/load-engine.ts';
import { createScriptVerifier } from '../../src/platform/node/verification/create-script-verifier.ts';
import type { FastPaths } from './properties.ts';

/** The verifier must be closed, or its threads keep the process alive. */
export async function loadFastPaths(): Promise<FastPaths> {
  const { engine } = await loadSignatureEngine();
  const dependencies = { clock: new SystemClock(), random: systemRandom, logger: { log: () => {} } };
  return { hashes: nodeHashes, engine, verifier: await createScriptVerifier({ threads: 2 }, dependencies) };
}
