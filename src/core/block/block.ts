/** A block: header and transactions. Owns form only; the rules are in `consensus`. */
import { concatBytes } from '../encoding/bytes.ts';
import { Reader } from '../encoding/reader.ts';
import { compactSizeLength, Writer } from '../encoding/writer.ts';
import { Transaction, WITNESS_SCALE_FACTOR } from '../transaction/transaction.ts';
import { type BlockHash, BlockHeader, HEADER_SIZE } from './header.ts';

/** The smallest transaction that decodes: no inputs, no outputs. */
const MINIMUM_TRANSACTION = 10;

export class Block {
  readonly header: BlockHeader;
  readonly transactions: readonly Transaction[];
  /** Serialization with witnesses, as received. */
  readonly bytes: Uint8Array;

  private constructor(header: BlockHeader, transactions: readonly Transaction[], bytes: Uint8Array) {
    this.header = header;
    this.transactions = transactions;
    this.bytes = bytes;
  }

  static from(header: BlockHeader, transactions: readonly Transaction[]): Block {
    const count = new Writer(9).compactSize(transactions.length).finish();
    const bytes = concatBytes(header.bytes, count, ...transactions.map((transaction) => transaction.bytes));
    return new Block(header, transactions, bytes);
  }

  /** @throws DecodeError */
  static read(reader: Reader): Block {
    const start = reader.position;
    const header = BlockHeader.read(reader);
    const count = reader.count(MINIMUM_TRANSACTION);
    const transactions: Transaction[] = [];
    for (let i = 0; i < count; i++) transactions.push(Transaction.read(reader));
    return new Block(header, transactions, reader.bytes.subarray(start, reader.position));
  }

  /** @throws DecodeError also if bytes follow the block. */
  static decode(bytes: Uint8Array): Block {
    const reader = new Reader(bytes);
    const block = Block.read(reader);
    reader.finish();
    return block;
  }

  get hash(): BlockHash {
    return this.header.hash;
  }

  /** Bytes without witnesses. */
  get strippedSize(): number {
    let size = HEADER_SIZE + compactSizeLength(this.transactions.length);
    for (const transaction of this.transactions) size += transaction.strippedSize;
    return size;
  }

  /** BIP141 weight units. */
  get weight(): number {
    return this.strippedSize * (WITNESS_SCALE_FACTOR - 1) + this.bytes.length;
  }
}

/**
 * The transactions of a block, so many at a time: who needs each but once need not hold them all.
 * @param bytes of the whole block
 * @param read one, as much of it as is needed
 * @throws DecodeError
 */
export function* readTransactions<T>(
  bytes: Uint8Array,
  atOnce: number,
  read: (reader: Reader) => T,
): Generator<readonly T[]> {
  const reader = new Reader(bytes);
  reader.skip(HEADER_SIZE);
  for (let left = reader.count(MINIMUM_TRANSACTION); left > 0; left -= atOnce)
    yield Array.from({ length: Math.min(atOnce, left) }, () => read(reader));
  reader.finish();
}
