/** Tells how far a PSBT has come: who is next, what is missing, what it will cost (RPC analyzepsbt). */
import { STANDARD_FLAGS } from '../../core/script/flags.ts';
import { isUnspendable } from '../../core/script/script.ts';
import { sigOpCost } from '../../core/script/sigops.ts';
import { BYTES_PER_SIGOP } from '../../core/script/standard.ts';
import { isMoney } from '../../core/transaction/amount.ts';
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
  readonly missing: Missing | null;
}

export interface PsbtAnalysis {
  readonly inputs: readonly InputAnalysis[];
  readonly next: PsbtRole;
  /** Satoshis, if all amounts are known. */
  readonly fee: bigint | null;
  /** Virtual bytes of the finished transaction, if all but signatures is known. */
  readonly virtualSize: number | null;
  /** What makes it no valid PSBT at all. */
  readonly error: string | null;
}

const invalid = (error: string): PsbtAnalysis => ({
  inputs: [],
  next: 'creator',
  fee: null,
  virtualSize: null,
  error: `PSBT is not valid. ${error}`,
});

export function analyze(given: Psbt): PsbtAnalysis {
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
    if (isSignedAndVerified(psbt, index, context)) {
      inputs.push({ hasUtxo, isFinal: true, next: 'extractor', missing: null });
      continue;
    }
    const { result, missing } = signInput(psbt, index, nobody, context, { finalize: true });
    const onlySignatures =
      missing.publicKeys.length === 0 &&
      missing.redeemScript === null &&
      missing.witnessScript === null &&
      missing.signatures.length > 0;
    const next = result === 'ok' ? 'finalizer' : onlySignatures ? 'signer' : 'updater';
    inputs.push({ hasUtxo, isFinal: false, next, missing: result === 'ok' ? null : missing });
  }
  const next = ROLES.find((role) => role === 'extractor' || inputs.some((input) => input.next === role))!;
  if (paidIn === null) return { inputs, next, fee: null, virtualSize: null, error: null };
  const paidOut = sumOutputs(psbt);
  if (paidOut === null) return invalid('Output amount invalid');
  return { inputs, next, fee: paidIn - paidOut, virtualSize: estimateSize(psbt), error: null };
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
function estimateSize(psbt: Psbt): number | null {
  const provider = new SigningProvider();
  const blank = psbt.clone();
  for (const index of blank.inputs.keys())
    if (signInput(blank, index, provider, null, { finalize: true }).result !== 'ok') return null;
  const transaction = extract(blank);
  const spent = psbt.inputs.map((_, index) => psbt.utxo(index)!);
  const sigOps = sigOpCost(transaction, spent, STANDARD_FLAGS);
  return Math.ceil(Math.max(transaction.weight, sigOps * BYTES_PER_SIGOP) / 4);
}
