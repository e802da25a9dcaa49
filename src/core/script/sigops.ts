/** Counting signature operations, as the block's limit counts them. */
import { EMPTY } from '../encoding/bytes.ts';
import { type Transaction, type TxIn, type TxOut, WITNESS_SCALE_FACTOR } from '../transaction/transaction.ts';
import { ScriptFlag } from './flags.ts';
import { OP } from './opcodes.ts';
import {
  isPayToScriptHash,
  isPushOnly,
  isWitnessProgram,
  ScriptCursor,
  type WitnessProgram,
} from './script.ts';
import { MAX_PUBKEYS_PER_MULTISIG } from './templates.ts';

/** One for all scripts that are counted: every output of every block is, twice. */
const cursor = new ScriptCursor(EMPTY);

/**
 * @param accurate count a CHECKMULTISIG by the number of keys pushed right before it (BIP16); otherwise as 20.
 */
export function countSigOps(script: Uint8Array, accurate: boolean): number {
  let count = 0;
  let previous: number = OP.INVALIDOPCODE;
  cursor.begin(script);
  while (cursor.next()) {
    const { opcode } = cursor;
    if (opcode === OP.CHECKSIG || opcode === OP.CHECKSIGVERIFY) count++;
    else if (opcode === OP.CHECKMULTISIG || opcode === OP.CHECKMULTISIGVERIFY) {
      const known = accurate && previous >= OP.OP_1 && previous <= OP.OP_16;
      count += known ? previous - OP.OP_1 + 1 : MAX_PUBKEYS_PER_MULTISIG;
    }
    previous = opcode;
  }
  return count;
}

/** Signature operations in the transaction's own scripts, counted as before BIP16. */
export function legacySigOps(tx: Transaction): number {
  let count = 0;
  for (const input of tx.inputs) count += countSigOps(input.scriptSig, false);
  for (const output of tx.outputs) count += countSigOps(output.scriptPubKey, false);
  return count;
}

/** The script a scriptSig pushes last: the redeem script of P2SH; null if it does more than push. */
export function lastPush(scriptSig: Uint8Array): Uint8Array | null {
  cursor.begin(scriptSig);
  let last: Uint8Array | null = null;
  while (cursor.next()) {
    if (cursor.opcode > OP.OP_16) return null;
    last = cursor.data;
  }
  return cursor.malformed ? null : last;
}

/** BIP16: the redeem scripts' operations. */
function p2shSigOps(tx: Transaction, spent: readonly TxOut[]): number {
  let count = 0;
  tx.inputs.forEach((input, i) => {
    if (!isPayToScriptHash(spent[i]!.scriptPubKey)) return;
    const redeemScript = lastPush(input.scriptSig);
    if (redeemScript !== null) count += countSigOps(redeemScript, true);
  });
  return count;
}

/** BIP141: the operations in one input's witness, which are not scaled. */
function witnessSigOps(input: TxIn, scriptPubKey: Uint8Array): number {
  // Most outputs, told without an object made for each.
  if (scriptPubKey.length === 22 && scriptPubKey[0] === OP.OP_0 && scriptPubKey[1] === 20) return 1;
  const bare = isWitnessProgram(scriptPubKey);
  if (bare !== null) return programSigOps(bare, input);
  if (!isPayToScriptHash(scriptPubKey) || !isPushOnly(input.scriptSig)) return 0;
  const redeemScript = lastPush(input.scriptSig);
  const nested = redeemScript === null ? null : isWitnessProgram(redeemScript);
  return nested === null ? 0 : programSigOps(nested, input);
}

/** The witness is read only where it counts: for most inputs the program tells enough. */
function programSigOps({ version, program }: WitnessProgram, input: TxIn): number {
  if (version !== 0) return 0;
  if (program.length === 20) return 1;
  if (program.length !== 32) return 0;
  const script = input.witness.at(-1);
  return script === undefined ? 0 : countSigOps(script, true);
}

/**
 * BIP141's signature operation cost of a transaction.
 * @param spent the output that each input spends, in order; none for a coinbase.
 */
export function sigOpCost(tx: Transaction, spent: readonly TxOut[], flags: number): number {
  let cost = legacySigOps(tx) * WITNESS_SCALE_FACTOR;
  if (tx.isCoinbase) return cost;
  if (flags & ScriptFlag.P2SH) cost += p2shSigOps(tx, spent) * WITNESS_SCALE_FACTOR;
  if (flags & ScriptFlag.WITNESS)
    tx.inputs.forEach((input, i) => {
      cost += witnessSigOps(input, spent[i]!.scriptPubKey);
    });
  return cost;
}
