/**
 * Searches in this thread, slice by slice, and lets everything else run between them: for blocks on demand,
 * for browsers and simulations, and wherever there are no workers.
 */
import { bigintFromLittleEndian } from '../core/encoding/bytes.ts';
import { hash256 } from '../core/encoding/hashes.ts';
import type { Clock } from '../seams.ts';
import { NonceKernel } from './kernel/nonce-kernel.ts';
import { type NonceSearcher, type SearchOptions, SLICE } from './nonce-searcher.ts';

/** Tried by the plain hash first: on regtest every second nonce will do, and the kernel need not be made. */
const PLAIN = 64;

/** The first of `count` nonces that is good enough, or null; any machine can do this. */
export function searchPlainly(
  header: Uint8Array,
  target: bigint,
  from: number,
  count: number,
): number | null {
  const trial = header.slice();
  const view = new DataView(trial.buffer);
  for (let i = 0; i < count; i++) {
    const nonce = (from + i) >>> 0;
    view.setUint32(76, nonce, true);
    if (bigintFromLittleEndian(hash256(trial)) <= target) return nonce;
  }
  return null;
}

export class ThreadSearcher implements NonceSearcher {
  readonly #clock: Clock;
  #kernel: NonceKernel | null | undefined;
  #hashes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get hashes(): number {
    return this.#hashes;
  }

  /** Finds the lowest nonce of the range. */
  async search(
    header: Uint8Array,
    target: bigint,
    from: number,
    count: number,
    { signal, load = 100 }: SearchOptions = {},
  ): Promise<number | null> {
    for (let done = 0; done < count; ) {
      if (signal?.aborted) return null;
      const begun = this.#clock.monotonic();
      const size = Math.min(count - done, done === 0 ? PLAIN : SLICE);
      const start = (from + done) >>> 0;
      const found = this.#searchSlice(header, target, start, size);
      this.#hashes += found === null ? size : ((found - start) >>> 0) + 1;
      if (found !== null) return found;
      done += size;
      await this.#rest((this.#clock.monotonic() - begun) * (100 / load - 1));
    }
    return null;
  }

  #searchSlice(header: Uint8Array, target: bigint, from: number, count: number): number | null {
    if (count <= PLAIN) return searchPlainly(header, target, from, count);
    if (this.#kernel === undefined) this.#kernel = NonceKernel.create();
    return this.#kernel === null
      ? searchPlainly(header, target, from, count)
      : this.#kernel.search(header, target, from, count);
  }

  #rest(milliseconds: number): Promise<void> {
    if (milliseconds < 1) return this.#clock.yield();
    return new Promise((resolve) => {
      this.#clock.schedule(milliseconds, resolve, 'process');
    });
  }

  async close(): Promise<void> {}
}
