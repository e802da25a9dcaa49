/**
 * The file of dumptxoutset and loadtxoutset: Bitcoin Core's snapshot format, version 2, written and read piece by piece.
 * What is read is hostile: no number in it makes us allocate more than a piece. Errors have Core's words.
 */
import type { PlacedCoin } from '../core/consensus/block-coins.ts';
import { concatBytes, EMPTY, equalBytes, toHex } from '../core/encoding/bytes.ts';
import { DecodeError } from '../core/encoding/errors.ts';
import { Reader } from '../core/encoding/reader.ts';
import { Writer } from '../core/encoding/writer.ts';
import type { NetworkParameters } from '../core/parameters/network.ts';
import { isMoney } from '../core/transaction/amount.ts';
import type { Coin } from '../core/transaction/coin.ts';
import { readCoinCode, writeCoin } from '../core/transaction/coin-encoding.ts';
import { decompressAmount, packedScriptSize, unpackScript } from '../core/transaction/compression.ts';
import { MAX_SCRIPT_SIZE, type OutPoint } from '../core/transaction/transaction.ts';

/** "utxo" and 0xff. */
const SNAPSHOT_MAGIC = Uint8Array.of(0x75, 0x74, 0x78, 0x6f, 0xff);
const SNAPSHOT_VERSION = 2;
/** Bytes handed out at once. */
const PIECE_SIZE = 1 << 16;

const HEADER_SIZE = 51;
/** More than a coin takes, its txid and their number included. */
const COIN_ROOM = MAX_SCRIPT_SIZE + 100;
/** Coins handed out at once. */
const BATCH = 1_000;
/** What Core puts in the place of a script that is too long. */
const OP_RETURN = Uint8Array.of(0x6a);
/** Bitcoin's networks, by their magic. */
const NETWORKS: Readonly<Record<string, string>> = {
  f9beb4d9: 'main',
  '0b110907': 'test',
  '1c163f28': 'testnet4',
  '0a03cf40': 'signet',
  fabfb5da: 'regtest',
};

/** The coins of a snapshot cannot be taken, and why. */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError';
}

export interface SnapshotHeader {
  /** The network's, 4 bytes. */
  readonly magic: Uint8Array;
  /** Hash of the block whose coins these are, internal order. */
  readonly base: Uint8Array;
  readonly coins: number | bigint;
}

export function encodeSnapshotHeader({ magic, base, coins }: SnapshotHeader): Uint8Array {
  const writer = new Writer(64);
  writer.bytes(SNAPSHOT_MAGIC).uint16(SNAPSHOT_VERSION).bytes(magic).bytes(base).uint64(BigInt(coins));
  return writer.finish();
}

/** The body: for each txid its coins, as `Chain.snapshotCoins` brings them (by txid bytes, then vout). */
export async function* encodeSnapshotCoins(
  coins: AsyncIterable<readonly [OutPoint, Coin]>,
): AsyncGenerator<Uint8Array> {
  let writer = new Writer(2 * PIECE_SIZE);
  let txid: Uint8Array | undefined;
  let group: { readonly vout: number; readonly coin: Coin }[] = [];
  const writeGroup = (): void => {
    if (txid === undefined) return;
    writer.bytes(txid).compactSize(group.length);
    for (const { vout, coin } of group) writeCoin(writer.compactSize(vout), coin);
    group = [];
  };
  for await (const [outpoint, coin] of coins) {
    if (txid === undefined || !equalBytes(txid, outpoint.txid)) {
      writeGroup();
      txid = outpoint.txid;
      if (writer.length >= PIECE_SIZE) {
        yield writer.finish();
        writer = new Writer(2 * PIECE_SIZE);
      }
    }
    group.push({ vout: outpoint.vout, coin });
  }
  writeGroup();
  if (writer.length > 0) yield writer.finish();
}

/** Reads a snapshot: first its header, then its coins. */
export class SnapshotReader {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #reader = new Reader(EMPTY);
  #ended = false;

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** @throws DecodeError with Core's words, also if it is of another network */
  async header({ magic, chain }: Pick<NetworkParameters, 'magic' | 'chain'>): Promise<SnapshotHeader> {
    await this.#look(HEADER_SIZE);
    const reader = this.#reader;
    if (!equalBytes(reader.view(SNAPSHOT_MAGIC.length), SNAPSHOT_MAGIC))
      throw new DecodeError(
        'Invalid UTXO set snapshot magic bytes. Please check if this is indeed a snapshot file or if you are using an outdated snapshot format.',
      );
    const version = reader.uint16();
    if (version !== SNAPSHOT_VERSION)
      throw new DecodeError(`Version of snapshot ${version} does not match any of the supported versions.`);
    const found = reader.view(magic.length);
    if (!equalBytes(found, magic)) {
      const network = NETWORKS[toHex(found)];
      throw new DecodeError(
        network === undefined
          ? 'This snapshot has been created for an unrecognized network. This could be a custom signet, a new testnet or possibly caused by data corruption.'
          : `The network of the snapshot (${network}) does not match the network of this node (${chain}).`,
      );
    }
    return { magic, base: reader.view(32), coins: reader.uint64() };
  }

  /** All coins, some at a time. @param height of the snapshot's block @throws SnapshotError */
  async *coins(header: SnapshotHeader, height: number): AsyncGenerator<readonly PlacedCoin[]> {
    // More than can be counted exactly are in no file.
    let [left, done] = [Number(header.coins), 0];
    let batch: PlacedCoin[] = [];
    try {
      while (left > 0) {
        await this.#look(COIN_ROOM);
        const txid = this.#reader.view(32);
        const count = this.#reader.compactSize();
        if (count > left)
          throw new SnapshotError('Mismatch in coins count in snapshot metadata and actual snapshot data');
        for (const last = done + count; done < last; done++, left--) {
          if (this.#reader.remaining < COIN_ROOM) await this.#look(COIN_ROOM);
          const vout = this.#reader.compactSize();
          const code = readCoinCode(this.#reader);
          // Modulo 2^64, as Core computes.
          const value = BigInt.asIntN(64, decompressAmount(this.#reader.varInt()));
          const scriptPubKey = this.#script() ?? (await this.#passScript());
          const wrong = `Bad snapshot data after deserializing ${done} coins`;
          if (code.height > height) throw new SnapshotError(wrong);
          if (!isMoney(value)) throw new SnapshotError(`${wrong} - bad tx out value`);
          batch.push({ txid, vout, ...code, output: { value, scriptPubKey } });
          if (batch.length < BATCH) continue;
          yield batch;
          batch = [];
        }
      }
      yield batch;
      await this.#look(1);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      throw new SnapshotError(`Bad snapshot format or truncated snapshot after deserializing ${done} coins`);
    }
    if (this.#reader.remaining > 0)
      throw new SnapshotError(`Bad snapshot - coins left over after deserializing ${header.coins} coins`);
  }

  /** Undefined, and nothing read, where it is too long. */
  #script(): Uint8Array | undefined {
    const start = this.#reader.position;
    const kind = this.#reader.varInt();
    const size = packedScriptSize(kind);
    if (size > MAX_SCRIPT_SIZE) {
      this.#reader.position = start;
      return undefined;
    }
    const payload = this.#reader.view(size);
    try {
      return unpackScript(Number(kind), payload);
    } catch {
      // The x of no key: Core goes on with an empty script.
      return EMPTY;
    }
  }

  /** Reads over a script that is too long. */
  async #passScript(): Promise<Uint8Array> {
    let size = packedScriptSize(this.#reader.varInt());
    while (size > this.#reader.remaining) {
      size -= this.#reader.remaining;
      this.#reader.position = this.#reader.end;
      await this.#look(1);
      if (this.#reader.remaining === 0) throw new DecodeError('end of data');
    }
    this.#reader.skip(size);
    return OP_RETURN;
  }

  /** Has so many bytes at hand, or all that are left. */
  async #look(size: number): Promise<void> {
    while (this.#reader.remaining < size && !this.#ended) {
      const next = await this.#pieces.next().catch(() => {
        throw new DecodeError('AutoFile::read: fread failed');
      });
      if (next.done === true) this.#ended = true;
      else this.#reader = new Reader(concatBytes(this.#reader.view(this.#reader.remaining), next.value));
    }
  }

  /** Lets go of the file. */
  async close(): Promise<void> {
    await this.#pieces.return?.();
  }
}
