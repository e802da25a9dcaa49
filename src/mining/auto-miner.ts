/** Mines by itself on networks of one's own: when transactions come, or by the clock. Owns when; how is `Miner`'s. */
import type { Mempool } from '../mempool/mempool.ts';
import type { Clock, Logger, Timer } from '../seams.ts';
import type { Miner } from './miner.ts';

export interface AutoMining {
  /** Milliseconds from a transaction to its block; null: transactions wait for the timer. */
  readonly delay: number | null;
  /** Milliseconds from one block of the timer to the next; 0: none. */
  readonly interval: number;
  /** The timer makes blocks though nothing waits. */
  readonly empty: boolean;
  /** The scriptPubKey that is paid. */
  readonly script: Uint8Array;
}

interface AutoMinerDependencies {
  readonly miner: Miner;
  readonly mempool: Mempool;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class AutoMiner {
  readonly #dependencies: AutoMinerDependencies;
  #mining: AutoMining | null = null;
  #soon: Timer | undefined;
  #timer: Timer | undefined;
  /** One block after the other. */
  #turn: Promise<void> = Promise.resolve();

  constructor(dependencies: AutoMinerDependencies) {
    this.#dependencies = dependencies;
    dependencies.mempool.added.subscribe(() => this.#arrived());
  }

  /** Null while it does not mine. */
  get mining(): AutoMining | null {
    return this.#mining;
  }

  start(mining: AutoMining): void {
    this.#cancel();
    this.#mining = mining;
    this.#arrived();
    if (mining.interval > 0) this.#tick(mining);
  }

  /** Resolves when no block is being made. */
  async stop(): Promise<void> {
    this.#cancel();
    this.#mining = null;
    await this.#turn;
  }

  #cancel(): void {
    this.#soon?.cancel();
    this.#timer?.cancel();
    this.#soon = undefined;
  }

  #arrived(): void {
    const { clock, mempool } = this.#dependencies;
    const delay = this.#mining?.delay ?? null;
    if (delay === null || this.#soon !== undefined || mempool.graph.size === 0) return;
    this.#soon = clock.schedule(delay, () => {
      this.#soon = undefined;
      void this.#mine(false).then((mined) => {
        // More than a block holds; what no block takes is not tried again before something comes.
        if (mined) this.#arrived();
      });
    });
  }

  #tick(mining: AutoMining): void {
    this.#timer = this.#dependencies.clock.schedule(mining.interval, () => {
      this.#tick(mining);
      void this.#mine(mining.empty);
    });
  }

  /** @returns whether anything was mined that had waited */
  async #mine(empty: boolean): Promise<boolean> {
    const { miner, mempool, logger } = this.#dependencies;
    let before = 0;
    this.#turn = this.#turn
      .then(() => mempool.settled())
      .then(async () => {
        before = mempool.graph.size;
        const script = this.#mining?.script;
        if (script !== undefined && (empty || before > 0)) await miner.mineBlocks(1, script, 2 ** 32);
      })
      .catch((error: Error) => {
        logger.log('error', 'mining', `A block could not be mined by itself: ${error.message}`);
      });
    await this.#turn;
    return mempool.graph.size < before;
  }
}
