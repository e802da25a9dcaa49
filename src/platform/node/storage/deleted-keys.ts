/**
 * Keys that were deleted from a LevelDB store. An older entry lies below a deletion, in a table of its own, until both
 * meet in a compaction, and comes back unseen if the deletion is lost: so who deletes remembers what. In 32 bits for
 * each key, which says of other keys, too, that they were deleted: of one in a thousand where there are four million.
 */
import { crc32c } from '../../../core/encoding/crc32c.ts';

const INITIAL_SLOTS = 1 << 10;
/** As many keys in 64 MiB. */
const MANY = 1 << 23;

export class DeletedKeys {
  /** Open addressing; 0 is an empty slot. */
  #slots = new Uint32Array(INITIAL_SLOTS);
  #size = 0;
  #limit: number;
  /** What was there before `begin`. */
  #former: Uint32Array | undefined;
  readonly #many: number;

  constructor(many = MANY) {
    this.#many = many;
    this.#limit = many;
  }

  get isFull(): boolean {
    return this.#size > this.#limit;
  }

  readonly add = (key: Uint8Array): void => this.#add(hashOf(key));

  #add(hash: number): void {
    const slot = find(this.#slots, hash);
    if (this.#slots[slot] === hash) return;
    this.#slots[slot] = hash;
    if (2 * ++this.#size <= this.#slots.length) return;
    const slots = new Uint32Array(2 * this.#slots.length);
    for (const each of this.#slots) if (each !== 0) slots[find(slots, each)] = each;
    this.#slots = slots;
  }

  mayHave(key: Uint8Array): boolean {
    const hash = hashOf(key);
    const has = (slots: Uint32Array): boolean => slots[find(slots, hash)] === hash;
    return has(this.#slots) || (this.#former !== undefined && has(this.#former));
  }

  /** What is added until the end is all that is known then. */
  begin(): void {
    this.#former = this.#slots;
    this.#slots = new Uint32Array(INITIAL_SLOTS);
    this.#size = 0;
  }

  end(): void {
    this.#former = undefined;
    this.#limit = Math.max(this.#many, 2 * this.#size);
  }
}

/** Where it is, or would be. */
function find(slots: Uint32Array, hash: number): number {
  let slot = Math.imul(hash, 0x9e3779b1) >>> (Math.clz32(slots.length) + 1);
  while (slots[slot] !== 0 && slots[slot] !== hash) slot = (slot + 1) & (slots.length - 1);
  return slot;
}

const hashOf = (key: Uint8Array): number => crc32c(key) || 1;
