/** Second stage of a block: what can be judged of it, and of headers, without coins. */
import type { Block } from '../../core/block/block.ts';
import type { BlockHeader } from '../../core/block/header.ts';
import { type CheckedBlock, checkBlock } from '../../core/consensus/check-block.ts';
import { checkBlockContext } from '../../core/consensus/contextual.ts';
import { Invalid } from '../../core/encoding/errors.ts';
import type { HeadersVerdict, Refusal } from '../events.ts';
import type { HeaderEntry } from '../header-entry.ts';
import type { ChainParts } from '../parts.ts';

/** Core: an unrequested block this far above the tip is not worth its disk space. */
const MAX_UNREQUESTED_DISTANCE = 288;

interface Checked {
  readonly ok: true;
  readonly entry: HeaderEntry;
  readonly block: CheckedBlock;
}

/** Doors turn broken rules into verdicts; anything else is a bug or a failing disk. */
export function asInvalid(error: unknown): Invalid {
  if (error instanceof Invalid) return error;
  throw error;
}

/** Headers follow one another; the first that is refused ends it. */
export function checkHeaders(headers: readonly BlockHeader[], { tree, clock }: ChainParts): HeadersVerdict {
  const before = tree.size;
  let last: HeaderEntry | undefined;
  try {
    for (const header of headers) last = tree.accept(header, clock.seconds());
    return { ok: true, last, new: tree.size - before };
  } catch (error) {
    return { ok: false, invalid: asInvalid(error), last };
  }
}

/** By itself; then its header is in the tree. */
export function checkForm(block: Block, parts: ChainParts): Checked | Refusal {
  try {
    // Before the header is stored: a body that fails here never condemns the header (CVE-2012-2459).
    const checked = checkBlock(block, parts.parameters);
    const headers = checkHeaders([block.header], parts);
    return headers.ok ? { ok: true, entry: headers.last!, block: checked } : headers;
  } catch (error) {
    return { ok: false, invalid: asInvalid(error) };
  }
}

/** Where it stands in its branch. */
export function checkContext({ entry, block }: Checked, { parameters, tree }: ChainParts): Checked | Refusal {
  try {
    checkBlockContext(block, entry.parent!, parameters);
    return { ok: true, entry, block };
  } catch (error) {
    const invalid = asInvalid(error);
    if (invalid.kind !== 'mutated') tree.markFailed(entry);
    return { ok: false, invalid };
  }
}

/** Core's rules against floods, for a block that came unasked. */
export function isWanted(entry: HeaderEntry, { active: { tip }, minimumChainWork }: ChainParts): boolean {
  return (
    entry.transactionCount === 0 &&
    entry.chainWork >= tip.chainWork &&
    entry.height <= tip.height + MAX_UNREQUESTED_DISTANCE &&
    entry.chainWork >= minimumChainWork
  );
}
