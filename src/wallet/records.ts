/**
 * The schema of a wallet's store. Keys are text, values JSON, but for secrets and scripts. Before each value stands a tag, and
 * `sums` says what there is of each kind, the text before the first colon (see `checked-store.ts`).
 *
 *   info                 version, birthday, flags, order of the last transaction
 *   locator              hashes of the last block processed and of some before it, newest first; blocks left out
 *   descriptor:ID        a public descriptor and how far it is used; ID is the start of its SHA-256
 *   scripts:ID:N         keys and scripts of that descriptor from the start of its range on (`derived.ts`)
 *   secret:KEY           32 bytes, by public key in hex (account level)
 *   mnemonic             words and passphrase that the active descriptors were made from: as secret as keys
 *   master               of an encrypted wallet: the key that secrets and mnemonic are sealed with, itself sealed
 *   tx:TXID              a transaction and where it stands
 *   label:ADDRESS        label and purpose
 *   lock:TXID:VOUT       an output that must not be chosen
 */

import type { BlockHash } from '../core/block/header.ts';
import type { OutputType } from './descriptors/kinds.ts';

export interface InfoRecord {
  /** 1 had neither tags nor sums. */
  readonly version: 2;
  /** Seconds; no transaction is older. */
  readonly birthday: number;
  readonly privateKeys: boolean;
  readonly blank: boolean;
  /** What addresses receive that were spent from before is told and spent apart. */
  readonly avoidsReuse?: boolean;
  readonly nextOrder: number;
  /** The store was encrypted and may hold, in what it has thrown away, secrets from before. */
  readonly hasTraces?: boolean;
}

/** What a new wallet begins with. */
export const newInfo = (
  kind: Pick<InfoRecord, 'birthday' | 'privateKeys' | 'blank' | 'avoidsReuse'>,
): InfoRecord => ({ version: 2, nextOrder: 0, ...kind });

export interface LocatorRecord {
  readonly blocks: readonly { readonly hash: BlockHash; readonly height: number }[];
  readonly gap?: Gap;
}

/** Heights of the first and last block that were left out, for they were not there yet. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

export interface DescriptorRecord {
  /** With public keys, without checksum. */
  readonly text: string;
  /** Seconds */
  readonly createdAt: number;
  /** New addresses of this type come from here. */
  readonly active: OutputType | null;
  readonly internal: boolean;
  readonly rangeStart: number;
  /** One past the last index that is watched. */
  readonly rangeEnd: number;
  readonly next: number;
  /** What its scripts are derived from without secrets, where that is another text (below hardened steps). */
  readonly normalized?: string;
}

export interface TransactionRecord {
  readonly hex: string;
  readonly block: {
    readonly hash: BlockHash;
    readonly height: number;
    readonly index: number;
    readonly time: number;
  } | null;
  /** A block that holds a transaction which this one contradicts. */
  readonly conflict: { readonly hash: BlockHash; readonly height: number } | null;
  /** Seconds */
  readonly received: number;
  readonly order: number;
  /** Of its last change; absent in records of old. */
  readonly sequence?: number;
  readonly abandoned: boolean;
  readonly unsent?: true;
  readonly comment?: string | undefined;
  readonly to?: string | undefined;
  readonly replaces?: string | undefined;
  readonly replacedBy?: string;
}

export interface LabelRecord {
  readonly label: string;
  readonly purpose: 'receive' | 'send';
}

export interface MnemonicRecord {
  readonly words: string;
  readonly passphrase: string;
}

export function readJson<T>(value: Uint8Array): T {
  return JSON.parse(textOf(value)) as T;
}

export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
