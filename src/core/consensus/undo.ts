/** What a block spent, so that it can be disconnected: Core's CBlockUndo format (rev*.dat, without its frame). */
import { DecodeError } from '../encoding/errors.ts';
import { Reader } from '../encoding/reader.ts';
import { Writer } from '../encoding/writer.ts';
import type { Coin } from '../transaction/coin.ts';
import { coinCode, readCoinCode } from '../transaction/coin-encoding.ts';
import { readCompressedOutput, writeCompressedOutput } from '../transaction/compression.ts';

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
  const reader = new Reader(bytes);
  const undo = Array.from({ length: reader.count(1) }, () =>
    Array.from({ length: reader.count(MINIMUM_COIN) }, () => readSpentCoin(reader)),
  );
  reader.finish();
  return undo;
}

function readSpentCoin(reader: Reader): Coin {
  const code = readCoinCode(reader);
  if (code.height > 0 && reader.varInt() > 0xffffffffn) throw new DecodeError('undo version too large');
  return { ...code, output: readCompressedOutput(reader) };
}
