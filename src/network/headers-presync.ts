/**
 * Low-work protection: a branch of headers is downloaded twice. The first time only its work is summed
 * and the hash of each message's last header kept (32 bytes for 2,000 headers); if it promises enough work,
 * it is downloaded again, held against those hashes, and stored. So whoever wants us to store headers
 * must have done the work. (Core keeps a bit for each few hundred headers; whole hashes need no salt and
 * no look-ahead.)
 */
import type { HeaderEntry } from '../chain/header-entry.ts';
import type { BlockHeader } from '../core/block/header.ts';
import { workFromBits } from '../core/block/target.ts';
import { equalBytes } from '../core/encoding/bytes.ts';
import { MAXIMUM_HEADERS } from './messages/inventory.ts';

/** `ask`: 32 bytes of the header after which to ask for more. */
type PresyncStep =
  | { readonly kind: 'ask'; readonly after: Uint8Array }
  /** These are part of a chain with enough work; with `after`, more are to be asked for. */
  | { readonly kind: 'store'; readonly headers: readonly BlockHeader[]; readonly after?: Uint8Array }
  | { readonly kind: 'abandon'; readonly reason: string };

export class HeadersPresync {
  /** Where the branch leaves the headers that we have. */
  readonly start: HeaderEntry;
  readonly #threshold: bigint;
  readonly #maximumHeaders: number;
  readonly #ends: Uint8Array[] = [];
  #work: bigint;
  #count = 0;
  #last: Uint8Array;
  /** Message to come of the second download; undefined during the first. */
  #second: number | undefined;

  /** @param maximumHeaders more than a chain can have by the time rules */
  constructor(start: HeaderEntry, threshold: bigint, maximumHeaders: number) {
    this.start = start;
    this.#threshold = threshold;
    this.#maximumHeaders = maximumHeaders;
    this.#work = start.chainWork;
    this.#last = start.hashBytes;
  }

  /** Height reached by the first download. */
  get height(): number {
    return this.start.height + this.#count;
  }

  /** @param headers linked to each other, each with valid proof of work */
  next(headers: readonly BlockHeader[]): PresyncStep {
    if (!equalBytes(headers[0]!.prevHash, this.#last)) return { kind: 'abandon', reason: 'does not connect' };
    const end = headers[headers.length - 1]!.hashBytes;
    this.#last = end;
    return this.#second === undefined ? this.#sum(headers, end) : this.#compare(headers, end, this.#second);
  }

  #sum(headers: readonly BlockHeader[], end: Uint8Array): PresyncStep {
    for (const header of headers) this.#work += workFromBits(header.bits);
    this.#count += headers.length;
    this.#ends.push(end);
    if (this.#work >= this.#threshold) {
      this.#second = 0;
      this.#last = this.start.hashBytes;
      return { kind: 'ask', after: this.#last };
    }
    if (headers.length < MAXIMUM_HEADERS) return { kind: 'abandon', reason: 'too little work' };
    if (this.#count > this.#maximumHeaders) return { kind: 'abandon', reason: 'too long for its time' };
    return { kind: 'ask', after: end };
  }

  #compare(headers: readonly BlockHeader[], end: Uint8Array, message: number): PresyncStep {
    if (!equalBytes(end, this.#ends[message]!)) return { kind: 'abandon', reason: 'changed its headers' };
    this.#second = message + 1;
    return this.#second < this.#ends.length
      ? { kind: 'store', headers, after: end }
      : { kind: 'store', headers };
  }
}
