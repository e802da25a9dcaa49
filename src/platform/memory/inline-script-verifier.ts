/** A ScriptVerifier on this very thread: for tests, the simulation, and where there are no workers. */
import type { ScriptFailure, ScriptVerifier } from '../../chain/script-verifier.ts';
import type { ScriptCheck } from '../../core/consensus/connect-block.ts';
import { SighashContext } from '../../core/script/sighash.ts';
import type { SignatureEngine } from '../../core/script/signature-engine.ts';
import { verifyInput } from '../../core/script/verify.ts';
import type { Clock } from '../../seams.ts';

/** Milliseconds after which everything else gets its turn. */
const MAX_TURN = 10;

export class InlineScriptVerifier implements ScriptVerifier {
  readonly #engine: SignatureEngine;
  readonly #clock: Clock;

  constructor(engine: SignatureEngine, clock: Clock) {
    this.#engine = engine;
    this.#clock = clock;
  }

  async verify(checks: readonly ScriptCheck[]): Promise<ScriptFailure | null> {
    let turn = this.#clock.monotonic();
    for (const [check, { tx, spent, flags }] of checks.entries()) {
      const context = new SighashContext(tx, spent);
      for (const [input, output] of spent.entries()) {
        const error = verifyInput(tx, input, output, flags, context, this.#engine);
        if (error !== null) return { check, input, error };
        if (this.#clock.monotonic() - turn > MAX_TURN) {
          await this.#clock.yield();
          turn = this.#clock.monotonic();
        }
      }
    }
    return null;
  }

  async close(): Promise<void> {}
}
