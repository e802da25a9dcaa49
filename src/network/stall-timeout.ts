/**
 * How long a peer may keep back a block that is waited for, Core's way: twice as long after each that was let go for
 * it, for then the fault may be ours, and less again as blocks come.
 */
import type { Logger } from '../seams.ts';
import type { Peer } from './peer.ts';
import { SECOND } from './protocol.ts';

const LEAST = 2 * SECOND;
const MOST = 64 * SECOND;

export class StallTimeout {
  readonly #logger: Logger;
  #milliseconds = LEAST;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  get milliseconds(): number {
    return this.#milliseconds;
  }

  /** All that may be asked for waits for a block of this peer. */
  begin(peer: Peer): void {
    peer.note(`Stall started peer=${peer.id}`);
    peer.blocks.stalls = peer.schedule(this.#milliseconds, () => {
      this.#milliseconds = Math.min(2 * this.#milliseconds, MOST);
      peer.close('Peer is stalling block download');
    });
  }

  /** A block was connected. */
  relax(): void {
    if (this.#milliseconds === LEAST) return;
    const seconds = Math.floor(Math.max(LEAST, this.#milliseconds * 0.85) / SECOND);
    this.#milliseconds = seconds * SECOND;
    this.#logger.log('debug', 'net', `Decreased stalling timeout to ${seconds} seconds`);
  }
}
