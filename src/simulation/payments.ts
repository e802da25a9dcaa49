/** Payments between simulated nodes: outputs that anyone can spend, so that no time goes into signatures. */
import { EMPTY } from '../core/encoding/bytes.ts';
import { sha256 } from '../core/encoding/hashes.ts';
import { OP } from '../core/script/opcodes.ts';
import { script } from '../core/script/script.ts';
import { p2wsh } from '../core/script/templates.ts';
import { type OutPoint, SEQUENCE_FINAL, Transaction } from '../core/transaction/transaction.ts';
import type { Node } from '../node.ts';
import type { SeededRandom } from './seeded-random.ts';

const TRUE = script(OP.OP_1);
/** Paid by every block and every payment. */
export const ANYONE = p2wsh(sha256(TRUE));
/** Outputs kept ready; a payment has one more output than inputs while there are fewer. */
const PURSE = 500;
const FANOUT = 50;

interface Spendable {
  readonly outpoint: OutPoint;
  readonly value: bigint;
}

export class Payments {
  readonly #random: SeededRandom;
  readonly #ready: Spendable[] = [];
  readonly #coinbases: { readonly height: number; readonly coin: Spendable }[] = [];
  readonly #maturity: number;

  constructor(random: SeededRandom, maturity: number) {
    this.#random = random;
    this.#maturity = maturity;
  }

  /** What one node sees confirmed may be spent again. */
  follow(node: Node): void {
    node.chain.connected.subscribe(({ block, entry }) => {
      for (const [position, tx] of block.transactions.entries())
        tx.outputs.forEach(({ value, scriptPubKey }, vout) => {
          if (scriptPubKey.length !== ANYONE.length || value < 10_000n) return;
          const coin = { outpoint: { txid: tx.txidBytes, vout }, value };
          if (position === 0) this.#coinbases.push({ height: entry.height, coin });
          else this.#ready.push(coin);
        });
      while ((this.#coinbases[0]?.height ?? Number.POSITIVE_INFINITY) + this.#maturity <= entry.height)
        this.#ready.push(this.#coinbases.shift()!.coin);
    });
  }

  /** A payment at some node's door; undefined if there is nothing to spend or it was refused. */
  async pay(node: Node): Promise<Transaction | undefined> {
    const at = this.#random.below(Math.max(1, this.#ready.length));
    const [coin] = this.#ready.splice(at, 1);
    if (coin === undefined) return undefined;
    const outputs = this.#ready.length < PURSE ? FANOUT : 2;
    const feeRate = 1n + BigInt(this.#random.below(20));
    const tx = payment(coin, outputs, feeRate);
    const result = await node.mempool.accept(tx);
    return result.ok ? tx : undefined;
  }
}

function payment(coin: Spendable, outputs: number, feeRate: bigint): Transaction {
  const build = (fee: bigint): Transaction => {
    const share = (coin.value - fee) / BigInt(outputs);
    return Transaction.from({
      version: 2,
      inputs: [{ prevout: coin.outpoint, scriptSig: EMPTY, sequence: SEQUENCE_FINAL, witness: [TRUE] }],
      outputs: Array.from({ length: outputs }, () => ({ value: share, scriptPubKey: ANYONE })),
      lockTime: 0,
    });
  };
  return build(feeRate * BigInt(build(0n).virtualSize));
}
