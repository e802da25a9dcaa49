/**
 * The schema of a wallet's store. Keys are text, values JSON, but for secrets and transactions.
 *
 *   info                 version, birthday, flags, order of the last transaction
 *   locator              hashes of the last block processed and of some before it, newest first
 *   descriptor:ID        a public descriptor and how far it is used; ID is the start of its SHA-256
 *   scripts:ID           scripts of that descriptor from the start of its range on, so as not to derive them again
 *   secret:KEY           32 bytes, by public key in hex (account level): the seam for encryption
 *   mnemonic             words and passphrase that the active descriptors were made from: as secret as keys
 *   tx:TXID              a transaction and where it stands
 *   label:ADDRESS        label and purpose
 *   lock:TXID:VOUT       an output that must not be chosen
 */

import type { BlockHash } from '../core/block/header.ts';
import { latin1 } from '../core/encoding/bytes.ts';
import type { OutputType } from './descriptors/descriptor.ts';
import type { WalletStore } from './storage.ts';

export interface InfoRecord {
  readonly version: 1;
  /** Seconds; no transaction is older. */
  readonly birthday: number;
  readonly privateKeys: boolean;
  readonly blank: boolean;
  readonly nextOrder: number;
}

/** What a new wallet begins with. */
export const newInfo = (birthday: number, privateKeys: boolean, blank: boolean): InfoRecord => ({
  version: 1,
  birthday,
  privateKeys,
  blank,
  nextOrder: 0,
});

export interface LocatorRecord {
  readonly blocks: readonly { readonly hash: BlockHash; readonly height: number }[];
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
  readonly abandoned: boolean;
  readonly unsent?: true;
  readonly comment?: string;
  readonly to?: string;
  readonly replaces?: string;
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

/** Every record by its key; the kind of a record is the text before its first colon. */
export async function readRecords(store: WalletStore): Promise<Map<string, Uint8Array>> {
  const records = new Map<string, Uint8Array>();
  for await (const [key, value] of store.iterate({})) records.set(fromUtf8(key), value);
  return records;
}

export function readJson<T>(value: Uint8Array): T {
  return JSON.parse(fromUtf8(value)) as T;
}

function fromUtf8(bytes: Uint8Array): string {
  return decodeURIComponent(
    latin1(bytes).replace(/[%\x80-\xff]/g, (character) => `%${character.charCodeAt(0).toString(16)}`),
  );
}
