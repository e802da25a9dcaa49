/**
 * The coins that changed since the last flush, and how: a hash table in flat memory. Measured against a Map
 * of objects at five million coins: five times the speed, a third of the memory, and nothing for the garbage
 * collector to walk. Owns the layout; when to flush is the chainstate's business.
 *
 * A record is 8-byte aligned in a 64 KiB page: txid (32) and vout (4), script length in
 * 16 bits with flags above them (4), then what the disk gets: satoshis (8), coin code (4), script. Its
 * address counts 8-byte units; the slot table, with open addressing and linear probing, holds addresses plus
 * one (0 is an empty slot).
 */
import type { Coin } from '../core/transaction/coin.ts';
import { coinCode } from '../core/transaction/coin-encoding.ts';
import type { OutPoint } from '../core/transaction/transaction.ts';

const PAGE_BITS = 16;
const PAGE_SIZE = 1 << PAGE_BITS;
const UNITS_BITS = PAGE_BITS - 3;
const KEY_WORDS = 9;
const KEY_SIZE = 36;
/** In 4-byte words from the start of a record. */
const META = 9;
const VALUE = 10;
const CODE = 12;
/** In bytes. */
const STORED = 40;
const SCRIPT = 52;

/** The disk has nothing under this key, so that a spent one needs no deletion. */
const FRESH = 1 << 16;
const SPENT = 1 << 17;

const INITIAL_SLOTS = 256;

interface Page {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  readonly values: BigUint64Array;
}

export class CoinCache {
  #slots = new Uint32Array(INITIAL_SLOTS);
  #count = 0;
  #pages: Page[] = [];
  /** Next free byte of the last page. */
  #bump = PAGE_SIZE;
  /** Heads of lists of freed records, by their size in units; the first word of each holds the next. */
  #free = new Map<number, number>();
  readonly #salt: Uint32Array;
  readonly #keyBytes = new Uint8Array(KEY_SIZE);
  readonly #key = new Uint32Array(this.#keyBytes.buffer);

  /** @param salt 8 random bytes, so that nobody can make outpoints that fall into one slot. */
  constructor(salt: Uint8Array) {
    this.#salt = new Uint32Array(salt.slice(0, 8).buffer);
    this.#salt[0]! |= 1;
  }

  /** Records kept, spent ones included. */
  get size(): number {
    return this.#count;
  }

  /** Bytes taken. */
  get memory(): number {
    return this.#pages.length * PAGE_SIZE + this.#slots.length * 4;
  }

  /** The coin, null if it is known to be spent, undefined if the disk must be asked. */
  get(outpoint: OutPoint): Coin | null | undefined {
    const slot = this.#find(outpoint);
    const address = this.#slots[slot]!;
    if (address === 0) return undefined;
    const { page, word } = this.#locate(address - 1);
    const meta = page.words[word + META]!;
    if ((meta & SPENT) !== 0) return null;
    const code = page.words[word + CODE]!;
    const start = word * 4 + SCRIPT;
    return {
      height: code >>> 1,
      coinbase: (code & 1) === 1,
      output: {
        value: page.values[(word + VALUE) >> 1]!,
        scriptPubKey: page.bytes.slice(start, start + (meta & 0xffff)),
      },
    };
  }

  /** @param fresh the disk has surely no coin under this outpoint. */
  add(outpoint: OutPoint, coin: Coin, fresh: boolean): void {
    const slot = this.#find(outpoint);
    const { scriptPubKey } = coin.output;
    let stillFresh = fresh;
    if (this.#slots[slot] !== 0) {
      // What is known of the disk's state stays true: a record that was fresh is, one that was not is not.
      stillFresh = (this.#metaAt(this.#slots[slot]! - 1) & FRESH) !== 0;
      this.#release(this.#slots[slot]! - 1);
    } else this.#count++;
    const address = this.#allocate(SCRIPT + scriptPubKey.length);
    const { page, word } = this.#locate(address);
    page.words.set(this.#key, word);
    page.words[word + CODE] = coinCode(coin);
    page.values[(word + VALUE) >> 1] = coin.output.value;
    page.words[word + META] = scriptPubKey.length | (stillFresh ? FRESH : 0);
    page.bytes.set(scriptPubKey, word * 4 + SCRIPT);
    this.#slots[slot] = address + 1;
    if (this.#count * 5 > this.#slots.length * 3) this.#grow();
  }

  spend(outpoint: OutPoint): void {
    const slot = this.#find(outpoint);
    const address = this.#slots[slot]!;
    if (address !== 0) {
      const fresh = (this.#metaAt(address - 1) & FRESH) !== 0;
      this.#release(address - 1);
      if (fresh) {
        this.#remove(slot);
        this.#count--;
        return;
      }
    } else this.#count++;
    const tombstone = this.#allocate(SCRIPT);
    const { page, word } = this.#locate(tombstone);
    page.words.set(this.#key, word);
    page.words[word + META] = SPENT;
    this.#slots[slot] = tombstone + 1;
    if (this.#count * 5 > this.#slots.length * 3) this.#grow();
  }

  /**
   * What must be written so that the disk is up to date. The arrays are views of the cache.
   * @yields the outpoint's 36 bytes (vout little endian), and what to store for it or null to delete it.
   */
  *changes(): Generator<readonly [key: Uint8Array, stored: Uint8Array | null]> {
    for (const address of this.#slots) {
      if (address === 0) continue;
      const { page, word } = this.#locate(address - 1);
      const start = word * 4;
      const key = page.bytes.subarray(start, start + KEY_SIZE);
      const meta = page.words[word + META]!;
      const end = start + SCRIPT + (meta & 0xffff);
      yield [key, (meta & SPENT) !== 0 ? null : page.bytes.subarray(start + STORED, end)];
    }
  }

  /** Forgets everything and gives the memory back. */
  clear(): void {
    this.#slots = new Uint32Array(INITIAL_SLOTS);
    this.#count = 0;
    this.#pages = [];
    this.#bump = PAGE_SIZE;
    this.#free = new Map();
  }

  #locate(address: number): { page: Page; word: number } {
    return { page: this.#pages[address >>> UNITS_BITS]!, word: (address & ((1 << UNITS_BITS) - 1)) << 1 };
  }

  #metaAt(address: number): number {
    const { page, word } = this.#locate(address);
    return page.words[word + META]!;
  }

  /** Where the outpoint's record is, or where its slot would be. Leaves the outpoint in `#key`. */
  #find({ txid, vout }: OutPoint): number {
    this.#keyBytes.set(txid);
    this.#key[KEY_WORDS - 1] = vout;
    const key = this.#key;
    const mask = this.#slots.length - 1;
    let slot = this.#hash(key, 0) & mask;
    for (;;) {
      const address = this.#slots[slot]!;
      if (address === 0) return slot;
      const { page, word } = this.#locate(address - 1);
      const { words } = page;
      let i = 0;
      while (i < KEY_WORDS && words[word + i] === key[i]) i++;
      if (i === KEY_WORDS) return slot;
      slot = (slot + 1) & mask;
    }
  }

  /** Salted; a txid is random already, so two of its words and the index are enough. */
  #hash(words: Uint32Array, at: number): number {
    let hash = Math.imul(words[at]! ^ this.#salt[1]!, this.#salt[0]!);
    hash = Math.imul(hash ^ (hash >>> 15) ^ words[at + 3]!, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13) ^ words[at + KEY_WORDS - 1]!, 0xc2b2ae35);
    return (hash ^ (hash >>> 16)) >>> 0;
  }

  #allocate(size: number): number {
    const units = (size + 7) >> 3;
    const freed = this.#free.get(units) ?? 0;
    if (freed !== 0) {
      const { page, word } = this.#locate(freed - 1);
      this.#free.set(units, page.words[word]!);
      return freed - 1;
    }
    if (this.#bump + units * 8 > PAGE_SIZE) {
      const bytes = new Uint8Array(PAGE_SIZE);
      const { buffer } = bytes;
      this.#pages.push({ bytes, words: new Uint32Array(buffer), values: new BigUint64Array(buffer) });
      this.#bump = 0;
    }
    const address = ((this.#pages.length - 1) << UNITS_BITS) + (this.#bump >> 3);
    this.#bump += units * 8;
    return address >>> 0;
  }

  #release(address: number): void {
    const { page, word } = this.#locate(address);
    const units = (SCRIPT + (page.words[word + META]! & 0xffff) + 7) >> 3;
    page.words[word] = this.#free.get(units) ?? 0;
    this.#free.set(units, address + 1);
  }

  /** Empties a slot and moves those after it up, so that probing finds them without tombstones. */
  #remove(slot: number): void {
    const mask = this.#slots.length - 1;
    let hole = slot;
    for (let at = (slot + 1) & mask; this.#slots[at] !== 0; at = (at + 1) & mask) {
      const { page, word } = this.#locate(this.#slots[at]! - 1);
      const home = this.#hash(page.words, word) & mask;
      if (((at - home) & mask) >= ((at - hole) & mask)) {
        this.#slots[hole] = this.#slots[at]!;
        hole = at;
      }
    }
    this.#slots[hole] = 0;
  }

  #grow(): void {
    const old = this.#slots;
    const mask = old.length * 2 - 1;
    this.#slots = new Uint32Array(old.length * 2);
    for (const address of old) {
      if (address === 0) continue;
      const { page, word } = this.#locate(address - 1);
      let slot = this.#hash(page.words, word) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = address;
    }
  }
}
