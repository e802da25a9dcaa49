/** What a block does to the UTXO set, coin by coin: for indexes that count or list coins. */
import { isUnspendable } from '../core/script/script.ts';
import type { IndexedBlock } from './follower.ts';

/** The two blocks of 2010 whose coinbase a later block repeated, which made it unspendable (BIP30). */
export const OVERWRITTEN_COINBASES: ReadonlySet<string> = new Set([
  '00000000000271a2dc26e7667f8419f2e15416dc6955e5a6c6cdf3f2574dd08e',
  '00000000000af0aed4792b1acee3d966af36cf5def14935db8de83d6f9306f2f',
]);

/** The coins that a block makes, as the UTXO set has them. @yields the transaction's place in the block, too */
export function* createdCoins({ entry, block }: IndexedBlock) {
  for (const [position, tx] of block.transactions.entries()) {
    const coinbase = position === 0;
    if (coinbase && (entry.height === 0 || OVERWRITTEN_COINBASES.has(entry.hash))) continue;
    for (const [vout, output] of tx.outputs.entries())
      if (!isUnspendable(output.scriptPubKey))
        yield {
          position,
          outpoint: { txid: tx.txidBytes, vout },
          coin: { output, height: entry.height, coinbase },
        };
  }
}

export function* spentCoins({ block, undo }: IndexedBlock) {
  for (const [index, coins] of undo.entries()) {
    const position = index + 1;
    const { inputs } = block.transactions[position]!;
    for (const [input, coin] of coins.entries()) yield { position, outpoint: inputs[input]!.prevout, coin };
  }
}
