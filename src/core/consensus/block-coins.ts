/** The coins that one block meets: those it spends, and those it creates. */
import { isUnspendable } from '../script/script.ts';
import type { Coin, CoinView } from '../transaction/coin.ts';
import { OutPointMap } from '../transaction/outpoint-map.ts';
import type { OutPoint, Transaction, TxOut } from '../transaction/transaction.ts';

/** A coin with the outpoint under which it is found: one object, for every input and output of a block makes one. */
export interface PlacedCoin extends OutPoint, Coin {}

/** Changes of the UTXO set; coins that the block itself created and spent do not appear. */
export interface CoinChanges {
  readonly created: readonly PlacedCoin[];
  readonly spent: readonly OutPoint[];
}

/** What taking a block back does: the coins that it had spent come again, those that it had created go. */
export interface BlockRemoval extends CoinChanges {
  readonly spent: readonly PlacedCoin[];
}

/** Coins as something not merged yet changes them: null is spent there, undefined is for those below to say. */
export interface CoinLayer {
  get(outpoint: OutPoint): Coin | null | undefined;
}

/** A coin that the block met: one that it created, or one of before that it spends. */
class MetCoin implements PlacedCoin {
  readonly txid: Uint8Array;
  readonly vout: number;
  readonly output: TxOut;
  readonly height: number;
  readonly coinbase: boolean;
  readonly created: boolean;
  spent: boolean;

  constructor({ txid, vout }: OutPoint, { output, height, coinbase }: Coin, created: boolean) {
    this.txid = txid;
    this.vout = vout;
    this.output = output;
    this.height = height;
    this.coinbase = coinbase;
    this.created = created;
    this.spent = !created;
  }

  /** The coin alone, for whoever keeps it longer than the block's coins are needed. */
  get coin(): Coin {
    return { output: this.output, height: this.height, coinbase: this.coinbase };
  }
}

const NOTHING: CoinView = { get: () => undefined };

/** The coins as one block changes them, transaction by transaction; then the layer that it is. */
export class BlockCoins implements CoinLayer {
  #before: CoinView;
  readonly #met = new OutPointMap<MetCoin>();
  readonly #inOrder: MetCoin[] = [];

  constructor(before: CoinView) {
    this.#before = before;
  }

  #meet(met: MetCoin): void {
    this.#met.set(met, met);
    this.#inOrder.push(met);
  }

  get(outpoint: OutPoint): Coin | null | undefined {
    const met = this.#met.get(outpoint);
    return met?.spent === true ? null : met?.coin;
  }

  /** The coin, which from now on is spent; undefined if there is none (any more). */
  spend(outpoint: OutPoint): Coin | undefined {
    const met = this.#met.get(outpoint);
    if (met !== undefined) {
      if (met.spent) return undefined;
      met.spent = true;
      return met.coin;
    }
    const coin = this.#before.get(outpoint);
    if (coin !== undefined) this.#meet(new MetCoin(outpoint, coin, false));
    return coin;
  }

  create(tx: Transaction, height: number, coinbase: boolean): void {
    const { txidBytes: txid, outputs } = tx;
    for (let vout = 0; vout < outputs.length; vout++) {
      const output = outputs[vout]!;
      if (!isUnspendable(output.scriptPubKey))
        this.#meet(new MetCoin({ txid, vout }, { output, height, coinbase }, true));
    }
  }

  /** Ends it. What was before is let go: each block would keep all those before it in memory. */
  settle(): CoinChanges {
    this.#before = NOTHING;
    return {
      created: this.#inOrder.filter((met) => !met.spent),
      spent: this.#inOrder.filter((met) => !met.created),
    };
  }
}
