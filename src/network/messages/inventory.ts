/** Messages that announce and ask for things by hash, and those that carry blocks, headers, transactions. */
import { Block } from '../../core/block/block.ts';
import { BlockHeader, HEADER_SIZE } from '../../core/block/header.ts';
import {
  type PartialMerkleTree,
  readPartialMerkleTree,
  writePartialMerkleTree,
} from '../../core/block/partial-merkle-tree.ts';
import { toDisplayHex } from '../../core/encoding/bytes.ts';
import { Reader } from '../../core/encoding/reader.ts';
import { Transaction } from '../../core/transaction/transaction.ts';
import { type Codec, readCount, readList, writeList } from './codec.ts';

export const MAXIMUM_INVENTORY = 50_000;
export const MAXIMUM_HEADERS = 2_000;
const MAXIMUM_LOCATOR = 101;

const WITNESS_FLAG = 1 << 30;

export const InventoryType = {
  TX: 1,
  BLOCK: 2,
  FILTERED_BLOCK: 3,
  COMPACT_BLOCK: 4,
  /** BIP339: the hash is a wtxid. */
  WTX: 5,
  /** BIP144: as TX and BLOCK, with witnesses. */
  WITNESS_TX: 1 | WITNESS_FLAG,
  WITNESS_BLOCK: 2 | WITNESS_FLAG,
} as const;

/** The type without BIP144's flag. */
export function withoutWitnessFlag(type: number): number {
  return type & ~WITNESS_FLAG;
}

export interface InventoryItem {
  readonly type: number;
  /** 32 bytes, internal order. */
  readonly hash: Uint8Array;
}

export const isTransaction = ({ type }: InventoryItem): boolean =>
  type === InventoryType.WTX || withoutWitnessFlag(type) === InventoryType.TX;

const NAMES = ['', 'tx', 'block', 'merkleblock', 'cmpctblock', 'wtx'];

/** For the log: what it is, and its hash. */
export function inventoryText({ type, hash }: InventoryItem): string {
  const plain = withoutWitnessFlag(type);
  return `${plain === type ? '' : 'witness-'}${NAMES[plain] ?? type} ${toDisplayHex(hash)}`;
}

export interface Inventory {
  readonly items: readonly InventoryItem[];
}

/** The items of a payload one by one: fifty thousand objects at once are five times their bytes. @throws DecodeError */
export function readInventory(payload: Uint8Array): Iterable<InventoryItem> {
  const reader = new Reader(payload);
  const count = readCount(reader, 36, MAXIMUM_INVENTORY);
  return (function* () {
    for (let i = 0; i < count; i++) yield { type: reader.uint32(), hash: reader.view(32) };
  })();
}

/** inv, getdata, notfound */
export const inventory: Codec<Inventory> = {
  read: (reader) => ({
    items: readList(reader, 36, MAXIMUM_INVENTORY, () => ({
      type: reader.uint32(),
      hash: reader.view(32),
    })),
  }),
  write(writer, body) {
    writeList(writer, body.items, (item) => writer.uint32(item.type).bytes(item.hash));
  },
};

export interface LocatorRequest {
  readonly version: number;
  /** 32 bytes each, internal order, newest first. */
  readonly locator: readonly Uint8Array[];
  /** All zeros: as many as fit. */
  readonly stop: Uint8Array;
}

/** getheaders, getblocks */
export const locatorRequest: Codec<LocatorRequest> = {
  read: (reader) => ({
    version: reader.uint32(),
    locator: readList(reader, 32, MAXIMUM_LOCATOR, () => reader.view(32)),
    stop: reader.view(32),
  }),
  write(writer, body) {
    writer.uint32(body.version);
    writeList(writer, body.locator, (hash) => writer.bytes(hash));
    writer.bytes(body.stop);
  },
};

/** Each header is followed by a transaction count, always 0: what it is nobody looks at. */
export const headers: Codec<{ readonly headers: readonly BlockHeader[] }> = {
  read: (reader) => ({
    headers: readList(reader, HEADER_SIZE + 1, MAXIMUM_HEADERS, () => {
      const header = BlockHeader.read(reader);
      reader.compactSize();
      return header;
    }),
  }),
  write(writer, body) {
    writeList(writer, body.headers, (header) => writer.bytes(header.bytes).compactSize(0));
  },
};

export const block: Codec<{ readonly block: Block }> = {
  read: (reader) => ({ block: Block.read(reader) }),
  write(writer, body) {
    writer.bytes(body.block.bytes);
  },
};

export const tx: Codec<{ readonly transaction: Transaction }> = {
  read: (reader) => ({ transaction: Transaction.read(reader) }),
  write(writer, body) {
    writer.bytes(body.transaction.bytes);
  },
};

/** BIP37's answer to getdata of a filtered block; also the form of a gettxoutproof. */
export const merkleblock: Codec<{ readonly header: BlockHeader; readonly tree: PartialMerkleTree }> = {
  read: (reader) => ({ header: BlockHeader.read(reader), tree: readPartialMerkleTree(reader) }),
  write(writer, body) {
    writer.bytes(body.header.bytes);
    writePartialMerkleTree(writer, body.tree);
  },
};
