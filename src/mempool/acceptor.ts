/**
 * Takes one transaction through the door: fetches its coins, has it judged, verifies its scripts, and puts it
 * in the pool. Awaits on the way, so it looks whether the chain moved meanwhile and then begins again.
 */

import type { Chain } from '../chain/chain.ts';
import type { ScriptVerifier } from '../chain/script-verifier.ts';
import { Invalid } from '../core/encoding/errors.ts';
import { scriptErrorMessage } from '../core/script/errors.ts';
import { STANDARD_FLAGS } from '../core/script/flags.ts';
import type { Coin } from '../core/transaction/coin.ts';
import { feeRateOf } from '../core/transaction/fee-rate.ts';
import { OutPointMap } from '../core/transaction/outpoint-map.ts';
import {
  type OutPoint,
  outPointsOf,
  outPointText,
  prevoutsOf,
  type Transaction,
  type TxOut,
} from '../core/transaction/transaction.ts';
import {
  type Circumstances,
  checkAlone,
  checkMaximumFeeRate,
  judge,
  judgeChanges,
  type Manner,
} from './acceptance.ts';
import type { Pool } from './pool.ts';
import {
  type AcceptOptions,
  type AcceptResult,
  FeeInvalid,
  MaximumFeeInvalid,
  type Refused,
  ScriptInvalid,
} from './results.ts';
import { needsWitness } from './standardness.ts';

/** Outputs of a transaction with missing inputs that are looked for, to tell if it is confirmed already. */
const KNOWN_OUTPUTS = 64;

type FindCoin = (outpoint: OutPoint) => Coin | undefined;

export class Acceptor {
  readonly pool: Pool;
  readonly #chain: Chain;
  readonly #scriptVerifier: ScriptVerifier;

  constructor(pool: Pool, chain: Chain, scriptVerifier: ScriptVerifier) {
    this.pool = pool;
    this.#chain = chain;
    this.#scriptVerifier = scriptVerifier;
  }

  /** @param keepSize do not evict afterwards: the rest of its package is to come. */
  async accept(tx: Transaction, options: AcceptOptions, keepSize = false): Promise<AcceptResult> {
    const allow = options.allowReplacement ?? true;
    const manner: Manner = { allowReplacement: allow, allowSiblingEviction: allow, packageFees: false };
    const judgement = async (circumstances: Circumstances) => {
      checkAlone(tx, circumstances, manner);
      const find = await this.fetch(prevoutsOf(tx));
      const own = options.time === undefined ? circumstances : { ...circumstances, time: options.time };
      const candidate = judge(tx, find, own, manner);
      const replaced = judgeChanges(candidate, circumstances);
      checkMaximumFeeRate(candidate.entry, options.maximumFeeRate);
      await this.checkScripts(tx, candidate.spent);
      if (options.maximumFee !== undefined && candidate.entry.fee > options.maximumFee)
        throw new MaximumFeeInvalid();
      return { entry: candidate.entry, replaced };
    };
    try {
      const { entry, replaced } = await this.settled(judgement, (judged) => {
        if (options.testOnly === true) return;
        this.pool.remove(judged.replaced, 'replaced');
        this.pool.add(judged.entry);
        if (!keepSize) this.pool.limit();
        if (this.pool.graph.get(tx.txid) !== judged.entry) throw new FeeInvalid('mempool full');
      });
      return {
        ok: true,
        entry,
        replaced: [...replaced].map((other) => other.tx),
        effectiveFeeRate: feeRateOf(entry.modifiedFee, entry.virtualSize),
        effectiveIncludes: [entry.wtxid],
      };
    } catch (error) {
      return this.refuse(error, tx);
    }
  }

  /**
   * Runs a judgement until neither chain nor pool changed under it.
   * @param conclude acts on it at once: whoever awaits the result may find the next block connected.
   */
  async settled<T>(
    judgement: (circumstances: Circumstances) => Promise<T>,
    conclude: (judged: T) => void,
  ): Promise<T> {
    for (;;) {
      const circumstances = this.pool.circumstances();
      const isStale = () =>
        this.#chain.tip !== circumstances.tip || this.pool.updates !== circumstances.updates;
      let judged: T;
      try {
        judged = await judgement(circumstances);
      } catch (error) {
        if (error instanceof Invalid && isStale()) continue;
        throw error;
      }
      if (isStale()) continue;
      conclude(judged);
      return judged;
    }
  }

  /** Looks coins up: in the mempool as it is when one is asked for, else in the chain as it is now. */
  async fetch(wanted: readonly OutPoint[]): Promise<FindCoin> {
    const { graph } = this.pool;
    const outpoints = wanted.filter((outpoint) => graph.output(outpoint) === undefined);
    const coins = outpoints.length === 0 ? [] : await this.#chain.coins(outpoints);
    const found = new OutPointMap<Coin>();
    coins.forEach((coin, i) => {
      if (coin !== undefined) found.set(outpoints[i]!, coin);
    });
    return (outpoint) => graph.output(outpoint) ?? found.get(outpoint);
  }

  /** Under the flags of relay, which include those of blocks. @throws ScriptInvalid */
  async checkScripts(tx: Transaction, spent: readonly TxOut[]): Promise<void> {
    const failure = await this.#scriptVerifier.verify([{ tx, spent, flags: STANDARD_FLAGS }]);
    if (failure === null) return;
    const { input, error } = failure;
    throw new ScriptInvalid(
      `mempool-script-verify-flag-failed (${scriptErrorMessage(error)})`,
      `input ${input} of ${tx.txid} (wtxid ${tx.wtxid}), spending ${outPointText(tx.inputs[input]!.prevout)}`,
      !tx.hasWitness && needsWitness(tx, spent),
    );
  }

  /** Why a transaction did not come in. @throws what is no broken rule. */
  async refuse(error: unknown, tx: Transaction): Promise<Refused> {
    if (!(error instanceof Invalid)) throw error;
    const missing = error.kind === 'missing' ? await this.#missing(tx) : [];
    const known = error.kind === 'missing' && (await this.#isConfirmed(tx));
    return {
      ok: false,
      invalid: known ? new Invalid('duplicate', 'txn-already-known') : error,
      reconsiderable: error instanceof FeeInvalid,
      witnessStripped: error instanceof ScriptInvalid && error.witnessStripped,
      missing,
    };
  }

  async #missing(tx: Transaction): Promise<string[]> {
    const prevouts = prevoutsOf(tx);
    const find = await this.fetch(prevouts);
    const outpoints = prevouts.filter((prevout) => find(prevout) === undefined);
    return [...new Set(outpoints.map((outpoint) => outPointText(outpoint).slice(0, 64)))];
  }

  async #isConfirmed(tx: Transaction): Promise<boolean> {
    const outputs = outPointsOf(tx).slice(0, KNOWN_OUTPUTS);
    return (await this.#chain.coins(outputs)).some((coin) => coin !== undefined);
  }
}
