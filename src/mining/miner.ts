/**
 * White paper sections 4 and 6: searches for blocks, continuously or on demand, and hands what it finds to
 * the chain's door. Owns when is searched on what; how is behind `NonceSearcher`.
 */

import type { Chain } from '../chain/chain.ts';
import type { Block } from '../core/block/block.ts';
import { type BlockHash, BlockHeader } from '../core/block/header.ts';
import { targetFromBits } from '../core/block/target.ts';
import { checkHeaderContext } from '../core/consensus/contextual.ts';
import { Invalid } from '../core/encoding/errors.ts';
import type { FeeRate } from '../core/transaction/fee-rate.ts';
import type { Transaction } from '../core/transaction/transaction.ts';
import type { Mempool } from '../mempool/mempool.ts';
import type { Seams } from '../seams.ts';
import { HashRate } from './hash-rate.ts';
import type { NonceSearcher, Searchers } from './nonce-searcher.ts';
import {
  type BlockTemplate,
  buildTemplate,
  DEFAULT_MINIMUM_FEE_RATE,
  DEFAULT_RESERVED_WEIGHT,
  type TemplateOptions,
} from './template.ts';

export type MinerOptions = Pick<TemplateOptions, 'maxWeight' | 'reservedWeight' | 'minimumFeeRate'>;

export interface MiningOptions {
  readonly threads: number;
  /** Percent of each thread's time, 1 to 100. */
  readonly load: number;
  /** The scriptPubKey to pay. */
  readonly script: Uint8Array;
  /** Seconds from one block to the next, however easy they are: for calm networks. 0 is no pacing. */
  readonly blockInterval?: number;
}

/** All nonces of a header. */
const NONCES = 2 ** 32;
/** Milliseconds after which new transactions and the time are taken into account. */
const REFRESH = 30_000;
/** Milliseconds to wait after something went wrong. */
const PAUSE = 5_000;
/** Core's DEFAULT_MAX_TRIES. */
const DEFAULT_MAX_TRIES = 1_000_000;

/** As Core says it. */
const invalidTemplate = ({ kind, reason, detail }: Invalid): Invalid =>
  new Invalid(kind, `TestBlockValidity failed: ${reason}`, detail);

interface Run {
  readonly options: MiningOptions;
  readonly searcher: NonceSearcher;
  readonly rate: HashRate;
  readonly stop: AbortController;
  /** The tip for which `begin`, a time of the node, was drawn. */
  paced: { readonly tip: BlockHash; readonly begin: number } | null;
  done: Promise<void>;
}

export class Miner {
  readonly #options: MinerOptions;
  readonly #chain: Chain;
  readonly #mempool: Mempool;
  readonly #seams: Seams & Searchers;
  #run: Run | null = null;
  #blocksFound = 0;
  #lastTemplate: { readonly weight: number; readonly transactions: number } | null = null;

  constructor(options: MinerOptions, chain: Chain, mempool: Mempool, seams: Seams & Searchers) {
    this.#options = options;
    this.#chain = chain;
    this.#mempool = mempool;
    this.#seams = seams;
  }

  /** Null while not mining continuously. */
  get mining(): MiningOptions | null {
    return this.#run?.options ?? null;
  }

  /** Hashes a second, counted over the last seconds. */
  get hashRate(): number {
    return this.#run?.rate.perSecond() ?? 0;
  }

  /** Blocks found since the start, on demand and continuously. */
  get blocksFound(): number {
    return this.#blocksFound;
  }

  /** Weight of the last template and its transactions, without the coinbase; null before the first. */
  get lastTemplate(): { readonly weight: number; readonly transactions: number } | null {
    return this.#lastTemplate;
  }

  /** Nothing that pays less is mined. */
  get minimumFeeRate(): FeeRate {
    return this.#options.minimumFeeRate ?? DEFAULT_MINIMUM_FEE_RATE;
  }

  /** A template under this node's limits. @throws Invalid if no block can be valid now. */
  async template(coinbaseScript: Uint8Array, transactions?: readonly Transaction[]): Promise<BlockTemplate> {
    const time = this.#seams.clock.seconds();
    const given = transactions === undefined ? {} : { transactions };
    const template = await buildTemplate(this.#chain, this.#mempool, {
      ...this.#options,
      coinbaseScript,
      time,
      ...given,
    });
    try {
      // Our clock may have gone back since the tip came.
      checkHeaderContext(template, template.parent, this.#chain.parameters, time);
    } catch (error) {
      throw error instanceof Invalid ? invalidTemplate(error) : error;
    }
    const reserved = this.#options.reservedWeight ?? DEFAULT_RESERVED_WEIGHT;
    const weight = template.transactions.reduce((sum, { tx }) => sum + tx.weight, reserved);
    this.#lastTemplate = { weight, transactions: template.transactions.length };
    return template;
  }

  /** Mines blocks now, on the lowest nonces. Ends early after `maxTries` hashes in all. */
  async mineBlocks(count: number, script: Uint8Array, maxTries = DEFAULT_MAX_TRIES): Promise<BlockHash[]> {
    const hashes: BlockHash[] = [];
    for (let left = maxTries; hashes.length < count; ) {
      const template = await this.template(script);
      const before = this.#seams.searcher.hashes;
      const block = await this.#solve(template, left);
      if (block === null) break;
      left -= this.#seams.searcher.hashes - before;
      await this.#submit(block);
      hashes.push(block.hash);
    }
    return hashes;
  }

  /** A solved block of exactly these transactions (generateblock). @throws Invalid if they make no valid block. */
  async mineBlock(script: Uint8Array, transactions: readonly Transaction[], submit: boolean): Promise<Block> {
    let template: BlockTemplate;
    let invalid: Invalid | null;
    do {
      template = await this.template(script, transactions);
      invalid = await this.#chain.testBlock(template.block());
      // Another block came meanwhile: of several callers each is to have one.
    } while (invalid?.reason === 'inconclusive-not-best-prevblk');
    if (invalid !== null) throw invalidTemplate(invalid);
    const block = await this.#solve(template, NONCES);
    if (block === null) throw new Error('All nonces of the block are spent');
    if (submit) await this.#submit(block);
    return block;
  }

  async #solve(template: BlockTemplate, maxTries: number): Promise<Block | null> {
    const chain = this.#chain;
    const { searcher } = this.#seams;
    for (let extraNonce = 0; ; extraNonce++) {
      const header = template.header(extraNonce);
      const { target } = targetFromBits(header.bits);
      const nonce = await searcher.search(header.bytes, target, 0, Math.min(maxTries, NONCES));
      if (nonce === null) return null;
      const block = template.block(extraNonce, BlockHeader.from({ ...header, nonce }));
      // Where a branch was left, the same block may have been there at the same time.
      if (chain.entry(block.hash) === undefined) return block;
    }
  }

  /** @throws Invalid */
  async #submit(block: Block): Promise<void> {
    const verdict = await this.#chain.acceptBlock(block);
    if (!verdict.ok) throw verdict.invalid;
    this.#blocksFound++;
  }

  /** Mines continuously from now on, instead of what was started before. */
  start(options: MiningOptions): void {
    const before = this.stop();
    const searcher = this.#seams.createSearcher(options.threads);
    const stop = new AbortController();
    const rate = new HashRate(this.#seams.clock, () => searcher.hashes);
    const run: Run = { options, searcher, rate, stop, paced: null, done: Promise.resolve() };
    this.#run = run;
    run.done = before.then(() => this.#mine(run)).finally(() => searcher.close());
  }

  /** Resolves when no thread searches any more. */
  async stop(): Promise<void> {
    const run = this.#run;
    this.#run = null;
    run?.stop.abort();
    run?.rate.close();
    await run?.done;
  }

  async #mine(run: Run): Promise<void> {
    const { logger } = this.#seams;
    while (!run.stop.signal.aborted) {
      try {
        await this.#mineOnTip(run);
        // However easy the blocks are: others must have their turn.
        await this.#wait(0, run.stop.signal);
      } catch (error) {
        // A full disk halts the chain, which stops the node; nothing is gained by trying in a hurry.
        const detail = error instanceof Invalid ? error.message : (error as Error).stack;
        logger.log('error', 'mining', `A block could not be mined: ${detail}`);
        await this.#wait(PAUSE, run.stop.signal);
      }
    }
  }

  /** Until a block is found, or the tip changes, or there may be something new to put in. */
  async #mineOnTip(run: Run): Promise<void> {
    const chain = this.#chain;
    const { clock, logger } = this.#seams;
    const changed = new AbortController();
    const abort = () => changed.abort();
    const unsubscribe = chain.tipChanged.subscribe(abort);
    run.stop.signal.addEventListener('abort', abort);
    if (run.stop.signal.aborted) abort();
    const { signal } = changed;
    let refresh = { cancel: () => {} };
    try {
      await this.#pace(run, signal);
      if (signal.aborted) return;
      const template = await this.template(run.options.script);
      refresh = clock.schedule(REFRESH, abort);
      const block = await this.#search(template, run, signal);
      if (block === null) return;
      // Whoever else waits for the tip is told by the chain; this is no reason to stop ourselves.
      await this.#submit(block);
      logger.log('info', 'mining', `Found block ${block.hash} at height ${template.height}`);
    } finally {
      refresh.cancel();
      unsubscribe();
      run.stop.signal.removeEventListener('abort', abort);
    }
  }

  /** Rolls the extra nonce, and the time with it, whenever all nonces are spent. */
  async #search(template: BlockTemplate, run: Run, signal: AbortSignal): Promise<Block | null> {
    const { load } = run.options;
    for (let extraNonce = 1; !signal.aborted; extraNonce++) {
      const now = this.#seams.clock.seconds();
      const header = template.header(extraNonce, Math.max(template.time, now));
      const { target } = targetFromBits(header.bits);
      const nonce = await run.searcher.search(header.bytes, target, 0, NONCES, { signal, load });
      if (nonce !== null) return template.block(extraNonce, BlockHeader.from({ ...header, nonce }));
    }
    return null;
  }

  /**
   * Waits so that blocks come an interval apart whoever finds them. A bit of chance keeps the miners of a calm
   * network from beginning at the same moment.
   */
  async #pace(run: Run, signal: AbortSignal): Promise<void> {
    const interval = run.options.blockInterval ?? 0;
    if (interval <= 0) return;
    const { clock, random } = this.#seams;
    const tip = this.#chain.tip.hash;
    if (run.paced?.tip !== tip)
      run.paced = { tip, begin: clock.elapsed() + interval * (750 + random.below(501)) };
    const wait = run.paced.begin - clock.elapsed();
    if (wait > 0) await this.#wait(wait, signal);
  }

  async #wait(milliseconds: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const end = () => {
        timer.cancel();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = this.#seams.clock.schedule(milliseconds, end);
      signal.addEventListener('abort', end);
    });
  }
}
