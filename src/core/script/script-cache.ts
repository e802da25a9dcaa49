/**
 * Which transactions' scripts were found valid, so that a block need not verify again what the mempool
 * did. Bounded: the older half is forgotten when the younger is full.
 */
import { concatBytes, latin1 } from '../encoding/bytes.ts';
import { sha256 } from '../encoding/hashes.ts';
import type { Transaction } from '../transaction/transaction.ts';

/** Characters of the salted hash that are kept: 128 bits. */
const KEY_LENGTH = 16;

export class ScriptCache {
  readonly #salt: Uint8Array;
  readonly #half: number;
  #young = new Map<string, number>();
  #old = new Map<string, number>();

  /**
   * @param capacity transactions
   * @param salt 32 random bytes, which nobody outside knows
   */
  constructor(capacity: number, salt: Uint8Array) {
    this.#half = Math.max(1, Math.ceil(capacity / 2));
    this.#salt = salt;
  }

  /** Every flag only forbids: what is valid under some flags is valid under fewer. */
  has(tx: Transaction, flags: number): boolean {
    const key = this.#key(tx);
    const known = this.#young.get(key) ?? this.#old.get(key);
    return known !== undefined && (known & flags) === flags;
  }

  /** The scripts of all inputs were valid under these flags. The wtxid commits to scripts, witnesses and amounts spent. */
  add(tx: Transaction, flags: number): void {
    const key = this.#key(tx);
    this.#young.set(key, flags);
    if (this.#young.size < this.#half) return;
    this.#old = this.#young;
    this.#young = new Map();
  }

  #key(tx: Transaction): string {
    return latin1(sha256(concatBytes(this.#salt, tx.wtxidBytes)).subarray(0, KEY_LENGTH));
  }
}
