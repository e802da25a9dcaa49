/** Tells how far a PSBT has come: who is next, what is missing, what it will cost (RPC analyzepsbt). */
import { STANDARD_FLAGS } from '../../core/script/flags.ts';
import { isUnspendable } from '../../core/script/script.ts';
import { SighashContext } from '../../core/script/sighash.ts';
import { sigOpCost } from '../../core/script/sigops.ts';
import { isMoney } from '../../core/transaction/amount.ts';
import { Transaction } from '../../core/transaction/transaction.ts';
import { SigningProvider } from '../signing/provider.ts';
import type { Missing } from '../signing/spend-data.ts';
import type { Psbt } from './psbt.ts';
import { extract, isSignedAndVerified, sighashContext, signInput } from './roles.ts';

/** In the order of a PSBT's life. */
const ROLES = ['creator', 'updater', 'signer', 'finalizer', 'extractor'] as const;
type PsbtRole = (typeof ROLES)[number];

interface InputAnalysis {
  readonly hasUtxo: boolean;
  readonly isFinal: boolean;
  readonly next: PsbtRole;
  readonly missing: Missing | undefined;
}

export interface PsbtAnalysis {
  /** Undefined where there are none. */
  readonly inputs: readonly InputAnalysis[] | undefined;
  readonly next: PsbtRole;
  /** Satoshis, if all amounts are known. */
  readonly fee: bigint | undefined;
  /** Virtual bytes of the finished transaction, if all but signatures is known. */
  readonly virtualSize: number | undefined;
  /** What makes it no valid PSBT at all. */
  readonly error: string | undefined;
}

const invalid = (error: string): PsbtAnalysis => ({
  inputs: undefined,
  next: 'creator',
  fee: undefined,
  virtualSize: undefined,
  error: `PSBT is not valid. ${error}`,
});

/** @param bytesPerSigOp as the mempool reckons sizes */
export function analyze(given: Psbt, bytesPerSigOp: number): PsbtAnalysis {
  // Inputs that can be finalized are, before the size is estimated: as in Core, whose estimate they may prevent.
  const psbt = given.clone();
  const context = sighashContext(psbt);
  const nobody = new SigningProvider();
  const inputs: InputAnalysis[] = [];
  let paidIn: bigint | null = 0n;
  for (const index of psbt.inputs.keys()) {
    const utxo = psbt.utxo(index);
    if (utxo === null) paidIn = null;
    else {
      if (!isMoney(utxo.value) || (paidIn !== null && !isMoney(paidIn + utxo.value)))
        return invalid(`Input ${index} has invalid value`);
      if (paidIn !== null) paidIn += utxo.value;
      if (isUnspendable(utxo.scriptPubKey)) return invalid(`Input ${index} spends unspendable output`);
    }
    const hasUtxo = utxo !== null;
    if (context !== null && isSignedAndVerified(psbt, index, context)) {
      inputs.push({ hasUtxo, isFinal: true, next: 'extractor', missing: undefined });
      continue;
    }
    const { result, missing } = signInput(psbt, index, nobody, context, { finalize: true });
    const onlySignatures =
      missing.publicKeys.length === 0 &&
      missing.redeemScript === null &&
      missing.witnessScript === null &&
      missing.signatures.length > 0;
    const next = result === 'ok' ? 'finalizer' : onlySignatures ? 'signer' : 'updater';
    inputs.push({ hasUtxo, isFinal: false, next, missing: result === 'ok' ? undefined : missing });
  }
  const next = ROLES.find((role) => role === 'extractor' || inputs.some((input) => input.next === role))!;
  const known = { inputs: inputs.length > 0 ? inputs : undefined, next, error: undefined };
  if (paidIn === null) return { ...known, fee: undefined, virtualSize: undefined };
  const paidOut = sumOutputs(psbt);
  if (paidOut === null) return invalid('Output amount invalid');
  return { ...known, fee: paidIn - paidOut, virtualSize: estimateSize(psbt, bytesPerSigOp) };
}

function sumOutputs(psbt: Psbt): bigint | null {
  let sum = 0n;
  for (const index of psbt.outputs.keys()) {
    const { value } = psbt.outputAt(index);
    if (!isMoney(value) || !isMoney(sum + value)) return null;
    sum += value;
  }
  return sum;
}

/** Size with signatures that are not there yet, if nothing but signatures is missing. */
function estimateSize(psbt: Psbt, bytesPerSigOp: number): number | undefined {
  // As in Core no outputs are at hand here: an input of taproot that is final is none that could be measured.
  const unsigned = psbt.unsignedTransaction();
  const context = unsigned && new SighashContext(Transaction.from(unsigned), null);
  const provider = new SigningProvider();
  const blank = psbt.clone();
  for (const index of blank.inputs.keys())
    if (signInput(blank, index, provider, context, { finalize: true, blank: true }).result !== 'ok')
      return undefined;
  const transaction = extract(blank);
  const spent = psbt.inputs.map((_, index) => psbt.utxo(index)!);
  const sigOps = sigOpCost(transaction, spent, STANDARD_FLAGS);
  return Math.ceil(Math.max(transaction.weight, sigOps * bytesPerSigOp) / 4);
}
