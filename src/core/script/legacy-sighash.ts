/** What a signature before BIP143 signs: a copy of the transaction, with parts left out. */
import { hash256 } from '../encoding/hashes.ts';
import { compactSizeLength, Writer } from '../encoding/writer.ts';
import { type Transaction, writeOutPoint, writeTxOut } from '../transaction/transaction.ts';
import { OP } from './opcodes.ts';
import { ScriptCursor } from './script.ts';
import type { FieldMark, SighashContext } from './sighash.ts';
import { SIGHASH } from './sighash-type.ts';

/** Where this thread writes what it hashes: as in sighash.ts, new memory would cost more than hashing it. */
const message = new Writer(1024);

const ONE = Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 1 : 0));

/**
 * The digest before BIP143.
 * @param hashType all 32 bits are signed, though a signature carries 8 of them.
 * @returns 32 bytes, internal order
 */
export function legacySighash(
  context: SighashContext,
  index: number,
  scriptCode: Uint8Array,
  hashType: number,
): Uint8Array {
  const { tx } = context;
  const base = hashType & 0x1f;
  // Satoshi's bug, now a rule: without an output to match, the "hash" is the number one.
  if (!hasLegacyMessage(tx, index, hashType)) return ONE;
  const anyoneCanPay = (hashType & SIGHASH.ANYONECANPAY) !== 0;
  if (base !== SIGHASH.NONE && base !== SIGHASH.SINGLE && !anyoneCanPay)
    return hash256(legacyAllPreimage(context, index, scriptCode, hashType));
  message.reset();
  writeLegacyMessage(message, context, index, { scriptCode, hashType });
  return hash256(message.view());
}

/** False where the digest is the number one, whatever is signed. */
export const hasLegacyMessage = ({ outputs }: Transaction, index: number, hashType: number): boolean =>
  (hashType & 0x1f) !== SIGHASH.SINGLE || index < outputs.length;

/** What is hashed, for every hash type. */
export function writeLegacyMessage(
  writer: Writer,
  { tx }: SighashContext,
  index: number,
  { scriptCode, hashType }: { readonly scriptCode: Uint8Array; readonly hashType: number },
  mark?: FieldMark,
): void {
  const base = hashType & 0x1f;
  const anyoneCanPay = (hashType & SIGHASH.ANYONECANPAY) !== 0;
  writer.uint32(tx.version);
  mark?.('version');
  writer.compactSize(anyoneCanPay ? 1 : tx.inputs.length);
  mark?.('inputCount');
  tx.inputs.forEach((input, i) => {
    if (anyoneCanPay && i !== index) return;
    writeOutPoint(writer, input.prevout);
    mark?.('outpoint');
    // Others' sequences may change where others' outputs may.
    if (i === index) writeSigned(writer, scriptCode);
    else writer.uint8(0);
    mark?.(i === index ? 'scriptCode' : 'emptyScript');
    const isFree = i !== index && (base === SIGHASH.NONE || base === SIGHASH.SINGLE);
    writer.uint32(isFree ? 0 : input.sequence);
    mark?.('sequence');
  });
  if (base === SIGHASH.NONE) writer.compactSize(0);
  else if (base === SIGHASH.SINGLE) {
    writer.compactSize(index + 1);
    for (let i = 0; i < index; i++) writer.int64(-1n).compactSize(0);
    writeTxOut(writer, tx.outputs[index]!);
  } else {
    writer.compactSize(tx.outputs.length);
    for (const output of tx.outputs) writeTxOut(writer, output);
  }
  mark?.('outputs');
  writer.uint32(tx.lockTime);
  mark?.('locktime');
  writer.uint32(hashType >>> 0);
  mark?.('hashType');
}

/** The usual case, by copying: only the signed input's script differs from one input to the next. */
function legacyAllPreimage(
  context: SighashContext,
  index: number,
  scriptCode: Uint8Array,
  hashType: number,
): Uint8Array {
  const { blank, tx } = context;
  const blankInput = 41;
  const script = 4 + compactSizeLength(tx.inputs.length) + index * blankInput + 36;
  return writeSigned(message.reset().bytes(blank.subarray(0, script)), scriptCode)
    .bytes(blank.subarray(script + 1))
    .uint32(hashType >>> 0)
    .view();
}

/**
 * The script as it is signed: without code separators, and no further than it parses, though its length counts
 * what comes after that too (Core's serializer).
 */
function writeSigned(writer: Writer, script: Uint8Array): Writer {
  const parts: Uint8Array[] = [];
  const cursor = new ScriptCursor(script);
  let kept = 0;
  while (cursor.next())
    if (cursor.opcode === OP.CODESEPARATOR) {
      parts.push(script.subarray(kept, cursor.start));
      kept = cursor.position;
    }
  writer.compactSize(script.length - parts.length);
  for (const part of parts) writer.bytes(part);
  return writer.bytes(script.subarray(kept, cursor.malformed ? cursor.reached : script.length));
}
