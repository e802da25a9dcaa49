/** Fourth stage of a block: it is connected to the coins below it, which are fetched for it. */
import type { CoinLayer } from '../../core/consensus/block-coins.ts';
import type { CheckedBlock } from '../../core/consensus/check-block.ts';
import {
  type BlockPlace,
  type ConnectResult,
  checkBip30,
  coinsNeeded,
  connectBlock,
} from '../../core/consensus/connect-block.ts';
import { Invalid } from '../../core/encoding/errors.ts';
import { outPointsOf } from '../../core/transaction/transaction.ts';
import type { ChainParts } from '../parts.ts';

/**
 * @param layers of blocks between the chainstate and this one, the lowest first
 * @throws Invalid
 */
export async function connectUpon(
  layers: readonly CoinLayer[],
  block: CheckedBlock,
  place: BlockPlace,
  { parameters, chainstate }: ChainParts,
  scripts = true,
): Promise<ConnectResult> {
  const coins = await chainstate.fetch(coinsNeeded(block, place, parameters), layers);
  try {
    return connectBlock(block, place, coins, parameters, { scripts });
  } catch (error) {
    // Where BIP34 holds from the first block on, what breaks BIP30 breaks another rule too, and no coins need be
    // fetched to find that. Core fetches them, and names BIP30 first.
    if (error instanceof Invalid && parameters.bip34Hash === null)
      checkBip30(block, await chainstate.fetch(block.transactions.flatMap(outPointsOf), layers));
    throw error;
  }
}
