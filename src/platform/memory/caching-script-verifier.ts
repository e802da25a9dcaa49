/** A ScriptVerifier before another one, which it does not ask twice about the same transaction. */
import type { ScriptFailure, ScriptVerifier } from '../../chain/script-verifier.ts';
import type { ScriptCheck } from '../../core/consensus/connect-block.ts';
import { MANDATORY_FLAGS } from '../../core/script/flags.ts';
import type { ScriptCache } from '../../core/script/script-cache.ts';

export class CachingScriptVerifier implements ScriptVerifier {
  readonly #inner: ScriptVerifier;
  readonly #cache: ScriptCache;

  constructor(inner: ScriptVerifier, cache: ScriptCache) {
    this.#inner = inner;
    this.#cache = cache;
  }

  async verify(checks: readonly ScriptCheck[]): Promise<ScriptFailure | null> {
    const unknown = checks.filter(({ tx, flags }) => !this.#cache.has(tx, flags));
    if (unknown.length === 0) return null;
    const failure = await this.#inner.verify(unknown);
    if (failure !== null) return { ...failure, check: checks.indexOf(unknown[failure.check]!) };
    // Policy is asked of what comes from the mempool, which a block will bring again; a block's own
    // transactions do not come twice.
    for (const { tx, flags } of unknown) if (flags & ~MANDATORY_FLAGS) this.#cache.add(tx, flags);
    return null;
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}
