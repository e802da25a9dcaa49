/**
 * How long a peer may keep back a block that is waited for, Core's way: twice as long after each that was let go for
 * it, for then the fault may be ours, and less again as blocks come.
 */
import type { HeaderEntry } from '../chain/header-entry.ts';
import type { NetworkContext } from './context.ts';
import type { Peer } from './peer.ts';
import { DOWNLOAD_WINDOW, SECOND } from './protocol.ts';

const LEAST = 2 * SECOND;
const MOST = 64 * SECOND;

export class StallTimeout {
  readonly #context: Pick<NetworkContext, 'chain' | 'logger'>;
  #milliseconds = LEAST;

  constructor(context: Pick<NetworkContext, 'chain' | 'logger'>) {
    this.#context = context;
  }

  get milliseconds(): number {
    return this.#milliseconds;
  }

  /**
   * A block is waited for. If all that may be asked for is here or on the way, and there is more, whoever was asked for
   * that one first has so long to give any.
   * @param other peer, who has more
   * @param isComing whether a block is here or on the way
   */
  suspect(first: Peer, entry: HeaderEntry, other: Peer, isComing: (entry: HeaderEntry) => boolean): void {
    const { best } = other.chain;
    if (first.blocks.stalls || best === undefined || best.height - entry.height < DOWNLOAD_WINDOW) return;
    const { bestHeader } = this.#context.chain;
    const end = Math.min(bestHeader.height, entry.height + DOWNLOAD_WINDOW - 1);
    for (let height = end; height > entry.height; height--)
      if (!isComing(bestHeader.ancestor(height))) return;
    first.note(`Stall started peer=${first.id}`);
    first.blocks.stalls = first.schedule(this.#milliseconds, () => {
      this.#milliseconds = Math.min(2 * this.#milliseconds, MOST);
      first.close('Peer is stalling block download');
    });
  }

  /** A block was connected. */
  relax(): void {
    if (this.#milliseconds === LEAST) return;
    const seconds = Math.floor(Math.max(LEAST, this.#milliseconds * 0.85) / SECOND);
    this.#milliseconds = seconds * SECOND;
    this.#context.logger.log('debug', 'net', `Decreased stalling timeout to ${seconds} seconds`);
  }
}
