/**
 * The descriptors of a wallet and the scripts they stand for, watched as far as the gap limit. Owns which
 * index is next; secrets are kept apart and only looked up.
 */

import { fromHex, toHex, utf8 } from '../core/encoding/bytes.ts';
import { sha256 } from '../core/encoding/hashes.ts';
import type { Descriptor, Expansion, OutputType } from './descriptors/descriptor.ts';
import type { SecretKeys } from './descriptors/key-expression.ts';
import type { DescriptorRecord } from './records.ts';
import { WalletError } from './wallet-error.ts';

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
  readonly #secrets: SecretKeys;
  readonly #descriptors = new Map<string, OwnDescriptor>();
  readonly #places = new Map<string, ScriptPlace>();

  /** @param gap scripts watched beyond the next one of a ranged descriptor */
  constructor(gap: number, secrets: SecretKeys) {
    this.#gap = gap;
    this.#secrets = secrets;
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
  add(own: OwnDescriptor, knownScripts: readonly string[][] = []): OwnDescriptor {
    const known = this.#descriptors.get(own.id);
    if (known !== undefined) return known;
    this.#descriptors.set(own.id, own);
    for (const scripts of knownScripts) this.#watch(own, scripts);
    return own;
  }

  /** Makes this the source of new addresses of its type, instead of another. @returns the one before, if any */
  activate(own: OwnDescriptor, type: OutputType, internal: boolean): OwnDescriptor | undefined {
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
      if (scripts === null)
        throw new WalletError(
          'wallet',
          'Cannot expand descriptor. Probably because of hardened derivations without private keys provided',
        );
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

  /** The script came up: what follows it must be watched. @returns true if the descriptor changed */
  markUsed({ own, index }: ScriptPlace): boolean {
    if (!own.descriptor.isRange || index < own.next) return false;
    own.next = index + 1;
    this.topUp(own);
    return true;
  }

  /** The next script of the active descriptor. @throws WalletError if there is none */
  take(type: OutputType, internal: boolean): { readonly script: Uint8Array; readonly own: OwnDescriptor } {
    const own = this.activeOf(type, internal);
    if (own === undefined) throw new WalletError('keypool', `Error: No ${type} addresses available.`);
    const index = own.next;
    this.topUp(own, index + 1);
    own.next++;
    this.topUp(own);
    return { script: fromHex(own.scripts[index - own.rangeStart]![0]!), own };
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
