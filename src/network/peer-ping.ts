/** Pings to one peer: the one under way, and how long they took. Owns no message and no timer. */
import type { Clock } from '../seams.ts';

export class PeerPing {
  /** Milliseconds. */
  time: number | undefined;
  minimum: number | undefined;
  readonly #clock: Clock;
  #waiting: { readonly nonce: bigint; since: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds that one is under way; undefined if none is. */
  get wait(): number | undefined {
    return this.#waiting === undefined ? undefined : this.#clock.elapsed() - this.#waiting.since;
  }

  sent(nonce: bigint): void {
    this.#waiting = { nonce, since: this.#clock.elapsed() };
  }

  timeMoved(milliseconds: number): void {
    if (this.#waiting !== undefined) this.#waiting.since += milliseconds;
  }

  /** A pong that cannot be right ends the ping as well. @returns what is wrong with it, in Core's words */
  answered(nonce: bigint | undefined): string | undefined {
    const expected = this.#waiting?.nonce;
    if (nonce !== undefined && nonce === expected) {
      this.time = this.wait!;
      this.minimum = Math.min(this.minimum ?? Number.POSITIVE_INFINITY, this.time);
      this.#waiting = undefined;
      return undefined;
    }
    let problem = 'Short payload';
    if (nonce !== undefined)
      if (expected === undefined) problem = 'Unsolicited pong without ping';
      else problem = nonce === 0n ? 'Nonce zero' : 'Nonce mismatch';
    if (problem !== 'Nonce mismatch') this.#waiting = undefined;
    const [left, right] = [expected, nonce].map((each) => (each ?? 0n).toString(16));
    return `${problem}, ${left} expected, ${right} received, ${nonce === undefined ? 0 : 8} bytes`;
  }
}
