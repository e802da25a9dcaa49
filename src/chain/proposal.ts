/** Whether a block would be valid on top of the tip, proof of work aside (getblocktemplate's proposals). */
import type { Block } from '../core/block/block.ts';
import { checkBlock } from '../core/consensus/check-block.ts';
import { checkBlockContext, checkHeaderContext } from '../core/consensus/contextual.ts';
import { Invalid } from '../core/encoding/errors.ts';
import type { ChainParts } from './parts.ts';
import { connectUpon } from './stages/connect.ts';
import { scriptInvalid } from './stages/verify.ts';

/**
 * Changes nothing; must run in the writer's turn, for the tip must stay where it is.
 * @throws Invalid
 */
export async function checkProposal(block: Block, parts: ChainParts): Promise<void> {
  const { parameters, active, scriptVerifier, clock } = parts;
  const parent = active.tip;
  if (block.header.prev !== parent.hash)
    throw new Invalid('policy', 'inconclusive-not-best-prevblk', 'the block does not build on the tip');
  const checked = checkBlock(block, parameters, { checkPow: false });
  checkHeaderContext(block.header, parent, parameters, clock.seconds());
  checkBlockContext(checked, parent, parameters);
  const place = { height: parent.height + 1, hash: block.hash, parent };
  const { scriptChecks } = await connectUpon([], checked, place, parts);
  const failure = await scriptVerifier.verify(scriptChecks);
  if (failure !== null) throw scriptInvalid(scriptChecks, failure);
}
