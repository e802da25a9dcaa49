/** What a user calls addresses: own ones that were handed out, and those of others that were paid. */
import type { Journal } from './journal.ts';
import type { LabelRecord } from './records.ts';

export class AddressBook {
  readonly #journal: Journal;
  readonly #labels = new Map<string, LabelRecord>();

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** Takes over what the store has. */
  load(address: string, record: LabelRecord): void {
    this.#labels.set(address, record);
  }

  /** What the store has no longer. */
  unload(address: string): void {
    this.#labels.delete(address);
  }

  get(address: string): LabelRecord | undefined {
    return this.#labels.get(address);
  }

  get entries(): ReadonlyMap<string, LabelRecord> {
    return this.#labels;
  }

  set(address: string, label: string, purpose: LabelRecord['purpose']): void {
    const record = { label, purpose };
    this.#labels.set(address, record);
    this.#journal.putJson(`label:${address}`, () => record);
  }
}
