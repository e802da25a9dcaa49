/**
 * How outputs are packed on disk (Core's compressor.h): amounts without their trailing zeros, common
 * scripts without their opcodes. Used for coins and undo data, never on the wire.
 */
import { Point } from '@noble/secp256k1';
import { bigintFromLittleEndian, concatBytes } from '../encoding/bytes.ts';
import { DecodeError } from '../encoding/errors.ts';
import type { Reader } from '../encoding/reader.ts';
import type { Writer } from '../encoding/writer.ts';
import { MAX_SCRIPT_SIZE, type TxOut } from './transaction.ts';

/** Satoshis to a number that is small where the amount is round. */
export function compressAmount(value: bigint): bigint {
  if (value === 0n) return 0n;
  let rest = value;
  let zeros = 0n;
  while (zeros < 9n && rest % 10n === 0n) {
    rest /= 10n;
    zeros++;
  }
  if (zeros === 9n) return 1n + (rest - 1n) * 10n + 9n;
  return 1n + ((rest / 10n) * 9n + (rest % 10n) - 1n) * 10n + zeros;
}

/** Amounts below stay in the integers that a number holds exactly, whatever their last digit. */
const SMALL_AMOUNT = 2n ** 49n;

/** As compressAmount, without big integers where it can be: every coin that a block spends comes here. */
function packAmount(value: bigint): number | bigint {
  if (value < 0n || value >= SMALL_AMOUNT) return compressAmount(value);
  let rest = Number(value);
  if (rest === 0) return 0;
  let zeros = 0;
  for (; zeros < 9 && rest % 10 === 0; zeros++) rest /= 10;
  if (zeros === 9) return 1 + (rest - 1) * 10 + 9;
  return 1 + (Math.floor(rest / 10) * 9 + (rest % 10) - 1) * 10 + zeros;
}

export function decompressAmount(compressed: bigint): bigint {
  if (compressed === 0n) return 0n;
  const zeros = (compressed - 1n) % 10n;
  const rest = (compressed - 1n) / 10n;
  const digits = zeros === 9n ? rest + 1n : (rest / 9n) * 10n + (rest % 9n) + 1n;
  return digits * 10n ** zeros;
}

/** Sizes from here on are scripts as they are, the size being less by this many. */
const SPECIAL_SCRIPTS = 6;
const SPECIAL_SIZES = [20, 20, 32, 32, 32, 32] as const;

/** The field of the curve y² = x³ + 7. */
export const FIELD_PRIME = 2n ** 256n - 2n ** 32n - 977n;
const bigEndian = (bytes: Uint8Array): bigint => bigintFromLittleEndian(Uint8Array.from(bytes).reverse());

function isOnCurve(x: Uint8Array, y: Uint8Array): boolean {
  const [a, b] = [bigEndian(x), bigEndian(y)];
  return a < FIELD_PRIME && b < FIELD_PRIME && (b * b - a * a * a - 7n) % FIELD_PRIME === 0n;
}

/** Writes kind (0 to 5) and payload of a script that has a short form; false if it has none. */
function writeShortForm(writer: Writer, script: Uint8Array): boolean {
  const { length } = script;
  // DUP HASH160 <20> EQUALVERIFY CHECKSIG
  if (length === 25 && script[0] === 0x76 && script[1] === 0xa9 && script[2] === 20)
    if (script[23] === 0x88 && script[24] === 0xac) {
      writer.uint8(0).bytes(script.subarray(3, 23));
      return true;
    }
  // HASH160 <20> EQUAL
  if (length === 23 && script[0] === 0xa9 && script[1] === 20 && script[22] === 0x87) {
    writer.uint8(1).bytes(script.subarray(2, 22));
    return true;
  }
  // <33> CHECKSIG
  if (length === 35 && script[0] === 33 && script[34] === 0xac && (script[1] === 2 || script[1] === 3)) {
    writer.bytes(script.subarray(1, 34));
    return true;
  }
  // <65> CHECKSIG: only a key on the curve can be brought back from its x.
  if (length === 67 && script[0] === 65 && script[66] === 0xac && script[1] === 4) {
    const [x, y] = [script.subarray(2, 34), script.subarray(34, 66)];
    if (isOnCurve(x, y)) {
      writer.uint8(4 | (y[31]! & 1)).bytes(x);
      return true;
    }
  }
  return false;
}

/** The script that a short form stands for. @throws DecodeError if an x is on no point of the curve. */
function fromShortForm(kind: number, payload: Uint8Array): Uint8Array {
  if (kind === 0) return concatBytes(Uint8Array.of(0x76, 0xa9, 20), payload, Uint8Array.of(0x88, 0xac));
  if (kind === 1) return concatBytes(Uint8Array.of(0xa9, 20), payload, Uint8Array.of(0x87));
  if (kind < 4) return concatBytes(Uint8Array.of(33, kind), payload, Uint8Array.of(0xac));
  let key: Uint8Array;
  try {
    key = Point.fromBytes(concatBytes(Uint8Array.of(kind - 2), payload)).toBytes(false);
  } catch {
    throw new DecodeError('compressed script has no public key');
  }
  return concatBytes(Uint8Array.of(65), key, Uint8Array.of(0xac));
}

export function writeCompressedOutput(writer: Writer, { value, scriptPubKey }: TxOut): void {
  writer.varInt(packAmount(value));
  if (!writeShortForm(writer, scriptPubKey))
    writer.varInt(scriptPubKey.length + SPECIAL_SCRIPTS).bytes(scriptPubKey);
}

/** @throws DecodeError */
export function readCompressedOutput(reader: Reader): TxOut {
  const value = decompressAmount(reader.varInt());
  const { kind, payload } = readPackedScript(reader);
  return { value, scriptPubKey: unpackScript(kind, payload) };
}

/** @throws DecodeError if it is the x of no key */
export function unpackScript(kind: number, payload: Uint8Array): Uint8Array {
  return kind < SPECIAL_SCRIPTS ? fromShortForm(kind, payload) : payload;
}

/** Satoshis of an output whose script is passed over. @throws DecodeError */
export function readCompressedValue(reader: Reader): bigint {
  const value = decompressAmount(reader.varInt());
  readPackedScript(reader);
  return value;
}

function readPackedScript(reader: Reader): { kind: number; payload: Uint8Array } {
  const kind = reader.varInt();
  const size = packedScriptSize(kind);
  // Core reads a longer script as an unspendable one; so nothing that large is allocated.
  if (size > MAX_SCRIPT_SIZE) throw new DecodeError('compressed script too long');
  return { kind: Number(kind), payload: reader.view(size) };
}

/** Bytes behind the number that says what a script is. */
export function packedScriptSize(kind: bigint): number {
  return SPECIAL_SIZES[Number(kind)] ?? Number(kind) - SPECIAL_SCRIPTS;
}
