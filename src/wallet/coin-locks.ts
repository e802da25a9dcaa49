/** Outputs that must not be chosen for spending until they are unlocked. */
import { fromDisplayHex } from '../core/encoding/bytes.ts';
import { type OutPoint, outPointText } from '../core/transaction/transaction.ts';
import type { Journal } from './journal.ts';

interface Lock {
  readonly outpoint: OutPoint;
  /** Over restarts. */
  readonly kept: boolean;
}

export class CoinLocks {
  readonly #journal: Journal;
  readonly #locks = new Map<string, Lock>();

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** Takes over what the store has. @param id `txid:vout` */
  load(id: string, kept = true): void {
    const [txid, vout] = id.split(':') as [string, string];
    this.#locks.set(id, { outpoint: { txid: fromDisplayHex(txid), vout: Number(vout) }, kept });
  }

  /** Ids of those that the store does not have. */
  get passing(): readonly string[] {
    return [...this.#locks].filter(([, { kept }]) => !kept).map(([id]) => id);
  }

  set passing(ids: readonly string[]) {
    for (const id of this.passing) this.#locks.delete(id);
    for (const id of ids) this.load(id, false);
  }

  /** What the store has no longer. */
  unload(id: string): void {
    this.#locks.delete(id);
  }

  add(outpoint: OutPoint, keep: boolean): void {
    const id = outPointText(outpoint);
    this.#locks.set(id, { outpoint, kept: keep });
    if (keep) this.#journal.putJson(`lock:${id}`, () => true);
  }

  delete(outpoint: OutPoint): void {
    const id = outPointText(outpoint);
    if (this.#locks.get(id)?.kept) this.#journal.delete(`lock:${id}`);
    this.#locks.delete(id);
  }

  has(outpoint: OutPoint): boolean {
    return this.#locks.has(outPointText(outpoint));
  }

  get outpoints(): readonly OutPoint[] {
    return [...this.#locks.values()].map(({ outpoint }) => outpoint);
  }
}
