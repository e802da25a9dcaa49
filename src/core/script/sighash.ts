/**
 * What a signature signs: BIP143 (witness version 0) and BIP341/342 (taproot); legacy-sighash.ts has what
 * was before. `SighashContext` keeps what the inputs of one transaction share, so that n of them cost O(n).
 */
import { hash256, sha256, tagPrefix } from '../encoding/hashes.ts';
import { Writer } from '../encoding/writer.ts';
import { type Transaction, type TxOut, writeOutPoint, writeTxOut } from '../transaction/transaction.ts';
import { SIGHASH } from './sighash-type.ts';

/** SHA-256 once for taproot, twice for BIP143. */
interface SharedHashes {
  readonly prevouts: Uint8Array;
  readonly sequences: Uint8Array;
  readonly outputs: Uint8Array;
}

interface SpentHashes {
  readonly amounts: Uint8Array;
  readonly scripts: Uint8Array;
}

/**
 * Where this thread writes what it hashes, one message after the other, and the parts that are hashed for a
 * message meanwhile: V8 has no more than 64 bytes in its own heap, and to fetch other memory costs more than
 * to hash what is written there.
 */
const message = new Writer(1024);
const part = new Writer(1024);

/** One transaction with the outputs it spends; hashes are computed when first needed and kept. */
export class SighashContext {
  readonly tx: Transaction;
  /** One for each input. Null if unknown, which taproot's digest cannot do without. */
  readonly spent: readonly TxOut[] | null;
  #shared: SharedHashes | undefined;
  #double: SharedHashes | undefined;
  #spentHashes: SpentHashes | undefined;
  #blank: Uint8Array | undefined;

  constructor(tx: Transaction, spent: readonly TxOut[] | null) {
    this.tx = tx;
    this.spent = spent;
  }

  get shared(): SharedHashes {
    this.#shared ??= hashShared(this.tx);
    return this.#shared;
  }

  get double(): SharedHashes {
    if (this.#double === undefined) {
      const { prevouts, sequences, outputs } = this.shared;
      this.#double = { prevouts: sha256(prevouts), sequences: sha256(sequences), outputs: sha256(outputs) };
    }
    return this.#double;
  }

  get spentHashes(): SpentHashes {
    this.#spentHashes ??= hashSpent(this.spentOutputs);
    return this.#spentHashes;
  }

  /** @throws Error where the outputs were not given: a mistake of the caller, never of the transaction. */
  get spentOutputs(): readonly TxOut[] {
    if (this.spent === null) throw new Error('a taproot signature hash needs all spent outputs');
    return this.spent;
  }

  /** The transaction without witnesses and with every scriptSig empty: legacy ALL differs in one place. */
  get blank(): Uint8Array {
    this.#blank ??= encodeBlank(this.tx);
    return this.#blank;
  }
}

function hashShared({ inputs, outputs }: Transaction): SharedHashes {
  part.reset();
  for (const input of inputs) writeOutPoint(part, input.prevout);
  const prevouts = sha256(part.view());
  part.reset();
  for (const input of inputs) part.uint32(input.sequence);
  const sequences = sha256(part.view());
  part.reset();
  for (const output of outputs) writeTxOut(part, output);
  return { prevouts, sequences, outputs: sha256(part.view()) };
}

function hashSpent(spent: readonly TxOut[]): SpentHashes {
  part.reset();
  for (const output of spent) part.int64(output.value);
  const amounts = sha256(part.view());
  part.reset();
  for (const output of spent) part.varBytes(output.scriptPubKey);
  return { amounts, scripts: sha256(part.view()) };
}

function encodeBlank(tx: Transaction): Uint8Array {
  const writer = new Writer().uint32(tx.version).compactSize(tx.inputs.length);
  for (const input of tx.inputs) {
    writeOutPoint(writer, input.prevout);
    writer.uint8(0).uint32(input.sequence);
  }
  writer.compactSize(tx.outputs.length);
  for (const output of tx.outputs) writeTxOut(writer, output);
  return writer.uint32(tx.lockTime).finish();
}

const ZERO = new Uint8Array(32);

/** Told the name of each field of a message behind its last byte. */
export type FieldMark = (name: string) => void;

/** BIP143. @param amount satoshis of the output spent @returns 32 bytes, internal order */
export function segwitSighash(
  context: SighashContext,
  index: number,
  scriptCode: Uint8Array,
  amount: bigint,
  hashType: number,
): Uint8Array {
  message.reset();
  writeSegwitMessage(message, context, index, { scriptCode, amount, hashType });
  return hash256(message.view());
}

/** BIP143's message. */
export function writeSegwitMessage(
  writer: Writer,
  context: SighashContext,
  index: number,
  signed: { readonly scriptCode: Uint8Array; readonly amount: bigint; readonly hashType: number },
  mark?: FieldMark,
): void {
  const { tx } = context;
  const { scriptCode, amount, hashType } = signed;
  const input = tx.inputs[index]!;
  const base = hashType & 0x1f;
  const anyoneCanPay = (hashType & SIGHASH.ANYONECANPAY) !== 0;
  const commitsToAll = base !== SIGHASH.NONE && base !== SIGHASH.SINGLE;
  writer.uint32(tx.version);
  mark?.('version');
  writer.bytes(anyoneCanPay ? ZERO : context.double.prevouts);
  mark?.('hashPrevouts');
  writer.bytes(anyoneCanPay || !commitsToAll ? ZERO : context.double.sequences);
  mark?.('hashSequence');
  writeOutPoint(writer, input.prevout);
  mark?.('outpoint');
  writer.varBytes(scriptCode);
  mark?.('scriptCode');
  writer.int64(amount);
  mark?.('amount');
  writer.uint32(input.sequence);
  mark?.('sequence');
  if (commitsToAll) writer.bytes(context.double.outputs);
  else if (base === SIGHASH.SINGLE && index < tx.outputs.length)
    writer.bytes(hash256(encodeTxOut(tx.outputs[index]!)));
  else writer.bytes(ZERO);
  mark?.('hashOutputs');
  writer.uint32(tx.lockTime);
  mark?.('locktime');
  writer.uint32(hashType >>> 0);
  mark?.('hashType');
}

function encodeTxOut(output: TxOut): Uint8Array {
  part.reset();
  writeTxOut(part, output);
  return part.view();
}

/** What BIP341 and BIP342 sign of the spend itself. */
export interface TaprootSpend {
  /** SHA-256 of the annex with its length, or null. */
  readonly annexHash: Uint8Array | null;
  /** Script path only. */
  readonly leafHash: Uint8Array | null;
  /** Index of the last executed OP_CODESEPARATOR, 0xffffffff if none. */
  readonly codeSeparatorPosition: number;
}

export const KEY_PATH_SPEND: TaprootSpend = Object.freeze({
  annexHash: null,
  leafHash: null,
  codeSeparatorPosition: 0xffffffff,
});

/**
 * BIP341's message with its epoch byte, behind what the writer holds already; false if there is none: the
 * hash type is undefined, or SINGLE has no output.
 */
export function writeTaprootMessage(
  writer: Writer,
  context: SighashContext,
  index: number,
  hashType: number,
  spend: TaprootSpend,
  mark?: FieldMark,
): boolean {
  const { tx } = context;
  const base = hashType === SIGHASH.DEFAULT ? SIGHASH.ALL : hashType & 3;
  const anyoneCanPay = (hashType & SIGHASH.ANYONECANPAY) !== 0;
  if (hashType > 3 && (hashType < 0x81 || hashType > 0x83)) return false;
  if (base === SIGHASH.SINGLE && index >= tx.outputs.length) return false;
  const input = tx.inputs[index]!;
  const { annexHash, leafHash } = spend;
  const field = (name: string, bytes: Uint8Array): void => {
    writer.bytes(bytes);
    mark?.(name);
  };
  writer.uint8(0);
  mark?.('epoch');
  writer.uint8(hashType);
  mark?.('hashType');
  writer.uint32(tx.version);
  mark?.('version');
  writer.uint32(tx.lockTime);
  mark?.('locktime');
  if (!anyoneCanPay) {
    const { shared, spentHashes } = context;
    field('hashPrevouts', shared.prevouts);
    field('hashAmounts', spentHashes.amounts);
    field('hashScriptPubKeys', spentHashes.scripts);
    field('hashSequences', shared.sequences);
  }
  if (base === SIGHASH.ALL) field('hashOutputs', context.shared.outputs);
  writer.uint8((leafHash === null ? 0 : 2) + (annexHash === null ? 0 : 1));
  mark?.('spendType');
  if (anyoneCanPay) {
    writeOutPoint(writer, input.prevout);
    mark?.('outpoint');
    writeTxOut(writer, context.spentOutputs[index]!);
    mark?.('spentOutput');
    writer.uint32(input.sequence);
    mark?.('sequence');
  } else {
    writer.uint32(index);
    mark?.('inputIndex');
  }
  if (annexHash !== null) field('hashAnnex', annexHash);
  if (base === SIGHASH.SINGLE) field('hashOutput', sha256(encodeTxOut(tx.outputs[index]!)));
  // BIP342's extension: leaf, key version 0, code separator.
  if (leafHash !== null) {
    field('leafHash', leafHash);
    writer.uint8(0);
    mark?.('keyVersion');
    writer.uint32(spend.codeSeparatorPosition);
    mark?.('codeSeparator');
  }
  return true;
}

/** BIP341's digest, 32 bytes; null where there is no message. */
export function taprootSighash(
  context: SighashContext,
  index: number,
  hashType: number,
  spend: TaprootSpend = KEY_PATH_SPEND,
): Uint8Array | null {
  message.reset().bytes(tagPrefix('TapSighash'));
  return writeTaprootMessage(message, context, index, hashType, spend) ? sha256(message.view()) : null;
}
