/**
 * While the chain goes on from a snapshot: the coins that it had before, on their way from the genesis block to the
 * snapshot's, by the same stages (`walk.ts`). Tells nobody of its blocks but who follows what is verified.
 */
import { ActiveChain } from './active-chain.ts';
import type { Assumption } from './assumed-coins.ts';
import type { Chainstate } from './chainstate.ts';
import { ChainDisk } from './disk.ts';
import { ChainEvents } from './events.ts';
import type { HeaderEntry } from './header-entry.ts';
import type { ChainParts } from './parts.ts';
import { Reception } from './stages/receive.ts';
import { verifyChain } from './verification.ts';
import { Walk } from './walk.ts';

/** Until the blocks above the snapshot get their turn. */
const BLOCKS_PER_TURN = 16;

export class Background {
  readonly assumption: Assumption;
  /** Up to where it has come. */
  readonly active = new ActiveChain();
  readonly chainstate: Chainstate;
  readonly #parts: ChainParts;
  readonly #disk: ChainDisk;
  readonly #walk: Walk;
  #until = 0;

  /** @param tip whose coins the chainstate has */
  constructor(assumption: Assumption, chainstate: Chainstate, tip: HeaderEntry, parts: ChainParts) {
    this.assumption = assumption;
    this.chainstate = chainstate;
    this.active.reset(tip);
    const { active } = this;
    const logger: ChainParts['logger'] = {
      log: (level, category, message, fields) =>
        parts.logger.log(
          level === 'info' ? 'debug' : level,
          category,
          `[background validation] ${message}`,
          fields,
        ),
    };
    this.#parts = { ...parts, chainstate, active, logger, events: new ChainEvents() };
    this.#disk = new ChainDisk(this.#parts);
    this.#walk = new Walk(this.#parts, this.#disk, new Reception(), () => this.#target());
  }

  /** The snapshot's block. */
  get base(): HeaderEntry {
    return this.assumption.base;
  }

  get tip(): HeaderEntry {
    return this.active.tip;
  }

  get coinCaches(): Chainstate['caches'] {
    return this.#parts.chainstate.caches;
  }

  get isDone(): boolean {
    return this.tip === this.base;
  }

  /** Whether a block of the way is yet to be connected, by what is on the disk. */
  needs({ height }: HeaderEntry): boolean {
    return height > this.#disk.flushed.height && height <= this.base.height;
  }

  /** Its own share of the check at start. */
  verify(level: number, blocks: number): ReturnType<typeof verifyChain> {
    return verifyChain(this.#parts, level, blocks);
  }

  /** Connects what is here of the way, some blocks at a time. @returns whether there may be more */
  async run(): Promise<boolean> {
    const before = this.tip;
    this.#until = this.active.forkWith(this.base).height + BLOCKS_PER_TURN;
    await this.#walk.run();
    return this.tip !== before && !this.isDone;
  }

  /** The last block of the way that can be connected in this turn; else where it stands, if need be off the way. */
  #target(): HeaderEntry {
    const { base } = this;
    const fork = this.active.forkWith(base);
    let target = fork;
    while (target.height < Math.min(base.height, this.#until)) {
      const next = base.ancestor(target.height + 1);
      if (!next.haveData || next.failed !== 'none') break;
      target = next;
    }
    return target === fork ? this.tip : target;
  }

  flush(): Promise<void> {
    return this.#disk.flush();
  }

  /** Begins nothing more. */
  stop(): void {
    this.#walk.stop();
  }
}
