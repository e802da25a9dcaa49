/**
 * The descriptors of a wallet and the scripts they stand for, watched as far as the gap limit. Owns which
 * index is next; secrets are kept apart and only looked up.
 */

import { fromHex, toHex, utf8 } from '../core/encoding/bytes.ts';
import { sha256 } from '../core/encoding/hashes.ts';
import type { PrivateKey } from '../core/script/wif.ts';
import type { Descriptor, Expansion, OutputType } from './descriptors/descriptor.ts';
import { SecretKeys } from './descriptors/key-expression.ts';
import type { Journal } from './journal.ts';
import type { DescriptorRecord } from './records.ts';
import { WalletError } from './wallet-error.ts';

export const CANNOT_EXPAND =
  'Cannot expand descriptor. Probably because of hardened derivations without private keys provided';

export class OwnDescriptor {
  readonly id: string;
  readonly descriptor: Descriptor;
  readonly text: string;
  readonly createdAt: number;
  active: OutputType | null;
  internal: boolean;
  rangeStart: number;
  next: number;
  /** Hex scripts by index, from rangeStart on; several for combo(). */
  readonly scripts: string[][] = [];

  constructor(descriptor: Descriptor, record: Omit<DescriptorRecord, 'text' | 'rangeEnd'>) {
    this.descriptor = descriptor;
    this.text = descriptor.formatBody()!;
    this.id = toHex(sha256(utf8(this.text)).subarray(0, 8));
    this.createdAt = record.createdAt;
    this.active = record.active;
    this.internal = record.internal;
    this.rangeStart = record.rangeStart;
    this.next = record.next;
  }

  /** One that nothing is known of yet, and that is not active. */
  static fresh(
    descriptor: Descriptor,
    createdAt: number,
    internal: boolean,
    start = 0,
    next = start,
  ): OwnDescriptor {
    return new OwnDescriptor(descriptor, { createdAt, active: null, internal, rangeStart: start, next });
  }

  get rangeEnd(): number {
    return this.rangeStart + this.scripts.length;
  }

  get record(): DescriptorRecord {
    const { text, createdAt, active, internal, rangeStart, rangeEnd, next } = this;
    return { text, createdAt, active, internal, rangeStart, rangeEnd, next };
  }
}

/** Where an own script comes from. */
export interface ScriptPlace {
  readonly own: OwnDescriptor;
  readonly index: number;
}

export class KeyRing {
  readonly #gap: number;
  readonly #journal: Journal;
  readonly #secrets = new SecretKeys();
  readonly #descriptors = new Map<string, OwnDescriptor>();
  readonly #places = new Map<string, ScriptPlace>();

  /** @param gap scripts watched beyond the next one of a ranged descriptor */
  constructor(gap: number, journal: Journal) {
    this.#gap = gap;
    this.#journal = journal;
  }

  /** Takes over what the store has. */
  load(own: OwnDescriptor, scripts: readonly string[][], rangeEnd: number): void {
    this.#add(own, scripts);
    this.topUp(own, rangeEnd);
  }

  save(own: OwnDescriptor): void {
    this.#journal.putJson(`descriptor:${own.id}`, () => own.record);
    this.#journal.putJson(`scripts:${own.id}`, () => own.scripts);
  }

  saveSecrets(secrets: SecretKeys): void {
    for (const [key, secret] of secrets.entries()) {
      this.#secrets.add(fromHex(key), secret);
      this.#journal.putBytes(`secret:${key}`, secret);
    }
  }

  /** Watches a descriptor, from which new addresses of a type come if one is given. @returns it, or the one known */
  adopt(candidate: OwnDescriptor, activeFor: OutputType | null): OwnDescriptor {
    const own = this.#add(candidate);
    const before = activeFor === null ? undefined : this.#activate(own, activeFor, candidate.internal);
    if (before !== undefined) this.save(before);
    this.topUp(own);
    this.save(own);
    return own;
  }

  get gap(): number {
    return this.#gap;
  }

  get descriptors(): readonly OwnDescriptor[] {
    return [...this.#descriptors.values()];
  }

  get(id: string): OwnDescriptor | undefined {
    return this.#descriptors.get(id);
  }

  /** Adds a descriptor, or gives back the one that is known under this text. */
  #add(own: OwnDescriptor, knownScripts: readonly string[][] = []): OwnDescriptor {
    const known = this.#descriptors.get(own.id);
    if (known !== undefined) return known;
    this.#descriptors.set(own.id, own);
    for (const scripts of knownScripts) this.#watch(own, scripts);
    return own;
  }

  /** Makes this the source of new addresses of its type, instead of another. @returns the one before, if any */
  #activate(own: OwnDescriptor, type: OutputType, internal: boolean): OwnDescriptor | undefined {
    const before = this.activeOf(type, internal);
    if (before !== undefined && before !== own) before.active = null;
    own.active = type;
    own.internal = internal;
    return before === own ? undefined : before;
  }

  activeOf(type: OutputType, internal: boolean): OwnDescriptor | undefined {
    return this.descriptors.find((own) => own.active === type && own.internal === internal);
  }

  #watch(own: OwnDescriptor, scripts: string[]): void {
    const index = own.rangeEnd;
    own.scripts.push(scripts);
    for (const script of scripts) if (!this.#places.has(script)) this.#places.set(script, { own, index });
  }

  /**
   * Watches scripts up to `end`, or to the gap limit. @returns true if there are new ones
   * @throws WalletError if a hardened step needs a secret that is not known
   */
  topUp(own: OwnDescriptor, end = own.next + this.#gap): boolean {
    const wanted = own.descriptor.isRange ? Math.max(end, own.next + this.#gap) : own.rangeStart + 1;
    const before = own.rangeEnd;
    while (own.rangeEnd < wanted) {
      const scripts = own.descriptor.scriptsAt(own.rangeEnd, this.#secrets.lookup);
      if (scripts === null) throw new WalletError('wallet', CANNOT_EXPAND);
      this.#watch(own, scripts.map(toHex));
    }
    return own.rangeEnd > before;
  }

  place(script: Uint8Array): ScriptPlace | undefined {
    return this.#places.get(toHex(script));
  }

  /** Every script that is watched. */
  *scripts(): Iterable<[Uint8Array, ScriptPlace]> {
    for (const [script, place] of this.#places) yield [fromHex(script), place];
  }

  /** The script came up: what follows it must be watched. */
  markUsed({ own, index }: ScriptPlace): void {
    if (!own.descriptor.isRange || index < own.next) return;
    own.next = index + 1;
    this.topUp(own);
    this.save(own);
  }

  /** The next script of the active descriptor. @throws WalletError if there is none */
  take(type: OutputType, internal: boolean): Uint8Array {
    const own = this.activeOf(type, internal);
    if (own === undefined) throw new WalletError('keypool', `Error: No ${type} addresses available.`);
    const index = own.next;
    this.topUp(own, index + 1);
    own.next++;
    this.topUp(own);
    this.save(own);
    return fromHex(own.scripts[index - own.rangeStart]![0]!);
  }

  /** The one key of a script; null if it has several or the secret is not known. */
  privateKey({ own, index }: ScriptPlace): PrivateKey | null {
    const [key, ...others] = own.descriptor.keys;
    const secret = others.length > 0 ? null : (key?.deriveSecret(index, this.#secrets.lookup) ?? null);
    const derived = key?.derive(index, this.#secrets.lookup);
    return secret === null || !derived ? null : { secret, compressed: derived.publicKey.length === 33 };
  }

  /** Keys and scripts of one index, with secrets where they are known. */
  expand({ own, index }: ScriptPlace, withSecrets: boolean): Expansion {
    return own.descriptor.expand(index, this.#secrets.lookup, withSecrets)!;
  }

  hasSecrets(own: OwnDescriptor): boolean {
    return own.descriptor.hasSecrets(this.#secrets.lookup);
  }

  get secrets(): SecretKeys {
    return this.#secrets;
  }
}
