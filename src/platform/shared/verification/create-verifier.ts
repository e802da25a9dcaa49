/** Puts together how scripts are verified by one engine: here alone or in threads too, and nothing twice. */
import type { ScriptVerifier } from '../../../chain/script-verifier.ts';
import { ScriptCache } from '../../../core/script/script-cache.ts';
import { bindTweakKey } from '../../../core/script/signing.ts';
import type { Random } from '../../../seams.ts';
import { CachingScriptVerifier } from '../../memory/caching-script-verifier.ts';
import { InlineScriptVerifier } from '../../memory/inline-script-verifier.ts';
import { WorkerScriptVerifier } from './worker-script-verifier.ts';

type Dependencies = ConstructorParameters<typeof WorkerScriptVerifier>[1];

/**
 * The engine's way to tweak keys becomes everybody's.
 * @param options threads that verify, this one included (1 starts no worker); transactions that are remembered
 */
export function createVerifier(
  { threads, remembered }: { readonly threads: number; readonly remembered: number },
  { random, ...dependencies }: Dependencies & { readonly random: Random },
): ScriptVerifier {
  const { clock, engine } = dependencies;
  bindTweakKey(engine.tweakKey);
  const inner =
    threads > 1
      ? new WorkerScriptVerifier({ workers: threads - 1 }, dependencies)
      : new InlineScriptVerifier(engine, clock);
  return new CachingScriptVerifier(inner, new ScriptCache(remembered, random.bytes(32)));
}
