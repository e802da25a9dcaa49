/**
 * The descriptors of a wallet and the scripts they stand for, watched as far as the gap limit. Owns which
 * index is next; secrets are kept apart and only looked up.
 */

import { toHex, utf8 } from '../core/encoding/bytes.ts';
import { sha256 } from '../core/encoding/hashes.ts';
import type { PrivateKey } from '../core/script/wif.ts';
import type { TxOut } from '../core/transaction/transaction.ts';
import type { Clock } from '../seams.ts';
import { type Derived, decodeDerived, encodeDerived, INDEXES_IN_RECORD } from './derived.ts';
import type { Descriptor, Expansion } from './descriptors/descriptor.ts';
import type { SecretLookup } from './descriptors/key-expression.ts';
import type { OutputType } from './descriptors/kinds.ts';
import { parseDescriptor } from './descriptors/parse.ts';
import type { Journal } from './journal.ts';
import type { DescriptorRecord } from './records.ts';
import { SigningProvider } from './signing/provider.ts';
import { turnsOf } from './turns.ts';
import { belongs, type Vault } from './vault.ts';
import { WalletError } from './wallet-error.ts';

export const CANNOT_EXPAND =
  'Cannot expand descriptor. Probably because of hardened derivations without private keys provided';

/** What its records are called after. */
export const descriptorId = (text: string): string => toHex(sha256(utf8(text)).subarray(0, 8));

export class OwnDescriptor {
  readonly id: string;
  readonly descriptor: Descriptor;
  readonly text: string;
  /** Without hardened steps that need a secret, as far as that is known. */
  #public: Descriptor;
  #shown: string | undefined;
  createdAt: number;
  active: OutputType | null;
  internal: boolean;
  rangeStart: number;
  next: number;
  /** By index, from rangeStart on. */
  readonly derived: Derived[] = [];
  /** How many of them the store has. */
  saved = 0;

  constructor(descriptor: Descriptor, record: Omit<DescriptorRecord, 'text' | 'rangeEnd'>) {
    this.descriptor = descriptor;
    this.text = descriptor.formatBody()!;
    this.id = descriptorId(this.text);
    this.#public = descriptor;
    if (record.normalized !== undefined) this.#takePublic(record.normalized);
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

  #takePublic(text: string): void {
    if (text === this.text) return;
    this.#shown = undefined;
    this.#public = parseDescriptor(text, this.descriptor.parameters).descriptors[0]!;
  }

  /** Derives above the last hardened step, while the secrets for it can be used. */
  normalize(lookup: SecretLookup): void {
    if (this.#public !== this.descriptor) return;
    const text = this.descriptor.formatBody('normalized', lookup);
    if (text !== null) this.#takePublic(text);
  }

  /** What its keys and scripts are derived from where no secret is wanted. */
  get public(): Descriptor {
    return this.#public;
  }

  /** As it is shown to others. */
  get shown(): string {
    this.#shown ??= this.#public.format('normalized') ?? this.#public.format()!;
    return this.#shown;
  }

  get rangeEnd(): number {
    return this.rangeStart + this.derived.length;
  }

  get record(): DescriptorRecord {
    const { text, createdAt, active, internal, rangeStart, rangeEnd, next } = this;
    const normalized = this.#public === this.descriptor ? {} : { normalized: this.#public.formatBody()! };
    return { text, createdAt, active, internal, rangeStart, rangeEnd, next, ...normalized };
  }
}

/** @param key 33 or 65 bytes, or 32: its x alone */
export const xOf = (key: Uint8Array): Uint8Array => (key.length === 32 ? key : key.subarray(1, 33));

/** Where an own script comes from. */
export interface ScriptPlace {
  readonly own: OwnDescriptor;
  readonly index: number;
}

export class KeyRing {
  readonly #gap: number;
  readonly #clock: Clock;
  readonly #journal: Journal;
  readonly secrets: Vault;
  readonly #descriptors = new Map<string, OwnDescriptor>();
  readonly #places = new Map<string, ScriptPlace>();

  /** @param gap scripts watched beyond the next one of a ranged descriptor */
  constructor(gap: number, clock: Clock, journal: Journal, secrets: Vault) {
    this.#gap = gap;
    this.#clock = clock;
    this.#journal = journal;
    this.secrets = secrets;
  }

  /** Takes over what the store has. @param records of `derived.ts`, in order */
  load(own: OwnDescriptor, records: readonly Uint8Array[], rangeEnd: number): void {
    this.#add(own);
    for (const derived of records.flatMap(decodeDerived)) this.#watch(own, derived);
    own.saved = own.derived.length;
    while (own.rangeEnd < rangeEnd && this.#deriveNext(own));
  }

  save(own: OwnDescriptor): void {
    this.#journal.putJson(`descriptor:${own.id}`, () => own.record);
    // Wallets had all of them in one record once.
    if (own.saved === 0) this.#journal.delete(`scripts:${own.id}`);
    const { length } = own.derived;
    for (let at = own.saved - (own.saved % INDEXES_IN_RECORD); own.saved < length; at += INDEXES_IN_RECORD) {
      const indexes = own.derived.slice(at, at + INDEXES_IN_RECORD);
      this.#journal.putBytes(`scripts:${own.id}:${at / INDEXES_IN_RECORD}`, encodeDerived(indexes));
      own.saved = at + indexes.length;
    }
  }

  /** First and last index that are watched of a known descriptor, if this range leaves any of them out. */
  rangeBeyond(
    descriptor: Descriptor,
    [start, end]: readonly [start: number, end: number],
  ): readonly [first: number, last: number] | null {
    const known = descriptor.isRange && this.#descriptors.get(descriptorId(descriptor.formatBody()!));
    if (!known || (start <= known.rangeStart && end >= known.rangeEnd)) return null;
    return [known.rangeStart, known.rangeEnd - 1];
  }

  /** One past the last index of a descriptor that was paid. */
  usedEnd(id: string, paid: Iterable<{ readonly output: TxOut }>): number {
    let end = 0;
    for (const { output } of paid) {
      const place = this.place(output.scriptPubKey);
      if (place?.own.id === id) end = Math.max(end, place.index + 1);
    }
    return end;
  }

  /**
   * Derives what is to be watched of a descriptor, up to `end` at least: what `adopt` then takes at once.
   * @param next where new addresses begin; without it as far on as before
   * @returns it, or the one that is known under its text @throws WalletError if nothing can be derived
   */
  async prepare(candidate: OwnDescriptor, end = 0, next?: number): Promise<OwnDescriptor> {
    const known = this.#descriptors.get(candidate.id);
    const own = known === undefined || known.rangeStart > candidate.rangeStart ? candidate : known;
    if (known !== undefined) Object.assign(own, { active: known.active, internal: known.internal });
    own.createdAt = candidate.createdAt;
    own.next = next ?? Math.max(known?.next ?? 0, candidate.next);
    own.normalize(this.secrets.lookup);
    await this.topUpInTurns(own, end);
    if (own.derived.length === 0) throw new WalletError(CANNOT_EXPAND);
    return own;
  }

  /** Watches a descriptor that was prepared, from which new addresses of a type come if one is given. */
  adopt(own: OwnDescriptor, activeFor: OutputType | null, internal: boolean): void {
    this.#add(own);
    const before = activeFor === null ? undefined : this.#activate(own, activeFor, internal);
    if (before !== undefined) this.save(before);
    this.save(own);
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

  #add(own: OwnDescriptor): void {
    const known = this.#descriptors.get(own.id);
    if (known === own) return;
    if (known !== undefined) this.#leave(known, 0);
    own.normalize(this.secrets.lookup);
    this.#descriptors.set(own.id, own);
    for (const [i, { scripts }] of own.derived.entries()) this.#place(own, own.rangeStart + i, scripts);
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

  #watch(own: OwnDescriptor, derived: Derived): void {
    const index = own.rangeEnd;
    own.derived.push(derived);
    for (const [i, key] of own.public.keys.entries()) key.remember(index, derived.keys[i]!);
    if (this.#descriptors.has(own.id)) this.#place(own, index, derived.scripts);
  }

  #place(own: OwnDescriptor, index: number, scripts: readonly Uint8Array[]): void {
    for (const script of scripts) {
      const id = toHex(script);
      if (!this.#places.has(id)) this.#places.set(id, { own, index });
    }
  }

  /** False where a hardened step needs a secret that is locked away or not known. */
  #deriveNext(own: OwnDescriptor): boolean {
    const { lookup } = this.secrets;
    const index = own.rangeEnd;
    const keys: Uint8Array[] = [];
    for (const key of own.public.keys) {
      const derived = key.derive(index, lookup);
      if (derived === null) return false;
      // The same key may come again.
      key.remember(index, derived.publicKey);
      keys.push(derived.publicKey);
    }
    this.#watch(own, { keys, scripts: own.public.scriptsAt(index, lookup)! });
    return true;
  }

  #wanted(own: OwnDescriptor, end: number, gap = this.#gap): number {
    return own.descriptor.isRange ? Math.max(end, own.next + gap) : own.rangeStart + 1;
  }

  /** Watches scripts as far as the gap limit, or what of them can be derived now. */
  topUp(own: OwnDescriptor): void {
    const wanted = this.#wanted(own, 0);
    while (own.rangeEnd < wanted && this.#deriveNext(own));
  }

  /** The same, and up to `end`, where there is time: others get their turn meanwhile. */
  async topUpInTurns(own: OwnDescriptor, end = 0, gap = this.#gap): Promise<void> {
    const rest = turnsOf(this.#clock);
    while (own.rangeEnd < this.#wanted(own, end, gap) && this.#deriveNext(own)) await rest();
  }

  /** After loading, and after secrets came within reach. @returns whether there are new scripts */
  async topUpAll(gap = this.#gap): Promise<boolean> {
    let hasGrown = false;
    for (const own of this.#descriptors.values()) {
      await this.topUpInTurns(own, 0, gap);
      if (own.derived.length === own.saved) continue;
      hasGrown = true;
      this.save(own);
    }
    return hasGrown;
  }

  /** Whether a record of a descriptor is from before, and knows of no more. */
  canRewind(own: OwnDescriptor, { rangeStart, rangeEnd }: DescriptorRecord): boolean {
    return rangeStart === own.rangeStart && rangeEnd <= own.rangeEnd;
  }

  /** Takes a descriptor back to a record from before. */
  rewind(own: OwnDescriptor, { active, internal, rangeStart, rangeEnd, next }: DescriptorRecord): void {
    Object.assign(own, { active, internal, next });
    this.#leave(own, rangeEnd - rangeStart);
  }

  /** Watches no more than the first so many indexes of a descriptor. */
  #leave(own: OwnDescriptor, count: number): void {
    for (const { scripts } of own.derived.splice(count))
      for (const script of scripts) {
        const id = toHex(script);
        if (this.#places.get(id)?.own === own) this.#places.delete(id);
      }
    own.saved = Math.min(own.saved, own.derived.length);
  }

  place(script: Uint8Array): ScriptPlace | undefined {
    return this.#places.get(toHex(script));
  }

  /** Where each own key stands, by the x of it: ECDSA keys and BIP340's meet in it. */
  placesByKey(): ReadonlyMap<string, ScriptPlace> {
    const places = new Map<string, ScriptPlace>();
    for (const own of this.#descriptors.values())
      for (const [i, { keys }] of own.derived.entries())
        for (const key of keys) places.set(toHex(xOf(key)), { own, index: own.rangeStart + i });
    return places;
  }

  /** The script came up: what follows it must be watched. */
  markUsed({ own, index }: ScriptPlace): void {
    if (!own.descriptor.isRange || index < own.next) return;
    own.next = index + 1;
    this.topUp(own);
    this.save(own);
  }

  /** The next script of the active descriptor, which it stays until it is taken. @throws WalletError if there is none */
  next(type: OutputType, internal: boolean) {
    const own = this.activeOf(type, internal);
    if (own === undefined) throw new WalletError(`Error: No ${type} addresses available.`, 'keypool');
    const index = own.next;
    this.topUp(own);
    if (own.rangeEnd <= index)
      throw new WalletError('Error: Keypool ran out, please call keypoolrefill first', 'keypool');
    return { own, script: own.derived[index - own.rangeStart]!.scripts[0]! };
  }

  /** @throws WalletError if there is none */
  take(type: OutputType, internal: boolean): Uint8Array {
    const { own, script } = this.next(type, internal);
    own.next++;
    this.save(own);
    return script;
  }

  /** The one key of a script; null if it has several or the secret is not known. */
  privateKey({ own, index }: ScriptPlace): PrivateKey | null {
    const [key, ...others] = own.descriptor.keys;
    const secret = others.length > 0 ? null : (key?.deriveSecret(index, this.secrets.lookup) ?? null);
    const publicKey = key?.derive(index, this.secrets.lookup)?.publicKey;
    if (secret === null || publicKey === undefined || !belongs(secret, publicKey, true)) return null;
    return { secret, compressed: publicKey.length === 33 };
  }

  /** Keys and scripts of one index, with secrets where they are known; nothing while all is locked away. */
  expand({ own, index }: ScriptPlace, withSecrets: boolean): Expansion {
    const { lookup, locked, presence } = this.secrets;
    // Below the last hardened step where its secret is kept too: every hardened step costs a point.
    const isQuick = own.public.keys.every((key) => key.hasSecret(presence));
    const descriptor = withSecrets && !locked && !isQuick ? own.descriptor : own.public;
    const expansion = descriptor.expand(index, lookup, withSecrets);
    return expansion ?? { scripts: [], provider: new SigningProvider() };
  }
}
