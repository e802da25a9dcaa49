/** Transactions of which nobody says in which form they are written (Core's DecodeHexTx). */
import { fromHex } from '../encoding/bytes.ts';
import { DecodeError } from '../encoding/errors.ts';
import { MAX_SCRIPT_SIZE, Transaction } from '../transaction/transaction.ts';
import { hasValidOperations } from './script.ts';

export interface TransactionForms {
  /** With BIP144's marker for witnesses. */
  readonly witness: boolean;
  /** As before BIP144; there a transaction may have no inputs. */
  readonly plain: boolean;
}

export const WITNESS_FORM: TransactionForms = Object.freeze({ witness: true, plain: false });
export const ANY_FORM: TransactionForms = Object.freeze({ witness: true, plain: true });

/** Letters: what is larger than any block is not worth the time. */
const LONGEST = 8_000_000;

/**
 * Null if no form decodes, or it is larger than a block may be. `00 01` after the version means a witness follows, or no inputs and one
 * output: if both readings decode, the one whose scripts make sense wins.
 */
export function decodeTransaction(hex: string, forms: TransactionForms): Transaction | null {
  if (hex.length > LONGEST) return null;
  const extended = forms.witness ? decode(hex, true) : null;
  if (extended !== null && hasSaneScripts(extended)) return extended;
  const plain = forms.plain ? decode(hex, false) : null;
  if (plain !== null && hasSaneScripts(plain)) return plain;
  return extended ?? plain;
}

function decode(hex: string, withWitness: boolean): Transaction | null {
  try {
    return Transaction.decode(fromHex(hex), withWitness);
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
