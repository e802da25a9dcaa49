/** The seam to whoever runs scripts: this thread, or workers. Threads and shared memory stay behind it. */
import type { ScriptCheck } from '../core/consensus/connect-block.ts';
import type { ScriptError } from '../core/script/errors.ts';

export interface ScriptFailure {
  /** Index into the checks given. */
  readonly check: number;
  readonly input: number;
  readonly error: ScriptError;
}

export interface ScriptVerifier {
  /** Null if every input of every check is valid; otherwise a failure (the first in order that was found). */
  verify(checks: readonly ScriptCheck[]): Promise<ScriptFailure | null>;
  close(): Promise<void>;
}
