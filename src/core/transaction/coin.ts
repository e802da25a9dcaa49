/** A coin: an output that may be spent, with what is needed to judge its spending. */
import type { OutPoint, TxOut } from './transaction.ts';

export interface Coin {
  readonly output: TxOut;
  /** Height of the block that created it. */
  readonly height: number;
  readonly coinbase: boolean;
}

/** What coins exist, as seen from one point in the chain. Synchronous: the coins were fetched before. */
export interface CoinView {
  get(outpoint: OutPoint): Coin | undefined;
}
