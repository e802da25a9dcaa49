/** Scripts as people type them, and an input made of nothing else. */
import { EMPTY, fromHex, isHex } from '../encoding/bytes.ts';
import { NULL_OUTPOINT, SEQUENCE_FINAL, Transaction } from '../transaction/transaction.ts';
import { fromAssembly } from './assembly.ts';
import type { TraceSubject } from './trace.ts';

interface TypedInput {
  /** Hex, or words: see `fromAssembly`. */
  readonly scriptPubKey: string;
  readonly scriptSig: string;
  readonly witness: readonly Uint8Array[];
  /** Satoshis of the output, which signatures sign */
  readonly amount: bigint;
  readonly lockTime: number;
  readonly sequence: number;
}

/** @throws RangeError that names a word which is no part of a script */
const scriptFrom = (text: string): Uint8Array =>
  text === '' || isHex(text) ? fromHex(text) : fromAssembly(text);

/**
 * An output with this script, and the transaction that spends it: as in Bitcoin Core's own tests of scripts.
 * @throws RangeError of a script that is none
 */
export function typedSubject(typed: TypedInput): Omit<TraceSubject, 'flags'> {
  const { amount: value, witness, sequence, lockTime } = typed;
  const output = { value, scriptPubKey: scriptFrom(typed.scriptPubKey) };
  const first = Transaction.from({
    version: 1,
    inputs: [
      { prevout: NULL_OUTPOINT, scriptSig: Uint8Array.of(0, 0), sequence: SEQUENCE_FINAL, witness: [] },
    ],
    outputs: [output],
    lockTime: 0,
  });
  const input = { prevout: { txid: first.txidBytes, vout: 0 }, scriptSig: scriptFrom(typed.scriptSig) };
  const tx = Transaction.from({
    version: 2,
    inputs: [{ ...input, sequence, witness }],
    outputs: [{ value, scriptPubKey: EMPTY }],
    lockTime,
  });
  return { tx, index: 0, spent: [output] };
}
