/**
 * Which transactions' scripts were found valid, so that a block need not verify again what the mempool
 * did. Bounded: the older half is forgotten when the younger is full.
 */
import { latin1 } from '../encoding/bytes.ts';
import { sha256 } from '../encoding/hashes.ts';
import type { Transaction } from '../transaction/transaction.ts';

/** Bytes of the salt, before a wtxid of 32: together few enough for the hash of short messages. */
const SALT_LENGTH = 22;
/** Characters of the salted hash that are kept: 128 bits. */
const KEY_LENGTH = 16;

export class ScriptCache {
  /** The salt, and room for a wtxid. */
  readonly #message = new Uint8Array(SALT_LENGTH + 32);
  readonly #half: number;
  /** The last one asked about: what is not known is verified and comes back at once. */
  #last: { readonly tx: Transaction; readonly key: string } | undefined;
  #young = new Map<string, number>();
  #old = new Map<string, number>();

  /**
   * @param capacity transactions
   * @param salt 32 random bytes, which nobody outside knows
   */
  constructor(capacity: number, salt: Uint8Array) {
    this.#half = Math.max(1, Math.ceil(capacity / 2));
    this.#message.set(salt.subarray(0, SALT_LENGTH));
  }

  /** Every flag only forbids: what is valid under some flags is valid under fewer. */
  has(tx: Transaction, flags: number): boolean {
    // While a node catches up there is nothing here, and every transaction is asked about.
    if (this.#young.size + this.#old.size === 0) return false;
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
    if (this.#last?.tx === tx) return this.#last.key;
    this.#message.set(tx.wtxidBytes, SALT_LENGTH);
    const key = latin1(sha256(this.#message).subarray(0, KEY_LENGTH));
    this.#last = { tx, key };
    return key;
  }
}
