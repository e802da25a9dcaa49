/**
 * Fifth stage of a block: its scripts are verified, unless it is assumed to be valid. Those of small blocks are several
 * blocks at a time: to share out a few inputs among threads costs more than it saves. Owns which blocks go together,
 * and whose a failure is.
 */
import type { BlockHash } from '../../core/block/header.ts';
import type { ScriptCheck } from '../../core/consensus/connect-block.ts';
import { Invalid } from '../../core/encoding/errors.ts';
import { scriptErrorMessage } from '../../core/script/errors.ts';
import { isAssumedValid } from '../assume-valid.ts';
import type { HeaderEntry } from '../header-entry.ts';
import type { ChainParts } from '../parts.ts';
import type { ScriptFailure, ScriptVerifier } from '../script-verifier.ts';

/** Core's reason for a block with an invalid script. */
export function scriptInvalid(
  checks: readonly ScriptCheck[],
  { check, input, error }: ScriptFailure,
): Invalid {
  const { tx } = checks[check]!;
  const reason = `block-script-verify-flag-failed (${scriptErrorMessage(error)})`;
  return new Invalid('consensus', reason, `input ${input} of ${tx.txid} (wtxid ${tx.wtxid})`);
}

/** Not where they were verified before, or are buried below the block that is assumed to be valid. */
export function needsScripts(entry: HeaderEntry, parts: ChainParts): boolean {
  const { parameters, tree, assumeValid, minimumChainWork } = parts;
  if (entry.validScripts) return false;
  const assumed = assumeValid === null ? undefined : tree.get(assumeValid as BlockHash);
  const limits = { targetSpacing: parameters.targetSpacing, minimumChainWork };
  return !isAssumedValid(entry, assumed, tree.bestHeader, limits);
}

/** Inputs that are worth sharing out. */
const ENOUGH = 64;

/** Who calls it waits for the answer: what was gathered until then has to do. */
export type Verification = () => Promise<ScriptFailure | null>;

interface Part {
  readonly checks: readonly ScriptCheck[];
  readonly resolve: (failure: ScriptFailure | null | Promise<ScriptFailure | null>) => void;
  readonly reject: (error: unknown) => void;
}

/** The parts of a batch, in the order of their blocks. */
interface Batch {
  readonly parts: Part[];
  inputs: number;
}

export class ScriptBatches {
  readonly #verifier: ScriptVerifier;
  #gathering: Batch = { parts: [], inputs: 0 };

  constructor(verifier: ScriptVerifier) {
    this.#verifier = verifier;
  }

  /** @param checks a block's: the failure found will be the first among them. */
  add(checks: readonly ScriptCheck[]): Verification {
    if (checks.length === 0) return () => Promise.resolve(null);
    const batch = this.#gathering;
    const verdict = new Promise<ScriptFailure | null>((resolve, reject) => {
      batch.parts.push({ checks, resolve, reject });
    });
    // Whoever awaits it sees the error; until then it must not count as unhandled.
    verdict.catch(() => {});
    for (const { spent } of checks) batch.inputs += spent.length;
    if (batch.inputs >= ENOUGH) this.send();
    return () => {
      if (batch === this.#gathering) this.send();
      return verdict;
    };
  }

  /** There is nothing better to do than to verify what was gathered. */
  send(): void {
    const { parts } = this.#gathering;
    if (parts.length === 0) return;
    this.#gathering = { parts: [], inputs: 0 };
    const all = parts.length === 1 ? parts[0]!.checks : parts.flatMap(({ checks }) => checks);
    this.#verifier.verify(all).then(
      (failure) => this.#answer(parts, failure),
      (error) => {
        for (const { reject } of parts) reject(error);
      },
    );
  }

  /** Before the first failure all is valid; what is behind it may never have been looked at. */
  #answer(parts: readonly Part[], failure: ScriptFailure | null): void {
    let check = failure?.check ?? Number.POSITIVE_INFINITY;
    for (const { checks, resolve } of parts) {
      if (check >= checks.length) resolve(null);
      else if (check >= 0) resolve({ ...failure!, check });
      else resolve(this.#verifier.verify(checks));
      check -= checks.length;
    }
  }
}
