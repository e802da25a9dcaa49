/**
 * What a reorganisation does to the mempool: transactions of blocks that left the chain come back, and what
 * the new chain does not allow (yet) goes.
 */
import type { BlockEvent } from '../chain/chain.ts';
import { isFinal, SEQUENCE_DISABLE } from '../core/consensus/lock-time.ts';
import { Invalid } from '../core/encoding/errors.ts';
import { STANDARD_FLAGS } from '../core/script/flags.ts';
import { sigOpCost } from '../core/script/sigops.ts';
import type { Coin } from '../core/transaction/coin.ts';
import { type Transaction, WITNESS_SCALE_FACTOR } from '../core/transaction/transaction.ts';
import { judgeCoins } from './acceptance.ts';
import type { Acceptor } from './acceptor.ts';
import { MempoolEntry } from './entry.ts';
import { spendsFrom, withDescendants } from './graph.ts';
import type { Pool } from './pool.ts';
import { checkStandard } from './standardness.ts';

/** Bytes of transactions that come back at most (Core's MAX_DISCONNECTED_TX_POOL_BYTES). */
const MAX_RETURNED_BYTES = 20_000_000;

export class Reorganisation {
  readonly #acceptor: Acceptor;
  readonly #pool: Pool;
  readonly #returned = new Set<MempoolEntry>();
  #bytes = 0;

  constructor(acceptor: Acceptor) {
    this.#acceptor = acceptor;
    this.#pool = acceptor.pool;
  }

  /**
   * Puts a block's transactions back at once, so that those in the mempool keep their parents: nothing of the
   * chain can conflict with them. They are judged by `settle`.
   */
  blockDisconnected({ block, undo }: BlockEvent): void {
    const [coinbase, ...txs] = block.transactions;
    const dropped = [coinbase!];
    txs.forEach((tx, i) => {
      this.#bytes += tx.bytes.length;
      const orphaned = dropped.some((parent) => spendsFrom(tx, parent));
      if (orphaned || this.#bytes > MAX_RETURNED_BYTES || !this.#isStandard(tx)) dropped.push(tx);
      else this.#return(tx, undo[i]!);
    });
    for (const tx of dropped) this.#removeSpenders(tx);
  }

  #isStandard(tx: Transaction): boolean {
    if (!this.#pool.policy.requireStandard) return true;
    try {
      checkStandard(tx, this.#pool.policy);
      return true;
    } catch (error) {
      if (error instanceof Invalid) return false;
      throw error;
    }
  }

  #return(tx: Transaction, coins: readonly Coin[]): void {
    const { tip, time, feeDelta } = this.#pool.circumstances();
    const spent = coins.map((coin) => coin.output);
    const total = (outputs: readonly { readonly value: bigint }[]) =>
      outputs.reduce((sum, output) => sum + output.value, 0n);
    const facts = {
      tx,
      fee: total(spent) - total(tx.outputs),
      sigOpCost: sigOpCost(tx, spent, STANDARD_FLAGS),
      time,
      height: tip.height,
      // Older than any child that is in the mempool.
      sequence: 0,
      spendsCoinbase: coins.some((coin) => coin.coinbase),
    };
    const entry = new MempoolEntry(facts, feeDelta(tx.txid));
    this.#pool.add(entry);
    this.#returned.add(entry);
  }

  #removeSpenders(tx: Transaction): void {
    const { graph } = this.#pool;
    tx.outputs.forEach((_, vout) => {
      const spender = graph.spender({ txid: tx.txidBytes, vout });
      if (spender !== undefined) this.#pool.remove(withDescendants(spender), 'reorg');
    });
  }

  /** After the chain has come to its new tip: judges again what depends on it, and what came back. */
  async settle(): Promise<void> {
    this.#bytes = 0;
    const returned = new Set(this.#returned);
    this.#returned.clear();
    const entries = [...this.#pool.graph.entries()].filter(
      (entry) => returned.has(entry) || dependsOnTip(entry),
    );
    const find = await this.#acceptor.fetch(entries.map((entry) => entry.tx));
    for (const entry of entries)
      await this.#keepIf(entry, async () => {
        const { tx } = entry;
        const circumstances = this.#pool.circumstances();
        const { height, medianTimePast } = circumstances.tip;
        if (!isFinal(tx, height + 1, medianTimePast)) throw new Invalid('early', 'non-final');
        const { spent } = judgeCoins(
          tx,
          tx.inputs.map((input) => find(input.prevout)),
          circumstances,
        );
        if (returned.has(entry)) await this.#acceptor.checkScripts(tx, spent);
      });
    for (const entry of returned) if (this.#isHere(entry)) this.#trimCluster(entry);
    this.#pool.limit();
  }

  #isHere(entry: MempoolEntry): boolean {
    return this.#pool.graph.get(entry.txid) === entry;
  }

  async #keepIf(entry: MempoolEntry, judgement: () => Promise<void>): Promise<void> {
    if (!this.#isHere(entry)) return;
    try {
      await judgement();
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      if (this.#isHere(entry)) this.#pool.remove(withDescendants(entry), 'reorg');
    }
  }

  /** Many blocks together may return more connected transactions than are allowed: the newest go. */
  #trimCluster(entry: MempoolEntry): void {
    const { limitClusterCount, limitClusterSize } = this.#pool.policy;
    const newestFirst = [...entry.cluster.entries].sort((a, b) => b.sequence - a.sequence);
    for (const newest of newestFirst) {
      const { cluster } = entry;
      const fits = cluster.entries.size <= limitClusterCount;
      if (fits && cluster.weight <= limitClusterSize * WITNESS_SCALE_FACTOR) return;
      if (this.#isHere(newest) && newest.children.size === 0) this.#pool.remove([newest], 'sizelimit');
    }
  }
}

function dependsOnTip({ tx, spendsCoinbase }: MempoolEntry): boolean {
  const isLocked = tx.version >= 2 && tx.inputs.some(({ sequence }) => (sequence & SEQUENCE_DISABLE) === 0);
  return spendsCoinbase || tx.lockTime > 0 || isLocked;
}
