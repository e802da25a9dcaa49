/**
 * The descriptors of a wallet and the scripts they stand for, watched as far as the gap limit. Owns which
 * index is next; secrets are kept apart and only looked up.
 */

import { fromHex, toHex, utf8 } from '../core/encoding/bytes.ts';
import { sha256 } from '../core/encoding/hashes.ts';
import type { PrivateKey } from '../core/script/wif.ts';
import type { Descriptor, Expansion, OutputType } from './descriptors/descriptor.ts';
import type { SecretLookup } from './descriptors/key-expression.ts';
import { parseDescriptor } from './descriptors/parse.ts';
import type { Journal } from './journal.ts';
import type { DescriptorRecord } from './records.ts';
import { SigningProvider } from './signing/provider.ts';
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
    return this.rangeStart + this.scripts.length;
  }

  get record(): DescriptorRecord {
    const { text, createdAt, active, internal, rangeStart, rangeEnd, next } = this;
    const normalized = this.#public === this.descriptor ? {} : { normalized: this.#public.formatBody()! };
    return { text, createdAt, active, internal, rangeStart, rangeEnd, next, ...normalized };
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
  readonly secrets: Vault;
  readonly #descriptors = new Map<string, OwnDescriptor>();
  readonly #places = new Map<string, ScriptPlace>();

  /** @param gap scripts watched beyond the next one of a ranged descriptor */
  constructor(gap: number, journal: Journal, secrets: Vault) {
    this.#gap = gap;
    this.#journal = journal;
    this.secrets = secrets;
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

  /** Watches a descriptor, from which new addresses of a type come if one is given. @returns it, or the one known */
  adopt(candidate: OwnDescriptor, activeFor: OutputType | null): OwnDescriptor {
    const own = this.#add(candidate);
    const before = activeFor === null ? undefined : this.#activate(own, activeFor, candidate.internal);
    if (before !== undefined) this.save(before);
    if (!this.topUp(own) && own.scripts.length === 0) throw new WalletError('wallet', CANNOT_EXPAND);
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
    own.normalize(this.secrets.lookup);
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
   * Watches scripts up to `end`, or to the gap limit; fewer where a hardened step needs a secret that is locked
   * away or not known. @returns true if there are new ones
   */
  topUp(own: OwnDescriptor, end = own.next + this.#gap): boolean {
    const wanted = own.descriptor.isRange ? Math.max(end, own.next + this.#gap) : own.rangeStart + 1;
    const before = own.rangeEnd;
    while (own.rangeEnd < wanted) {
      const scripts = own.public.scriptsAt(own.rangeEnd, this.secrets.lookup);
      if (scripts === null) break;
      this.#watch(own, scripts.map(toHex));
    }
    return own.rangeEnd > before;
  }

  /** After secrets came within reach. */
  topUpAll(): void {
    for (const own of this.#descriptors.values()) if (this.topUp(own)) this.save(own);
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
    if (own.rangeEnd <= index)
      throw new WalletError('keypool', 'Error: Keypool ran out, please call keypoolrefill first');
    own.next++;
    this.topUp(own);
    this.save(own);
    return fromHex(own.scripts[index - own.rangeStart]![0]!);
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
    const descriptor = withSecrets && !this.secrets.locked ? own.descriptor : own.public;
    const expansion = descriptor.expand(index, this.secrets.lookup, withSecrets);
    return expansion ?? { scripts: [], provider: new SigningProvider() };
  }
}
