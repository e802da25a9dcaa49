/**
 * What a reorganisation does to the mempool: transactions of blocks that left the chain come back, and what
 * the new chain does not allow (yet) goes.
 */

import type { BlockEvent } from '../chain/chain.ts';
import { isFinal } from '../core/consensus/lock-time.ts';
import { Invalid } from '../core/encoding/errors.ts';
import { STANDARD_FLAGS } from '../core/script/flags.ts';
import { sigOpCost } from '../core/script/sigops.ts';
import { totalValue } from '../core/transaction/amount.ts';
import type { Coin } from '../core/transaction/coin.ts';
import { OutPointMap } from '../core/transaction/outpoint-map.ts';
import {
  prevoutsOf,
  SEQUENCE_DISABLE,
  type Transaction,
  WITNESS_SCALE_FACTOR,
} from '../core/transaction/transaction.ts';
import { checkEntry, judgeCoins } from './acceptance.ts';
import type { Acceptor } from './acceptor.ts';
import { type Cluster, MempoolEntry } from './entry.ts';
import { withDescendants } from './graph.ts';
import type { MempoolPolicy } from './policy.ts';
import type { Pool } from './pool.ts';
import { checkNotTooSmall, checkStandard } from './standardness.ts';

/** Bytes of transactions that come back at most (Core's MAX_DISCONNECTED_TX_POOL_BYTES). */
const MAX_RETURNED_BYTES = 20_000_000;

export class Reorganisation {
  readonly #acceptor: Acceptor;
  readonly #pool: Pool;
  /** The newest first, as blocks are taken back. */
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
  blockDisconnected({ block, undo, forgotten = false }: BlockEvent): void {
    const [coinbase, ...txs] = block.transactions;
    // By the outpoint of their first output.
    const dropped = new OutPointMap<Transaction>();
    const drop = (tx: Transaction) => dropped.set({ txid: tx.txidBytes, vout: 0 }, tx);
    drop(coinbase!);
    const returned: MempoolEntry[] = [];
    txs.forEach((tx, i) => {
      const orphaned = tx.inputs.some(({ prevout }) => dropped.has({ txid: prevout.txid, vout: 0 }));
      if (forgotten || orphaned || !this.#isStandard(tx)) drop(tx);
      else returned.push(this.#return(tx, undo[i]!));
    });
    for (const [, tx] of dropped.entries()) this.#removeSpenders(tx);
    for (const entry of returned.reverse()) this.#returned.add(entry);
    this.#trim();
  }

  /** Of what is too much the newest goes, on which the least depends. */
  #trim(): void {
    for (const entry of this.#returned) {
      if (this.#bytes <= MAX_RETURNED_BYTES) return;
      this.#bytes -= entry.tx.bytes.length;
      this.#returned.delete(entry);
      if (this.#isHere(entry)) this.#pool.remove(withDescendants(entry), 'reorg');
    }
  }

  #isStandard(tx: Transaction): boolean {
    try {
      if (this.#pool.policy.requireStandard) checkStandard(tx, this.#pool.policy);
      checkNotTooSmall(tx);
      return true;
    } catch (error) {
      if (error instanceof Invalid) return false;
      throw error;
    }
  }

  #return(tx: Transaction, coins: readonly Coin[]): MempoolEntry {
    const { tip, time, feeDelta, policy } = this.#pool.circumstances();
    const spent = coins.map((coin) => coin.output);
    const facts = {
      tx,
      fee: totalValue(spent) - totalValue(tx.outputs),
      sigOpCost: sigOpCost(tx, spent, STANDARD_FLAGS),
      time,
      height: tip.height,
      // Older than any child that is in the mempool.
      sequence: 0,
      spendsCoinbase: coins.some((coin) => coin.coinbase),
    };
    const entry = new MempoolEntry(facts, {
      feeDelta: feeDelta(tx.txid),
      bytesPerSigOp: policy.bytesPerSigOp,
    });
    this.#pool.add(entry);
    this.#bytes += tx.bytes.length;
    return entry;
  }

  #removeSpenders(tx: Transaction): void {
    const { graph } = this.#pool;
    tx.outputs.forEach((_, vout) => {
      const spender = graph.spender({ txid: tx.txidBytes, vout });
      if (spender !== undefined) this.#pool.remove(withDescendants(spender), 'reorg');
    });
  }

  /**
   * After the chain has come to its new tip: judges again what depends on it, and what came back.
   * @param newHeight of that tip: there may be later ones by now
   */
  async settle(newHeight: number): Promise<void> {
    this.#bytes = 0;
    const returned = new Set(this.#returned);
    this.#returned.clear();
    const entries = [...this.#pool.graph.entries()].filter(
      (entry) => returned.has(entry) || dependsOnTip(entry),
    );
    const find = await this.#acceptor.fetch(entries.flatMap(({ tx }) => prevoutsOf(tx)));
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
        if (!returned.has(entry)) return;
        checkEntry(entry, this.#pool.policy);
        await this.#acceptor.checkScripts(tx, spent);
        entry.height = newHeight;
      });
    for (const entry of returned)
      if (this.#isHere(entry)) this.#pool.remove(beyondLimits(entry.cluster, this.#pool.policy), 'sizelimit');
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
}

function dependsOnTip({ tx, spendsCoinbase }: MempoolEntry): boolean {
  const isLocked = tx.version >= 2 && tx.inputs.some(({ sequence }) => (sequence & SEQUENCE_DISABLE) === 0);
  return spendsCoinbase || tx.lockTime > 0 || isLocked;
}

/**
 * Blocks may return more connected transactions than are allowed: the newest go, and what spends from them.
 * Transactions are put together again one by one, oldest first, as long as the parts that each connects are
 * together small enough; in time proportional to the cluster, which is bounded by blocks alone.
 */
function beyondLimits({ entries, weight }: Cluster, policy: MempoolPolicy): MempoolEntry[] {
  const maxWeight = policy.limitClusterSize * WITNESS_SCALE_FACTOR;
  const fits = (part: Part) => part.count <= policy.limitClusterCount && part.weight <= maxWeight;
  if (fits({ count: entries.size, weight })) return [];
  const parts = new Map<MempoolEntry, Part>();
  const beyond: MempoolEntry[] = [];
  for (const entry of oldestFirst(entries)) {
    const own = Array.from(entry.parents, (parent) => parts.get(parent));
    const joined = new Set(own.map((part) => part && wholeOf(part)));
    const whole: Part = { count: 1, weight: entry.adjustedWeight };
    for (const part of joined) {
      whole.count += part?.count ?? Number.POSITIVE_INFINITY;
      whole.weight += part?.weight ?? 0;
    }
    if (!fits(whole)) {
      beyond.push(entry);
      continue;
    }
    parts.set(entry, whole);
    for (const part of joined) part!.whole = whole;
  }
  return beyond;
}

/** Some connected transactions. */
interface Part {
  count: number;
  weight: number;
  /** What it has become a part of. */
  whole?: Part;
}

function wholeOf(part: Part): Part {
  let whole = part;
  while (whole.whole !== undefined) whole = whole.whole;
  // The next look is a short one.
  for (let at = part; at.whole !== undefined; ) {
    const next = at.whole;
    at.whole = whole;
    at = next;
  }
  return whole;
}

/** Parents before children, otherwise in the order in which they came. */
function oldestFirst(entries: ReadonlySet<MempoolEntry>): Set<MempoolEntry> {
  const order = new Set<MempoolEntry>();
  const pending = [...entries].sort((a, b) => b.sequence - a.sequence);
  while (pending.length > 0) {
    const entry = pending.at(-1)!;
    const waiting = order.has(entry) ? [] : [...entry.parents].filter((parent) => !order.has(parent));
    if (waiting.length > 0) pending.push(...waiting);
    else order.add(pending.pop()!);
  }
  return order;
}
