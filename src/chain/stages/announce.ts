/** Last stage of a block: everybody who listens is told. Owns which tip they know of. */
import type { BlockEvent } from '../events.ts';
import type { HeaderEntry } from '../header-entry.ts';
import type { ChainParts } from '../parts.ts';

export class Announcer {
  readonly #parts: ChainParts;
  /** As last told by `tipChanged`. */
  #told: HeaderEntry;

  constructor(parts: ChainParts) {
    this.#parts = parts;
    this.#told = parts.active.tip;
  }

  connected(event: BlockEvent): void {
    const { logger, events, progress, active, tree } = this.#parts;
    const { hash, height, chainWork } = event.entry;
    const syncing = progress.isInitialBlockDownload(active.tip, tree.bestHeader);
    const fields = { hash, height, transactions: event.block.transactions.length };
    logger.log(syncing ? 'debug' : 'info', 'validation', 'new tip', fields);
    events.connected.emit(event);
    // In the middle of a reorganisation the new branch is not the better one yet.
    if (chainWork > this.#told.chainWork) this.tip();
  }

  tip(): void {
    const { active, events } = this.#parts;
    if (this.#told === active.tip) return;
    const fork = active.forkWith(this.#told);
    this.#told = active.tip;
    events.tipChanged.emit({ tip: active.tip, fork });
  }
}
