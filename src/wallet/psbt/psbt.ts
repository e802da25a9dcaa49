/**
 * Partially signed transactions, version 0 (BIP174) and 2 (BIP370): their bytes, the transaction they
 * stand for, and combining them. In memory both versions are alike: what version 0 has in its unsigned
 * transaction stands in the fields that version 2 has for it.
 */
import { base64 } from '@scure/base';
import { equalBytes, toHex } from '../../core/encoding/bytes.ts';
import { coreWords, DecodeError } from '../../core/encoding/errors.ts';
import { Reader } from '../../core/encoding/reader.ts';
import { Writer } from '../../core/encoding/writer.ts';
import {
  NO_WITNESS,
  type OutPoint,
  readTxOut,
  SEQUENCE_FINAL,
  Transaction,
  type TransactionFields,
  type TxOut,
} from '../../core/transaction/transaction.ts';
import { GLOBAL, GLOBAL_FIELDS, INPUT, INPUT_FIELDS, OUTPUT, OUTPUT_FIELDS } from './psbt-fields.ts';
import { FieldBudget, PsbtError, PsbtMap } from './psbt-map.ts';
import { decodeInt64, decodeUint32, encodeInt64, encodeUint32, orEmpty } from './psbt-values.ts';

const MAGIC = Uint8Array.of(0x70, 0x73, 0x62, 0x74, 0xff);

export type PsbtVersion = 0 | 2;

export class Psbt {
  readonly version: PsbtVersion;
  readonly global: PsbtMap;
  readonly inputs: PsbtMap[];
  readonly outputs: PsbtMap[];

  constructor(version: PsbtVersion, global: PsbtMap, inputs: PsbtMap[], outputs: PsbtMap[]) {
    this.version = version;
    this.global = global;
    this.inputs = inputs;
    this.outputs = outputs;
  }

  /** The creator's role. Scripts and witnesses of the transaction are left behind. */
  static fromTransaction(transaction: TransactionFields, version: PsbtVersion = 2): Psbt {
    const global = new PsbtMap(GLOBAL_FIELDS);
    global.set(GLOBAL.TX_VERSION, encodeUint32(transaction.version));
    global.set(GLOBAL.FALLBACK_LOCKTIME, encodeUint32(transaction.lockTime));
    if (version === 2) global.set(GLOBAL.VERSION, encodeUint32(version));
    const inputs = transaction.inputs.map((input) => {
      const map = new PsbtMap(INPUT_FIELDS);
      fillInput(map, input.prevout, input.sequence);
      return map;
    });
    const outputs = transaction.outputs.map((output) => {
      const map = new PsbtMap(OUTPUT_FIELDS);
      fillOutput(map, output);
      return map;
    });
    return new Psbt(version, global, inputs, outputs);
  }

  /** @throws PsbtError with Core's message */
  static decode(bytes: Uint8Array): Psbt {
    const reader = new Reader(bytes);
    const psbt = readWithCoreWords(reader);
    if (reader.remaining > 0) throw new PsbtError('extra data after PSBT');
    return psbt;
  }

  /** @throws PsbtError */
  static decodeBase64(text: string): Psbt {
    let bytes: Uint8Array;
    try {
      bytes = base64.decode(text);
    } catch {
      throw new PsbtError('invalid base64');
    }
    return Psbt.decode(bytes);
  }

  encode(): Uint8Array {
    const writer = new Writer(1024).bytes(MAGIC);
    const global = this.global.clone();
    if (this.version === 0) {
      for (const type of [GLOBAL.TX_VERSION, GLOBAL.FALLBACK_LOCKTIME]) global.delete(type);
      global.delete(GLOBAL.VERSION);
      global.set(GLOBAL.UNSIGNED_TX, Transaction.from(this.unsignedTransaction()!).bytes);
    } else {
      const count = (maps: readonly PsbtMap[]): Uint8Array => new Writer(9).compactSize(maps.length).finish();
      global.set(GLOBAL.INPUT_COUNT, count(this.inputs));
      global.set(GLOBAL.OUTPUT_COUNT, count(this.outputs));
    }
    global.write(writer, this.version, false);
    for (const input of this.inputs) input.write(writer, this.version, isFinal(input));
    for (const output of this.outputs) output.write(writer, this.version, false);
    return writer.finish();
  }

  encodeBase64(): string {
    return base64.encode(this.encode());
  }

  clone(): Psbt {
    const copy = (maps: readonly PsbtMap[]): PsbtMap[] => maps.map((map) => map.clone());
    return new Psbt(this.version, this.global.clone(), copy(this.inputs), copy(this.outputs));
  }

  get transactionVersion(): number {
    return decodeUint32(this.global.get(GLOBAL.TX_VERSION)!);
  }

  /** BIP370: the highest lock time that the inputs ask for; null if some want a time and others a height. */
  get lockTime(): number | null {
    const fallback = this.global.get(GLOBAL.FALLBACK_LOCKTIME);
    const locks = this.inputs.map((input) => ({
      time: input.get(INPUT.TIME_LOCK),
      height: input.get(INPUT.HEIGHT_LOCK),
    }));
    const asked = locks.filter(({ time, height }) => time !== undefined || height !== undefined);
    if (asked.length === 0) return fallback === undefined ? 0 : decodeUint32(fallback);
    // A height is taken where both would do.
    for (const kind of ['height', 'time'] as const)
      if (asked.every((lock) => lock[kind] !== undefined))
        return Math.max(...asked.map((lock) => decodeUint32(lock[kind]!)));
    return null;
  }

  outpoint(index: number): OutPoint {
    const input = this.inputs[index]!;
    return { txid: input.get(INPUT.PREVIOUS_TXID)!, vout: decodeUint32(input.get(INPUT.OUTPUT_INDEX)!) };
  }

  outputAt(index: number): TxOut {
    const output = this.outputs[index]!;
    return {
      value: decodeInt64(output.get(OUTPUT.AMOUNT)!),
      scriptPubKey: orEmpty(output.get(OUTPUT.SCRIPT)),
    };
  }

  /** Null if the inputs' lock times contradict each other. */
  unsignedTransaction(): TransactionFields | null {
    const { lockTime } = this;
    if (lockTime === null) return null;
    const inputs = this.inputs.map((input, index) => {
      const sequence = input.get(INPUT.SEQUENCE);
      return {
        prevout: this.outpoint(index),
        scriptSig: NO_SCRIPT,
        sequence: sequence === undefined ? SEQUENCE_FINAL : decodeUint32(sequence),
        witness: NO_WITNESS,
      };
    });
    const outputs = this.outputs.map((_, index) => this.outputAt(index));
    return { version: this.transactionVersion, inputs, outputs, lockTime };
  }

  /** The output that an input spends, if it is there and is the right one. */
  utxo(index: number): TxOut | null {
    const input = this.inputs[index]!;
    const previous = input.get(INPUT.NON_WITNESS_UTXO);
    if (previous !== undefined) {
      const transaction = Transaction.decode(previous);
      const { txid, vout } = this.outpoint(index);
      return equalBytes(transaction.txidBytes, txid) ? (transaction.outputs[vout] ?? null) : null;
    }
    const output = input.get(INPUT.WITNESS_UTXO);
    return output === undefined ? null : readTxOut(new Reader(output));
  }

  /** Txid of the unsigned transaction (BIP370: with sequences of 0); null without one. */
  get uniqueId(): string | null {
    const unsigned = this.unsignedTransaction();
    if (unsigned === null) return null;
    const inputs =
      this.version === 0 ? unsigned.inputs : unsigned.inputs.map((input) => ({ ...input, sequence: 0 }));
    return Transaction.from({ ...unsigned, inputs }).txid;
  }

  /** The combiner's role: takes over what the other knows. False if it is about another transaction. */
  merge(other: Psbt): boolean {
    const id = this.uniqueId;
    if (id === null || id !== other.uniqueId || this.version !== other.version) return false;
    // Core keeps its own sighash type: signatures are only valid with the one they were made for.
    for (const [i, input] of this.inputs.entries()) input.merge(other.inputs[i]!, [INPUT.SIGHASH]);
    for (const [i, output] of this.outputs.entries()) output.merge(other.outputs[i]!);
    const flags = [this, other].map((psbt) => psbt.global.get(GLOBAL.TX_MODIFIABLE)?.[0]);
    this.global.merge(other.global);
    if (flags.some((flag) => flag !== undefined)) {
      const [a = 0, b = 0] = flags;
      // Modifiable only if both say so; SIGHASH_SINGLE (bit 2) if either does.
      this.global.set(GLOBAL.TX_MODIFIABLE, Uint8Array.of((a & b & ~4) | ((a | b) & 4)));
    }
    return true;
  }
}

const NO_SCRIPT = new Uint8Array(0);

function isFinal(input: PsbtMap): boolean {
  return input.has(INPUT.FINAL_SCRIPTSIG) || input.has(INPUT.FINAL_WITNESS);
}

function fillInput(map: PsbtMap, outpoint: OutPoint, sequence: number): void {
  map.set(INPUT.PREVIOUS_TXID, outpoint.txid);
  map.set(INPUT.OUTPUT_INDEX, encodeUint32(outpoint.vout));
  map.set(INPUT.SEQUENCE, encodeUint32(sequence));
}

function fillOutput(map: PsbtMap, output: TxOut): void {
  map.set(OUTPUT.AMOUNT, encodeInt64(output.value));
  map.set(OUTPUT.SCRIPT, output.scriptPubKey);
}

/** Core reads from a stream, whose errors say so. */
function readWithCoreWords(reader: Reader): Psbt {
  try {
    return readPsbt(reader);
  } catch (error) {
    if (error instanceof PsbtError) throw new PsbtError(`${error.message}: iostream error`);
    if (!(error instanceof DecodeError)) throw error;
    throw new PsbtError(coreWords(error));
  }
}

function readPsbt(reader: Reader): Psbt {
  if (!equalBytes(reader.view(MAGIC.length), MAGIC)) throw new PsbtError('Invalid PSBT magic bytes');
  const budget = new FieldBudget();
  const global = PsbtMap.read(reader, GLOBAL_FIELDS, 2, budget);
  const versionField = global.get(GLOBAL.VERSION);
  const version = versionField === undefined ? 0 : decodeUint32(versionField);
  if (version === 1) throw new PsbtError('There is no PSBT version 1');
  checkGlobal(global, version);
  const unsigned = version === 0 ? Transaction.decode(global.get(GLOBAL.UNSIGNED_TX)!, false) : null;
  const inputs = readMaps(
    reader,
    'inputs',
    unsigned?.inputs.length ?? count(global, GLOBAL.INPUT_COUNT),
    (index) => {
      const map = PsbtMap.read(reader, INPUT_FIELDS, version, budget);
      const input = unsigned?.inputs[index];
      if (input !== undefined) fillInput(map, input.prevout, input.sequence);
      checkInput(map);
      return map;
    },
  );
  const outputs = readMaps(
    reader,
    'outputs',
    unsigned?.outputs.length ?? count(global, GLOBAL.OUTPUT_COUNT),
    (index) => {
      const map = PsbtMap.read(reader, OUTPUT_FIELDS, version, budget);
      const output = unsigned?.outputs[index];
      if (output !== undefined) fillOutput(map, output);
      if (!map.has(OUTPUT.AMOUNT)) throw new PsbtError('Output amount is required in PSBTv2');
      if (!map.has(OUTPUT.SCRIPT)) throw new PsbtError('Output script is required in PSBTv2');
      return map;
    },
  );
  if (unsigned !== null) {
    global.delete(GLOBAL.UNSIGNED_TX);
    global.set(GLOBAL.TX_VERSION, encodeUint32(unsigned.version));
    global.set(GLOBAL.FALLBACK_LOCKTIME, encodeUint32(unsigned.lockTime));
  }
  return new Psbt(version as PsbtVersion, global, inputs, outputs);
}

const count = (global: PsbtMap, type: number): number =>
  Number(new Reader(global.get(type)!).compactNumber());

function readMaps(reader: Reader, what: string, length: number, read: (index: number) => PsbtMap): PsbtMap[] {
  const maps: PsbtMap[] = [];
  while (maps.length < length && reader.remaining > 0) maps.push(read(maps.length));
  if (maps.length !== length)
    throw new PsbtError(
      `${what === 'inputs' ? 'Inputs' : 'Outputs'} provided does not match the number of ${what} in transaction.`,
    );
  return maps;
}

/** What a version must have, and what it must not have (BIP370). */
function checkGlobal(global: PsbtMap, version: number): void {
  const fields = {
    PSBT_GLOBAL_TX_VERSION: GLOBAL.TX_VERSION,
    PSBT_GLOBAL_FALLBACK_LOCKTIME: GLOBAL.FALLBACK_LOCKTIME,
    PSBT_GLOBAL_INPUT_COUNT: GLOBAL.INPUT_COUNT,
    PSBT_GLOBAL_OUTPUT_COUNT: GLOBAL.OUTPUT_COUNT,
    PSBT_GLOBAL_TX_MODIFIABLE: GLOBAL.TX_MODIFIABLE,
  };
  if (version === 0) {
    if (!global.has(GLOBAL.UNSIGNED_TX)) throw new PsbtError('No unsigned transaction was provided');
    for (const [name, type] of Object.entries(fields))
      if (global.has(type)) throw new PsbtError(`${name} is not allowed in PSBTv0`);
    return;
  }
  for (const [name, type] of Object.entries(fields))
    if (type !== GLOBAL.FALLBACK_LOCKTIME && type !== GLOBAL.TX_MODIFIABLE && !global.has(type))
      throw new PsbtError(`${name} is required in PSBTv2`);
  if (global.has(GLOBAL.UNSIGNED_TX)) throw new PsbtError('PSBT_GLOBAL_UNSIGNED_TX is not allowed in PSBTv2');
}

function checkInput(map: PsbtMap): void {
  const txid = map.get(INPUT.PREVIOUS_TXID);
  const vout = map.get(INPUT.OUTPUT_INDEX);
  if (txid === undefined) throw new PsbtError('Previous TXID is required in PSBTv2');
  if (vout === undefined) throw new PsbtError("Previous output's index is required in PSBTv2");
  const previous = map.get(INPUT.NON_WITNESS_UTXO);
  if (previous === undefined) return;
  const transaction = Transaction.decode(previous);
  if (toHex(transaction.txidBytes) !== toHex(txid))
    throw new PsbtError('Non-witness UTXO does not match outpoint hash');
  if (decodeUint32(vout) >= transaction.outputs.length)
    throw new PsbtError('Input specifies output index that does not exist');
}
