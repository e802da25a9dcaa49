/** A coin in Core's format of the UTXO database: height and coinbase flag in one VARINT, then the output. */
import { DecodeError } from '../encoding/errors.ts';
import { Reader } from '../encoding/reader.ts';
import { Writer } from '../encoding/writer.ts';
import type { Coin } from './coin.ts';
import { readCompressedOutput, writeCompressedOutput } from './compression.ts';

/** Core keeps heights in 31 bits. */
const MAX_CODE = 0xffffffffn;

/** Height and coinbase flag in one number, as in coins, undo data and UTXO hashes. */
export function coinCode(coin: Pick<Coin, 'height' | 'coinbase'>): number {
  return coin.height * 2 + (coin.coinbase ? 1 : 0);
}

/** @throws DecodeError if the height has more than 31 bits. */
export function readCoinCode(reader: Reader): Pick<Coin, 'height' | 'coinbase'> {
  const code = reader.varInt();
  if (code > MAX_CODE) throw new DecodeError('coin height too large');
  return { height: Number(code >> 1n), coinbase: (code & 1n) === 1n };
}

export function writeCoin(writer: Writer, coin: Coin): void {
  writer.varInt(coinCode(coin));
  writeCompressedOutput(writer, coin.output);
}

export function encodeCoin(coin: Coin): Uint8Array {
  const writer = new Writer(48);
  writeCoin(writer, coin);
  return writer.finish();
}

/** @throws DecodeError also if bytes follow the coin. */
export function decodeCoin(bytes: Uint8Array): Coin {
  const reader = new Reader(bytes);
  const coin = { ...readCoinCode(reader), output: readCompressedOutput(reader) };
  reader.finish();
  return coin;
}
