/**
 * The secrets of a wallet: private keys by their public keys, and the mnemonic. They are plain, or encrypted under
 * a master key that is in memory only while the wallet is unlocked; each is opened when it is asked for, and none
 * is kept open. Owns the records `secret`, `mnemonic` and `master`, and when the wallet locks itself again.
 */
import { equalBytes, fromHex, toHex, utf8 } from '../core/encoding/bytes.ts';
import { publicKeyOf } from '../core/script/signing.ts';
import type { Clock, Timer } from '../seams.ts';
import type { SecretKeys, SecretLookup } from './descriptors/key-expression.ts';
import type { Journal } from './journal.ts';
import { isMnemonic } from './mnemonic.ts';
import { type MnemonicRecord, readJson } from './records.ts';
import {
  drawMaster,
  isMasterRecord,
  type Master,
  type MasterRecord,
  type SealingParts,
  seal,
  unseal,
  unsealMaster,
} from './sealing.ts';
import { WalletError } from './wallet-error.ts';

export interface VaultParts extends SealingParts {
  readonly clock: Clock;
}

const MNEMONIC = 'mnemonic';
const MASTER = 'master';
/** Core's limit, about three years: seconds. */
const LONGEST_UNLOCK = 100_000_000;
/** Until a lock that is due is tried again, where keys are in use. */
const BUSY_MS = 1000;
/** Secrets looked at before others get their turn. */
const PER_TURN = 64;

const secretId = (publicKey: string): string => `secret:${publicKey}`;

/** Is this the secret of the key? @param ofX where only its x counts (BIP340) */
export function belongs(secret: Uint8Array, publicKey: Uint8Array, ofX = false): boolean {
  try {
    const from = ofX ? 1 : 0;
    const own = publicKeyOf(secret, publicKey.length === 33);
    return equalBytes(own.subarray(from), publicKey.subarray(from));
  } catch {
    return false;
  }
}

export class Vault {
  readonly #journal: Journal;
  readonly #parts: VaultParts;
  readonly #isBusy: () => boolean;
  /** As they are stored, by record. */
  readonly #records = new Map<string, Uint8Array>();
  #master: MasterRecord | null = null;
  #key: Uint8Array | null = null;
  #relock: Timer | null = null;
  /** Passphrases are tried one after the other: each takes much memory. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Seconds since the epoch until which the keys can be used; 0 if they cannot. */
  unlockedUntil = 0;

  /** @param isBusy true while the keys must not be locked away by the clock */
  constructor(journal: Journal, parts: VaultParts, isBusy: () => boolean) {
    this.#journal = journal;
    this.#parts = parts;
    this.#isBusy = isBusy;
  }

  /** Takes over what the store has. */
  load(id: string, value: Uint8Array): void {
    if (id === MASTER) this.#master = readJson<MasterRecord>(value);
    else this.#records.set(id, value);
  }

  /**
   * Looks at every secret that can be looked at: all of a plain wallet, and of an encrypted one while it is
   * unlocked. @returns what is wrong, in words
   */
  async problems(): Promise<string[]> {
    if (this.#master !== null && !isMasterRecord(this.#master)) return ['the record of its passphrase'];
    if (this.locked) return [];
    const wrong: string[] = [];
    let seen = 0;
    for (const id of this.#records.keys()) {
      if (++seen % PER_TURN === 0) await this.#parts.clock.yield();
      if (this.locked) return wrong;
      if (id === MNEMONIC) {
        const record = this.mnemonic();
        if (record === null || !(await isMnemonic(record.words)))
          wrong.push('its mnemonic does not match its checksum');
      } else {
        const publicKey = id.slice(secretId('').length);
        const secret = this.#open(id);
        if (secret === undefined || !belongs(secret, fromHex(publicKey)))
          wrong.push(`the key of ${publicKey} does not match`);
      }
    }
    return wrong;
  }

  get encrypted(): boolean {
    return this.#master !== null;
  }

  get locked(): boolean {
    return this.#master !== null && this.#key === null;
  }

  /** @throws WalletError -15 */
  requirePlain(): void {
    if (this.encrypted)
      throw new WalletError(
        'Error: running with an encrypted wallet, but encryptwallet was called.',
        'encryption-state',
      );
  }

  /** @throws WalletError -13 */
  requireUnlocked(): void {
    if (this.locked)
      throw new WalletError(
        'Error: Please enter the wallet passphrase with walletpassphrase first.',
        'locked',
      );
  }

  /** The plain bytes of a record, if they are there and can be had now. */
  #open(id: string): Uint8Array | undefined {
    const value = this.#records.get(id);
    if (value === undefined || this.#master === null) return value;
    return (this.#key && unseal(this.#key, value, id)) ?? undefined;
  }

  #put(id: string, plain: Uint8Array): void {
    this.requireUnlocked();
    const value = this.#key === null ? plain : seal(this.#key, plain, id, this.#parts.random);
    this.#records.set(id, value);
    this.#journal.putBytes(id, value);
  }

  /** Secrets that can be used now. */
  readonly lookup: SecretLookup = (publicKey) => this.#open(secretId(toHex(publicKey)));

  /** Secrets that the wallet has, locked or not; never their bytes. */
  readonly presence: SecretLookup = (publicKey) =>
    this.#records.has(secretId(toHex(publicKey))) ? publicKey : undefined;

  /** @throws WalletError -13 */
  add(secrets: SecretKeys): void {
    for (const [publicKey, secret] of secrets.entries()) this.#put(secretId(publicKey), secret);
  }

  /** The mnemonic's words; null without one. @throws WalletError -13 */
  words(): string | null {
    if (this.#records.has(MNEMONIC)) this.requireUnlocked();
    return this.mnemonic()?.words ?? null;
  }

  /** Null without one, or while it is locked away. */
  mnemonic(): MnemonicRecord | null {
    const plain = this.#open(MNEMONIC);
    return plain === undefined ? null : readJson<MnemonicRecord>(plain);
  }

  /** @throws WalletError -13 */
  setMnemonic(record: MnemonicRecord): void {
    this.#put(MNEMONIC, utf8(JSON.stringify(record)));
  }

  // The passphrase

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(task);
    this.#turn = result.catch(() => {});
    return result;
  }

  async #tryPassphrase(passphrase: string): Promise<Uint8Array> {
    const key = this.#master && (await unsealMaster(this.#master, passphrase, this.#parts.scrypt));
    if (key === null)
      throw new WalletError('Error: The wallet passphrase entered was incorrect.', 'passphrase');
    return key;
  }

  #keep(master: MasterRecord): void {
    this.#master = master;
    this.#journal.putBytes(MASTER, utf8(JSON.stringify(master)));
  }

  /** What `encrypt` takes. @throws WalletError -15 if it is encrypted by then */
  draw(passphrase: string): Promise<Master> {
    return this.#inTurn(async () => {
      const master = await drawMaster(passphrase, this.#parts);
      this.requirePlain();
      return master;
    });
  }

  /** Encrypts what is plain, and locks. Everything is written at once, with what `also` writes and adds. */
  encrypt({ key, record }: Master, also: () => void): void {
    this.#keep(record);
    this.#key = key;
    for (const [id, plain] of this.#records) {
      this.#put(id, plain);
      plain.fill(0);
    }
    also();
    this.lock();
  }

  /** @param seconds until it locks again @throws WalletError -14; then everything stays as it was */
  unlock(passphrase: string, seconds: number): Promise<void> {
    return this.#inTurn(async () => {
      const key = await this.#tryPassphrase(passphrase);
      const wasLocked = this.locked;
      this.#key?.fill(0);
      this.#key = key;
      const wrong = wasLocked ? await this.problems() : [];
      if (wrong.length > 0) {
        this.lock();
        throw new WalletError(`The wallet is damaged: ${wrong.join(', ')}; use restorewallet`);
      }
      // Locked meanwhile, by somebody who insists.
      if (this.locked) return;
      const { clock } = this.#parts;
      const kept = Math.min(seconds, LONGEST_UNLOCK);
      this.unlockedUntil = clock.seconds() + kept;
      this.#relock?.cancel();
      this.#relock = clock.schedule(kept * 1000, () => this.#lockWhenIdle(), 'scheduler');
    });
  }

  #lockWhenIdle(): void {
    if (!this.#isBusy()) this.lock();
    else this.#relock = this.#parts.clock.schedule(BUSY_MS, () => this.#lockWhenIdle(), 'process');
  }

  lock(): void {
    this.#relock?.cancel();
    this.#relock = null;
    this.#key?.fill(0);
    this.#key = null;
    this.unlockedUntil = 0;
  }

  /** Locks for good, when passphrases that are being tried are done. */
  async close(): Promise<void> {
    await this.#turn;
    this.lock();
  }

  /** Only the master key is encrypted anew. @throws WalletError -14; then everything stays as it was */
  changePassphrase(from: string, to: string): Promise<void> {
    return this.#inTurn(async () => {
      const key = await this.#tryPassphrase(from);
      this.#keep((await drawMaster(to, this.#parts, key)).record);
      key.fill(0);
    });
  }
}
