/** Puts together how a Node process verifies scripts: engine, threads, cache. */
import type { ScriptVerifier } from '../../../chain/script-verifier.ts';
import type { Clock, Logger, Random } from '../../../seams.ts';
import { createVerifier } from '../../shared/verification/create-verifier.ts';
import { loadSignatureEngine } from '../signatures/load-engine.ts';
import { startVerifier } from '../worker.ts';

/** Transactions; at about 100 bytes each no more than 10 MB. */
const CACHE_CAPACITY = 100_000;

export interface ScriptVerifierOptions {
  /** Threads that verify, this one included (Core's `-par`); 1 starts no worker. */
  readonly threads: number;
  /** One of SIGNATURE_ENGINES; absent takes the fastest that loads. */
  readonly signatureEngine?: string;
}

/** @throws RangeError for an unknown engine; Error where the one named cannot be loaded */
export async function createScriptVerifier(
  { threads, signatureEngine }: ScriptVerifierOptions,
  dependencies: { readonly clock: Clock; readonly random: Random; readonly logger: Logger },
): Promise<ScriptVerifier> {
  const { clock, random, logger } = dependencies;
  const { engine, missed } = await loadSignatureEngine(signatureEngine);
  for (const { name, reason } of missed)
    logger.log('debug', 'validation', `signature engine ${name} is not available: ${reason}`);
  logger.log('info', 'validation', `verifying signatures with ${engine.name} on ${threads} threads`);
  const parts = { engine, clock, random, logger, startThread: startVerifier };
  return createVerifier({ threads, remembered: CACHE_CAPACITY }, parts);
}
