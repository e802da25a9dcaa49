/** Transactions, blocks and headers from the hex that callers send. */
import { Block } from '../core/block/block.ts';
import { BlockHeader } from '../core/block/header.ts';
import { fromHex } from '../core/encoding/bytes.ts';
import { DecodeError } from '../core/encoding/errors.ts';
import { OP } from '../core/script/opcodes.ts';
import { MAX_SCRIPT_ELEMENT_SIZE, ScriptCursor } from '../core/script/script.ts';
import { MAX_SCRIPT_SIZE, Transaction } from '../core/transaction/transaction.ts';

interface TransactionForms {
  /** With BIP144's marker for witnesses. */
  readonly witness: boolean;
  /** As before BIP144; there a transaction may have no inputs. */
  readonly plain: boolean;
}

export const WITNESS_FORM: TransactionForms = Object.freeze({ witness: true, plain: false });
export const ANY_FORM: TransactionForms = Object.freeze({ witness: true, plain: true });

/**
 * Null if no form decodes. `00 01` after the version means a witness follows, or no inputs and one
 * output: if both readings decode, the one whose scripts make sense wins (Core's DecodeHexTx).
 */
export function decodeTransaction(text: string, forms: TransactionForms): Transaction | null {
  const bytes = orNull(() => fromHex(text));
  if (bytes === null) return null;
  const extended = forms.witness ? orNull(() => Transaction.decode(bytes)) : null;
  if (extended !== null && hasSaneScripts(extended)) return extended;
  const plain = forms.plain ? orNull(() => Transaction.decode(bytes, false)) : null;
  if (plain !== null && hasSaneScripts(plain)) return plain;
  return extended ?? plain;
}

export function decodeBlock(text: string): Block | null {
  return orNull(() => Block.decode(fromHex(text)));
}

export function decodeHeader(text: string): BlockHeader | null {
  return orNull(() => BlockHeader.decode(fromHex(text)));
}

function orNull<T>(decode: () => T): T | null {
  try {
    return decode();
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

function hasSaneScripts(tx: Transaction): boolean {
  const sane = (script: Uint8Array) => script.length <= MAX_SCRIPT_SIZE && hasValidOperations(script);
  return (
    (tx.isCoinbase || tx.inputs.every((input) => sane(input.scriptSig))) &&
    tx.outputs.every((output) => sane(output.scriptPubKey))
  );
}

/** Whether a script consists of known operations and pushes of allowed size (Core's HasValidOps). */
export function hasValidOperations(script: Uint8Array): boolean {
  const cursor = new ScriptCursor(script);
  while (cursor.next())
    if (cursor.opcode > OP.NOP10 || (cursor.data?.length ?? 0) > MAX_SCRIPT_ELEMENT_SIZE) return false;
  return !cursor.malformed;
}
