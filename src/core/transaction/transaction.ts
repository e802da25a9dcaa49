/**
 * White paper section 2: transactions and their serialization (BIP144 where they have witnesses).
 * Owns form only; whether a transaction is valid is the business of `consensus`.
 */
import { equalBytes, toDisplayHex } from '../encoding/bytes.ts';
import { DecodeError } from '../encoding/errors.ts';
import { hash256, hash256Each, inOnePiece } from '../encoding/hashes.ts';
import { Reader } from '../encoding/reader.ts';
import { compactSizeLength, Writer } from '../encoding/writer.ts';
import { MINIMUM_INPUT, MINIMUM_OUTPUT, skipWitness, stripInto, txidsOf } from './outline.ts';

/** Transaction id in display order (64 lower-case hex digits). */
export type Txid = string & { readonly __brand: 'Txid' };
/** Hash of a transaction with its witnesses, in display order (BIP141). */
export type Wtxid = string & { readonly __brand: 'Wtxid' };

export interface OutPoint {
  /** 32 bytes, internal order. */
  readonly txid: Uint8Array;
  /** uint32; 0xffffffff in a coinbase's null prevout. */
  readonly vout: number;
}

export interface TxIn {
  readonly prevout: OutPoint;
  readonly scriptSig: Uint8Array;
  /** uint32 */
  readonly sequence: number;
  /** Bottom of the stack first; empty if the input has no witness. May be computed: `{ ...input }` can lack it. */
  readonly witness: readonly Uint8Array[];
}

export interface TxOut {
  /** Satoshis; an int64 as received, so possibly out of range or negative until it is checked. */
  readonly value: bigint;
  readonly scriptPubKey: Uint8Array;
}

export interface TransactionFields {
  /** uint32 */
  readonly version: number;
  readonly inputs: readonly TxIn[];
  readonly outputs: readonly TxOut[];
  /** uint32: a height below 500,000,000, otherwise seconds since the epoch. */
  readonly lockTime: number;
}

export const SEQUENCE_FINAL = 0xffffffff;
/** The highest sequence that lets the lock time count. */
export const SEQUENCE_NOT_FINAL = 0xfffffffe;
/** The highest sequence that signals replaceability (BIP125). */
export const SEQUENCE_REPLACEABLE = 0xfffffffd;
/** BIP68: a sequence with this bit has no meaning as a relative lock. */
export const SEQUENCE_DISABLE = 0x80000000;
/** BIP68: the lock counts units of 512 seconds, not blocks. */
export const SEQUENCE_TIME = 0x00400000;
export const SEQUENCE_MASK = 0x0000ffff;
/** Lock times below this are heights, from here on seconds since the epoch. */
export const LOCK_TIME_THRESHOLD = 500_000_000;
const NULL_VOUT = 0xffffffff;
export const WITNESS_SCALE_FACTOR = 4;
/** Bytes (before BIP342). */
export const MAX_SCRIPT_SIZE = 10_000;

export const NO_WITNESS: readonly Uint8Array[] = Object.freeze([]);

/** Immutable. Identifiers are hashed from the bytes received, on first use, and kept. */
export class Transaction implements TransactionFields {
  readonly version: number;
  readonly inputs: readonly TxIn[];
  readonly outputs: readonly TxOut[];
  readonly lockTime: number;
  /** Serialization with witnesses, if there are any. */
  readonly bytes: Uint8Array;
  readonly hasWitness: boolean;
  #stripped: Uint8Array | undefined;
  #strippedSize: number | undefined;
  #txidBytes: Uint8Array | undefined;
  #wtxidBytes: Uint8Array | undefined;
  #txid: Txid | undefined;
  #wtxid: Wtxid | undefined;

  private constructor(fields: TransactionFields, bytes: Uint8Array, hasWitness: boolean) {
    this.version = fields.version;
    this.inputs = fields.inputs;
    this.outputs = fields.outputs;
    this.lockTime = fields.lockTime;
    this.bytes = bytes;
    this.hasWitness = hasWitness;
  }

  static from(fields: TransactionFields): Transaction {
    const hasWitness = fields.inputs.some((input) => input.witness.length > 0);
    return new Transaction(fields, encode(fields, hasWitness), hasWitness);
  }

  /**
   * Reads one transaction. The bytes are viewed, not copied.
   * @param allowWitness false reads the pre-BIP144 form only (as for a PSBT's unsigned transaction).
   * @throws DecodeError
   */
  static read(reader: Reader, allowWitness = true): Transaction {
    const start = reader.position;
    const version = reader.uint32();
    let hasWitness = false;
    let witnessSize = 0;
    let inputs = readInputs(reader);
    let outputs: TxOut[] = [];
    let flag = 0;
    if (inputs.length === 0 && allowWitness) {
      // BIP144: what looks like no inputs is the marker; the flag follows.
      flag = reader.uint8();
      hasWitness = (flag & 1) !== 0;
      if (flag !== 0) {
        inputs = readInputs(reader);
        outputs = readOutputs(reader);
      }
    } else outputs = readOutputs(reader);
    if (hasWitness) {
      const witnesses = reader.position;
      let items = 0;
      for (let i = 0; i < inputs.length; i++) {
        const { position } = reader;
        const count = skipWitness(reader);
        if (count > 0) inputs[i] = new ReceivedInput(inputs[i]!, reader.bytes, position);
        items += count;
      }
      if (items === 0) throw new DecodeError('superfluous witness record');
      // Marker and flag belong to it.
      witnessSize = reader.position - witnesses + 2;
    }
    if (flag > 1) throw new DecodeError('unknown transaction optional data');
    const lockTime = reader.uint32();
    const bytes = reader.bytes.subarray(start, reader.position);
    const transaction = new Transaction({ version, inputs, outputs, lockTime }, bytes, hasWitness);
    transaction.#strippedSize = bytes.length - witnessSize;
    return transaction;
  }

  /** @throws DecodeError also if bytes follow the transaction. */
  static decode(bytes: Uint8Array, allowWitness = true): Transaction {
    const reader = new Reader(bytes);
    const transaction = Transaction.read(reader, allowWitness);
    reader.finish();
    return transaction;
  }

  /** Serialization without witnesses: what the txid commits to. */
  get stripped(): Uint8Array {
    this.#stripped ??= this.hasWitness ? this.#strip() : this.bytes;
    return this.#stripped;
  }

  #strip(): Uint8Array {
    const stripped = new Uint8Array(this.strippedSize);
    stripInto(this, stripped, 0);
    return stripped;
  }

  /** Bytes without witnesses; known without serializing. */
  get strippedSize(): number {
    this.#strippedSize ??= this.bytes.length - (this.hasWitness ? this.#witnessSize() : 0);
    return this.#strippedSize;
  }

  /** Bytes of marker, flag and witnesses. */
  #witnessSize(): number {
    let size = 2;
    for (const { witness } of this.inputs) {
      size += compactSizeLength(witness.length);
      for (const item of witness) size += compactSizeLength(item.length) + item.length;
    }
    return size;
  }

  /** BIP141 weight units. */
  get weight(): number {
    return this.strippedSize * (WITNESS_SCALE_FACTOR - 1) + this.bytes.length;
  }

  /** BIP141 virtual size in vbytes, rounded up. */
  get virtualSize(): number {
    return Math.ceil(this.weight / WITNESS_SCALE_FACTOR);
  }

  /** Computes both identifiers of many at once, which costs less than one by one. */
  static identify(transactions: readonly Transaction[]): void {
    const unknown = transactions.filter((tx) => tx.#txidBytes === undefined);
    const txids = txidsOf(unknown);
    for (const [i, tx] of unknown.entries()) tx.#txidBytes = txids.subarray(32 * i, 32 * (i + 1));
    const witnesses = transactions.filter((tx) => tx.hasWitness && tx.#wtxidBytes === undefined);
    const wtxids = hash256Each(inOnePiece(witnesses.map(({ bytes }) => bytes)));
    for (const [i, tx] of witnesses.entries()) tx.#wtxidBytes = wtxids.subarray(32 * i, 32 * (i + 1));
  }

  get txidBytes(): Uint8Array {
    this.#txidBytes ??= hash256(this.stripped);
    return this.#txidBytes;
  }

  get wtxidBytes(): Uint8Array {
    this.#wtxidBytes ??= this.hasWitness ? hash256(this.bytes) : this.txidBytes;
    return this.#wtxidBytes;
  }

  get txid(): Txid {
    this.#txid ??= toDisplayHex(this.txidBytes) as Txid;
    return this.#txid;
  }

  get wtxid(): Wtxid {
    this.#wtxid ??= toDisplayHex(this.wtxidBytes) as Wtxid;
    return this.#wtxid;
  }

  get isCoinbase(): boolean {
    return this.inputs.length === 1 && isNullOutPoint(this.inputs[0]!.prevout);
  }
}

function readInputs(reader: Reader): TxIn[] {
  const count = reader.count(MINIMUM_INPUT);
  const inputs: TxIn[] = [];
  for (let i = 0; i < count; i++) {
    const prevout = { txid: reader.view(32), vout: reader.uint32() };
    const scriptSig = reader.varBytes();
    inputs.push({ prevout, scriptSig, sequence: reader.uint32(), witness: NO_WITNESS });
  }
  return inputs;
}

/**
 * An input whose witness is read when it is asked for, and not kept: a hostile one has millions of items,
 * which as objects take a hundred times the memory of their bytes.
 */
class ReceivedInput implements TxIn {
  readonly prevout: OutPoint;
  readonly scriptSig: Uint8Array;
  readonly sequence: number;
  readonly #bytes: Uint8Array;
  /** Where the witness begins in the bytes. */
  readonly #witness: number;

  constructor({ prevout, scriptSig, sequence }: TxIn, bytes: Uint8Array, witness: number) {
    this.prevout = prevout;
    this.scriptSig = scriptSig;
    this.sequence = sequence;
    this.#bytes = bytes;
    this.#witness = witness;
  }

  get witness(): readonly Uint8Array[] {
    const reader = new Reader(this.#bytes, this.#witness);
    const items: Uint8Array[] = [];
    for (let left = reader.count(1); left > 0; left--) items.push(reader.varBytes());
    return items;
  }
}

function readOutputs(reader: Reader): TxOut[] {
  const count = reader.count(MINIMUM_OUTPUT);
  const outputs: TxOut[] = [];
  for (let i = 0; i < count; i++) outputs.push(readTxOut(reader));
  return outputs;
}

export function readTxOut(reader: Reader): TxOut {
  return { value: reader.int64(), scriptPubKey: reader.varBytes() };
}

/** Bytes of a serialized output. */
export function sizeOfTxOut({ scriptPubKey }: Pick<TxOut, 'scriptPubKey'>): number {
  return 8 + compactSizeLength(scriptPubKey.length) + scriptPubKey.length;
}

export function writeTxOut(writer: Writer, output: TxOut): void {
  writer.int64(output.value).varBytes(output.scriptPubKey);
}

export function writeOutPoint(writer: Writer, outpoint: OutPoint): void {
  writer.bytes(outpoint.txid).uint32(outpoint.vout);
}

/** What it spends, input by input. */
export function prevoutsOf({ inputs }: Pick<Transaction, 'inputs'>): OutPoint[] {
  return inputs.map(({ prevout }) => prevout);
}

/** Where its outputs will be spent from, in order. */
export function outPointsOf(tx: Transaction): OutPoint[] {
  return tx.outputs.map((_, vout) => ({ txid: tx.txidBytes, vout }));
}

function encode(fields: TransactionFields, withWitness: boolean): Uint8Array {
  const writer = new Writer();
  writer.uint32(fields.version);
  if (withWitness) writer.uint8(0).uint8(1);
  writer.compactSize(fields.inputs.length);
  for (const input of fields.inputs) {
    writeOutPoint(writer, input.prevout);
    writer.varBytes(input.scriptSig).uint32(input.sequence);
  }
  writer.compactSize(fields.outputs.length);
  for (const output of fields.outputs) writeTxOut(writer, output);
  if (withWitness) for (const input of fields.inputs) writeWitness(writer, input.witness);
  writer.uint32(fields.lockTime);
  return writer.finish();
}

function writeWitness(writer: Writer, witness: readonly Uint8Array[]): void {
  writer.compactSize(witness.length);
  for (const item of witness) writer.varBytes(item);
}

const NULL_TXID = new Uint8Array(32);

export const NULL_OUTPOINT: OutPoint = Object.freeze({ txid: NULL_TXID, vout: NULL_VOUT });

export function isNullOutPoint(outpoint: OutPoint): boolean {
  return outpoint.vout === NULL_VOUT && equalBytes(outpoint.txid, NULL_TXID);
}

/** `txid:vout` in display order: a map key, and what people read. */
export function outPointText(outpoint: OutPoint): string {
  return `${toDisplayHex(outpoint.txid)}:${outpoint.vout}`;
}
