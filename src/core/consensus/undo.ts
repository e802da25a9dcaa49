/** What a block spent, so that it can be disconnected: Core's CBlockUndo format (rev*.dat, without its frame). */
import { DecodeError } from '../encoding/errors.ts';
import { Reader } from '../encoding/reader.ts';
import { Writer } from '../encoding/writer.ts';
import type { Coin } from '../transaction/coin.ts';
import { coinCode, readCoinCode } from '../transaction/coin-encoding.ts';
import {
  readCompressedOutput,
  readCompressedValue,
  writeCompressedOutput,
} from '../transaction/compression.ts';

/** For each transaction but the coinbase, in block order: the coin that each input spent. */
export type BlockUndo = readonly (readonly Coin[])[];

/** The smallest record of a coin: its code, an amount, a script's kind and payload. */
const MINIMUM_COIN = 3;
/** Bytes of a usual record, rounded up, so that the buffer need not grow. */
const USUAL_COIN = 48;

export function encodeUndo(undo: BlockUndo): Uint8Array {
  const count = undo.reduce((sum, coins) => sum + coins.length, 0);
  const writer = new Writer(16 + undo.length + count * USUAL_COIN);
  writer.compactSize(undo.length);
  for (const coins of undo) {
    writer.compactSize(coins.length);
    for (const coin of coins) {
      writer.varInt(coinCode(coin));
      // Where a transaction's version once was; Core keeps the byte.
      if (coin.height > 0) writer.uint8(0);
      writeCompressedOutput(writer, coin.output);
    }
  }
  return writer.finish();
}

/** @throws DecodeError */
export function decodeUndo(bytes: Uint8Array): BlockUndo {
  return [...readUndo(bytes)];
}

/** One transaction's coins after the other. @throws DecodeError */
export function* readUndo(bytes: Uint8Array): Generator<readonly Coin[]> {
  for (const [reader, count] of readRecords(bytes))
    yield Array.from({ length: count }, () => readSpentCoin(reader));
}

/** Satoshis that each transaction spent. @throws DecodeError */
export function* readSpentTotals(bytes: Uint8Array): Generator<bigint> {
  for (const [reader, count] of readRecords(bytes)) {
    let total = 0n;
    for (let i = 0; i < count; i++) {
      readSpentCode(reader);
      total += readCompressedValue(reader);
    }
    yield total;
  }
}

/** Stops at the coins of each transaction, and says how many there are. */
function* readRecords(bytes: Uint8Array): Generator<[Reader, number]> {
  const reader = new Reader(bytes);
  for (let left = reader.count(1); left > 0; left--) yield [reader, reader.count(MINIMUM_COIN)];
  reader.finish();
}

function readSpentCoin(reader: Reader): Coin {
  return { ...readSpentCode(reader), output: readCompressedOutput(reader) };
}

function readSpentCode(reader: Reader): ReturnType<typeof readCoinCode> {
  const code = readCoinCode(reader);
  if (code.height > 0 && reader.varInt() > 0xffffffffn) throw new DecodeError('undo version too large');
  return code;
}
