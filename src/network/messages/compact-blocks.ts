/** Messages of BIP152. Indexes travel as differences, and are absolute here. */
import { BlockHeader } from '../../core/block/header.ts';
import { DecodeError } from '../../core/encoding/errors.ts';
import type { Reader } from '../../core/encoding/reader.ts';
import { Transaction } from '../../core/transaction/transaction.ts';
import { type Codec, readList, writeList } from './codec.ts';

/** Core's indexes are uint16: a block has no more transactions than these can name. */
const MAXIMUM_INDEX = 0xffff;
const SHORT_ID_BYTES = 6;

interface PrefilledTransaction {
  readonly index: number;
  readonly transaction: Transaction;
}

export interface CompactBlock {
  readonly header: BlockHeader;
  readonly nonce: bigint;
  /** 48 bits each. */
  readonly shortIds: readonly number[];
  readonly prefilled: readonly PrefilledTransaction[];
}

export interface BlockTransactionsRequest {
  /** 32 bytes, internal order. */
  readonly blockHash: Uint8Array;
  /** Ascending. */
  readonly indexes: readonly number[];
}

export interface BlockTransactions {
  readonly blockHash: Uint8Array;
  readonly transactions: readonly Transaction[];
}

/** Reads differences as absolute, ascending indexes. */
function indexReader(): (reader: Reader) => number {
  let next = 0;
  return (reader) => {
    const index = next + reader.compactSize();
    if (index > MAXIMUM_INDEX) throw new DecodeError('indexes overflowed 16 bits');
    next = index + 1;
    return index;
  };
}

function differences(indexes: readonly number[]): number[] {
  return indexes.map((index, i) => (i === 0 ? index : index - indexes[i - 1]! - 1));
}

export const cmpctblock: Codec<CompactBlock> = {
  read(reader) {
    const header = BlockHeader.read(reader);
    const nonce = reader.uint64();
    const shortIds = readList(
      reader,
      SHORT_ID_BYTES,
      MAXIMUM_INDEX,
      () => reader.uint32() + reader.uint16() * 2 ** 32,
    );
    const index = indexReader();
    const prefilled = readList(reader, 11, MAXIMUM_INDEX, () => ({
      index: index(reader),
      transaction: Transaction.read(reader),
    }));
    if (shortIds.length + prefilled.length > MAXIMUM_INDEX)
      throw new DecodeError('indexes overflowed 16 bits');
    return { header, nonce, shortIds, prefilled };
  },
  write(writer, body) {
    writer.bytes(body.header.bytes).uint64(body.nonce);
    writeList(writer, body.shortIds, (id) => writer.uint32(id % 2 ** 32).uint16(Math.floor(id / 2 ** 32)));
    const indexes = differences(body.prefilled.map((item) => item.index));
    writeList(writer, body.prefilled, ({ transaction }) =>
      writer.compactSize(indexes.shift()!).bytes(transaction.bytes),
    );
  },
};

export const getblocktxn: Codec<BlockTransactionsRequest> = {
  read: (reader) => ({
    blockHash: reader.view(32),
    indexes: readList(reader, 1, MAXIMUM_INDEX, indexReader()),
  }),
  write(writer, body) {
    writer.bytes(body.blockHash);
    writeList(writer, differences(body.indexes), (difference) => writer.compactSize(difference));
  },
};

export const blocktxn: Codec<BlockTransactions> = {
  read: (reader) => ({
    blockHash: reader.view(32),
    transactions: readList(reader, 10, MAXIMUM_INDEX, () => Transaction.read(reader)),
  }),
  write(writer, body) {
    writer.bytes(body.blockHash);
    writeList(writer, body.transactions, (transaction) => writer.bytes(transaction.bytes));
  },
};
