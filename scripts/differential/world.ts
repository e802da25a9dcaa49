/** One chain that all nodes share: blocks that give coins to spend, round after round. */
import type { Block } from '../../src/core/block/block.ts';
import { fromHex, toHex } from '../../src/core/encoding/bytes.ts';
import { OP } from '../../src/core/script/opcodes.ts';
import {
  type OutPoint,
  SEQUENCE_FINAL,
  Transaction,
  type TxOut,
} from '../../src/core/transaction/transaction.ts';
import { blockOf, type Place } from './blocks.ts';
import type { Draw } from './draw.ts';
import { anyoneCanSpend, drawLock } from './locks.ts';
import { Pair } from './pair.ts';
import type { LockedCoin } from './spends.ts';

/** 2030, seconds. */
const START = 1_893_456_000;
const SPACING = 600;
const VALUE = 200_000n;

export class World {
  readonly pairs: readonly Pair[];
  #now = START;
  readonly #coinbases: { readonly outpoint: OutPoint; readonly value: bigint }[] = [];
  #spent: OutPoint[] = [];

  private constructor(pairs: readonly Pair[]) {
    this.pairs = pairs;
  }

  static async open(bitcoind: string): Promise<World> {
    const pairs = [await Pair.open(bitcoind, START, true), await Pair.open(bitcoind, START, false)];
    const world = new World(pairs);
    for (let height = 1; height <= 110; height++) await world.extend([]);
    return world;
  }

  get place(): Place {
    const { tip } = this.pairs[0]!.penny.node.chain;
    const unripe = this.#coinbases.slice(-3).map(({ outpoint }) => outpoint);
    return {
      height: tip.height + 1,
      prevHash: tip.hashBytes,
      medianTimePast: tip.medianTimePast,
      now: this.#now,
      unspendable: [...unripe, ...this.#spent],
    };
  }

  /** Time goes on, and a block of these is put on every node. */
  async extend(transactions: readonly Transaction[]): Promise<void> {
    this.#now += SPACING;
    for (const pair of this.pairs) await this.#agree(pair, 'setmocktime', `[${this.#now}]`, null);
    const block = blockOf(this.place, transactions, true);
    for (const pair of this.pairs) await this.#agree(pair, 'submitblock', `["${toHex(block.bytes)}"]`, null);
    this.accepted(block);
  }

  /** A block that all nodes took. */
  accepted(block: Block): void {
    const [coinbase] = block.transactions;
    const paid = coinbase?.outputs[0];
    if (coinbase === undefined || paid === undefined) return;
    this.#coinbases.push({ outpoint: { txid: coinbase.txidBytes, vout: 0 }, value: paid.value });
  }

  async #agree(pair: Pair, method: string, parameters: string, expected: unknown): Promise<void> {
    const { result } = await pair.penny.call(method, parameters);
    const core = await pair.callCore(method, parameters);
    if (result !== expected || core !== expected)
      throw new Error(`${method}: Core says ${JSON.stringify(core)}, Penny ${JSON.stringify(result)}`);
  }

  /** The oldest that no branch has left behind. */
  async #nextCoinbase(): Promise<{ readonly outpoint: OutPoint; readonly value: bigint }> {
    for (;;) {
      const coinbase = this.#coinbases.shift();
      if (coinbase === undefined) throw new Error('no coinbase is left');
      const [coin] = await this.pairs[0]!.penny.node.chain.coins([coinbase.outpoint]);
      if (coin !== undefined) return coinbase;
    }
  }

  /** Coins behind drawn locks, confirmed one block or two deep. */
  async fund(draw: Draw, count: number): Promise<LockedCoin[]> {
    const { outpoint, value } = await this.#nextCoinbase();
    const now = { height: this.place.height, time: this.place.medianTimePast };
    const locks = draw.list(count, () => drawLock(draw, now));
    const outputs: TxOut[] = locks.map(({ scriptPubKey }) => ({ value: VALUE, scriptPubKey }));
    const rest = value - VALUE * BigInt(count);
    if (rest < 0n) throw new Error('the subsidy does not reach any further: begin again with another seed');
    const funding = Transaction.from({
      version: 2,
      inputs: [
        {
          prevout: outpoint,
          scriptSig: new Uint8Array(),
          sequence: SEQUENCE_FINAL,
          witness: [Uint8Array.of(OP.OP_1)],
        },
      ],
      outputs: [...outputs, { value: rest, scriptPubKey: anyoneCanSpend }],
      lockTime: 0,
    });
    this.#spent = [outpoint];
    await this.extend([funding]);
    return locks.map((lock, vout) => ({
      lock,
      outpoint: { txid: funding.txidBytes, vout },
      output: outputs[vout]!,
    }));
  }

  /** Mines what the pool would put into blocks; the rest is left. */
  async clearPool(pair: Pair): Promise<void> {
    for (;;) {
      const { result } = await pair.penny.call('getblocktemplate', '[{"rules":["segwit"]}]');
      const { transactions } = result as { transactions: { data: string }[] };
      if (transactions.length === 0) return;
      await this.extend(transactions.map(({ data }) => Transaction.decode(fromHex(data))));
    }
  }

  async close(): Promise<void> {
    for (const pair of this.pairs) await pair.close();
  }
}
