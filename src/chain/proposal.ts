/** Whether a block would be valid on top of the tip, proof of work aside (getblocktemplate's proposals). */
import type { Block } from '../core/block/block.ts';
import { checkBlock } from '../core/consensus/check-block.ts';
import { checkBlockContext, checkHeaderContext } from '../core/consensus/contextual.ts';
import { Invalid } from '../core/encoding/errors.ts';
import { scriptInvalid } from './activation.ts';
import type { ChainParts } from './chain-view.ts';
import { connectUpon } from './connecting.ts';
import type { ScriptVerifier } from './script-verifier.ts';

/**
 * Changes nothing; must run in the writer's turn, for the tip must stay where it is.
 * @param now seconds since the epoch.
 * @throws Invalid
 */
export async function checkProposal(
  block: Block,
  parts: ChainParts,
  scriptVerifier: ScriptVerifier,
  now: number,
): Promise<void> {
  const { parameters, active } = parts;
  const parent = active.tip;
  if (block.header.prev !== parent.hash)
    throw new Invalid('policy', 'inconclusive-not-best-prevblk', 'the block does not build on the tip');
  const checked = checkBlock(block, parameters, { checkPow: false });
  checkHeaderContext(block.header, parent, parameters, now);
  checkBlockContext(checked, parent, parameters);
  const place = { height: parent.height + 1, hash: block.hash, parent };
  const { scriptChecks } = await connectUpon([], checked, place, parts);
  const failure = await scriptVerifier.verify(scriptChecks);
  if (failure !== null) throw scriptInvalid(scriptChecks, failure);
}
