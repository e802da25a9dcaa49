/** A map keyed by outpoints, without a string or a copy for each look-up. */
import { equalBytes } from '../encoding/bytes.ts';
import type { OutPoint } from './transaction.ts';

interface Slot<V> {
  readonly outpoint: OutPoint;
  value: V;
  next: Slot<V> | undefined;
}

/**
 * 30 bits of the outpoint, a small integer to V8. A txid is a hash already, so its first bytes will do;
 * whoever grinds transactions for equal ones only makes a list of them a little longer.
 */
function keyOf({ txid, vout }: OutPoint): number {
  const first = txid[0]! | (txid[1]! << 8) | (txid[2]! << 16) | (txid[3]! << 24);
  return (first ^ Math.imul(vout, 0x9e3779b1)) & 0x3fffffff;
}

const isSame = (a: OutPoint, b: OutPoint): boolean => a.vout === b.vout && equalBytes(a.txid, b.txid);

export class OutPointMap<V> {
  readonly #slots = new Map<number, Slot<V>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  #find(outpoint: OutPoint): Slot<V> | undefined {
    let slot = this.#slots.get(keyOf(outpoint));
    while (slot !== undefined && !isSame(slot.outpoint, outpoint)) slot = slot.next;
    return slot;
  }

  get(outpoint: OutPoint): V | undefined {
    return this.#find(outpoint)?.value;
  }

  has(outpoint: OutPoint): boolean {
    return this.#find(outpoint) !== undefined;
  }

  set(outpoint: OutPoint, value: V): this {
    const key = keyOf(outpoint);
    const first = this.#slots.get(key);
    let slot = first;
    while (slot !== undefined && !isSame(slot.outpoint, outpoint)) slot = slot.next;
    if (slot !== undefined) slot.value = value;
    else {
      this.#slots.set(key, { outpoint, value, next: first });
      this.#size++;
    }
    return this;
  }

  /** True if there was something to delete. */
  delete(outpoint: OutPoint): boolean {
    const key = keyOf(outpoint);
    let before: Slot<V> | undefined;
    let slot = this.#slots.get(key);
    while (slot !== undefined && !isSame(slot.outpoint, outpoint)) {
      before = slot;
      slot = slot.next;
    }
    if (slot === undefined) return false;
    if (before !== undefined) before.next = slot.next;
    else if (slot.next !== undefined) this.#slots.set(key, slot.next);
    else this.#slots.delete(key);
    this.#size--;
    return true;
  }

  /** In no order that means anything. */
  *entries(): Generator<[OutPoint, V]> {
    for (const slot of this.#slots.values())
      for (let at: Slot<V> | undefined = slot; at !== undefined; at = at.next) yield [at.outpoint, at.value];
  }
}
