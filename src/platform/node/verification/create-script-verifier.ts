/** Puts together how a Node process verifies scripts: engine, threads, cache. */
import type { ScriptVerifier } from '../../../chain/script-verifier.ts';
import { ScriptCache } from '../../../core/script/script-cache.ts';
import { bindTweakKey } from '../../../core/script/signing.ts';
import type { Clock, Logger, Random } from '../../../seams.ts';
import { CachingScriptVerifier } from '../../memory/caching-script-verifier.ts';
import { InlineScriptVerifier } from '../../memory/inline-script-verifier.ts';
import { WorkerScriptVerifier } from '../../shared/verification/worker-script-verifier.ts';
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
  bindTweakKey(engine.tweakKey);
  const inner =
    threads > 1
      ? new WorkerScriptVerifier(
          { workers: threads - 1 },
          { engine, clock, logger, startThread: startVerifier },
        )
      : new InlineScriptVerifier(engine, clock);
  return new CachingScriptVerifier(inner, new ScriptCache(CACHE_CAPACITY, random.bytes(32)));
}
