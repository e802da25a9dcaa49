/** Where each confirmed transaction is (`-txindex`). The genesis coinbase, which is no coin, is left out as in Core. */
import type { Chain } from '../chain/chain.ts';
import type { HeaderEntry } from '../chain/header-entry.ts';
import { CorruptionError } from '../chain/storage.ts';
import type { BlockHash } from '../core/block/header.ts';
import { fromDisplayHex, toDisplayHex } from '../core/encoding/bytes.ts';
import { crc32c } from '../core/encoding/crc32c.ts';
import { Reader } from '../core/encoding/reader.ts';
import { Writer } from '../core/encoding/writer.ts';
import { Transaction, type Txid } from '../core/transaction/transaction.ts';
import { Follower, type IndexContent, type IndexDependencies } from './follower.ts';

/**
 * 't' txid (32) -> block hash (32), offset in the block and size in bytes, CRC-32C of the transaction (u32 each;
 * the last is missing in entries of older versions).
 */
const PREFIX = 0x74;

function keyOf(txid: Uint8Array): Uint8Array {
  const key = new Uint8Array(33);
  key[0] = PREFIX;
  key.set(txid, 1);
  return key;
}

const content: IndexContent = {
  // Blocks that were left stay: their transactions can still be shown, and the branch that won overwrites
  // what it repeats.
  async connect({ entry, block }) {
    if (entry.height === 0) return [];
    const { hashBytes } = entry;
    const end = block.bytes.length;
    let offset = end - block.transactions.reduce((sum, tx) => sum + tx.bytes.length, 0);
    return block.transactions.map((tx) => {
      const { bytes } = tx;
      const value = new Writer(44).bytes(hashBytes).uint32(offset).uint32(bytes.length).uint32(crc32c(bytes));
      offset += bytes.length;
      return { put: keyOf(tx.txidBytes), value: value.finish() };
    });
  },
};

export class TransactionIndex {
  readonly follower: Follower;
  readonly #chain: Chain;

  private constructor(follower: Follower, chain: Chain) {
    this.follower = follower;
    this.#chain = chain;
  }

  static async open(dependencies: IndexDependencies): Promise<TransactionIndex> {
    return new TransactionIndex(await Follower.open('txindex', content, dependencies), dependencies.chain);
  }

  /** Resolves when the chain's tip is in the index. */
  synchronize(): Promise<void> {
    return this.follower.synchronize();
  }

  /** The transaction and its block, which need not be active any more. */
  async find(txid: Txid): Promise<{ readonly tx: Transaction; readonly entry: HeaderEntry } | undefined> {
    const key = keyOf(fromDisplayHex(txid));
    const value = await this.follower.get(key);
    if (value === undefined) return undefined;
    const reader = new Reader(value);
    const entry = this.#chain.entry(toDisplayHex(reader.view(32)) as BlockHash);
    if (entry === undefined || !entry.haveData) return undefined;
    // It may be in a better branch since.
    if (!this.#chain.isActive(entry)) await this.follower.prove([[key, key]]);
    const [offset, size] = [reader.uint32(), reader.uint32()];
    let bytes = await this.#chain.blocks.readPart(entry, offset, size);
    // The txid would say nothing of the witnesses. Who is not sure reads the block, which is checked.
    if (reader.remaining === 0 || reader.uint32() !== crc32c(bytes))
      bytes = (await this.#chain.blocks.readBlockBytes(entry)).subarray(offset, offset + size);
    const tx = Transaction.decode(bytes);
    if (tx.txid !== txid) throw new CorruptionError(`transaction ${txid} is not where the index says`);
    return { tx, entry };
  }

  close(): Promise<void> {
    return this.follower.close();
  }
}
