/** Which script rules hold in a block: soft forks by height, and the blocks that history exempts. */
import type { NetworkParameters } from '../parameters/network.ts';
import { flagsFromNames, ScriptFlag } from '../script/flags.ts';

/**
 * Script flags under which the inputs of a block are verified. P2SH, WITNESS and TAPROOT hold from the
 * genesis block but for the exceptions, as in Core: no other block of history breaks them.
 * @param block its hash in display order.
 */
export function blockScriptFlags(
  block: { readonly height: number; readonly hash: string },
  parameters: NetworkParameters,
): number {
  const exception = parameters.scriptFlagExceptions.get(block.hash);
  let flags =
    exception === undefined
      ? ScriptFlag.P2SH | ScriptFlag.WITNESS | ScriptFlag.TAPROOT
      : flagsFromNames(exception);
  const { heights } = parameters;
  if (block.height >= heights.bip66) flags |= ScriptFlag.DERSIG;
  if (block.height >= heights.bip65) flags |= ScriptFlag.CHECKLOCKTIMEVERIFY;
  if (block.height >= heights.csv) flags |= ScriptFlag.CHECKSEQUENCEVERIFY;
  // BIP147 came with segwit.
  if (block.height >= heights.segwit) flags |= ScriptFlag.NULLDUMMY;
  return flags;
}
