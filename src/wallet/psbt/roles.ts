/** What one does with a PSBT (BIP174): update, sign, finalize, extract, combine. */

import { Reader } from '../../core/encoding/reader.ts';
import { STANDARD_FLAGS } from '../../core/script/flags.ts';
import { nobleEngine } from '../../core/script/noble-engine.ts';
import { isWitnessProgram } from '../../core/script/script.ts';
import { SighashContext } from '../../core/script/sighash.ts';
import { SIGHASH } from '../../core/script/sighash-type.ts';
import { TransactionChecker } from '../../core/script/signature-checker.ts';
import { solve } from '../../core/script/templates.ts';
import { verifyScript } from '../../core/script/verify.ts';
import { outPointText, readTxOut, Transaction, type TxOut } from '../../core/transaction/transaction.ts';
import type { Random } from '../../seams.ts';
import { shuffled } from '../shuffle.ts';
import { produceSignature } from '../signing/produce.ts';
import { SigningProvider } from '../signing/provider.ts';
import { blankSigner, TransactionSigner } from '../signing/signature-creator.ts';
import { type Missing, SpendData } from '../signing/spend-data.ts';
import { WalletError } from '../wallet-error.ts';
import { Psbt } from './psbt.ts';
import { GLOBAL, INPUT } from './psbt-fields.ts';
import { decodeUint32, decodeWitness, encodeOutput, encodeUint32, orEmpty } from './psbt-values.ts';
import { readSpendData, writeOutputData, writeSpendData } from './spend-fields.ts';

type SignResult = 'ok' | 'incomplete' | 'missing inputs' | 'sighash mismatch' | 'invalid transaction';

interface SignOptions {
  /** Sighash type; without it that of the kind of output. */
  readonly sighashType?: number | undefined;
  /** Put complete inputs in their final form. */
  readonly finalize: boolean;
  /** With signatures that are none, to measure. */
  readonly blank?: boolean;
}

interface SignReport {
  readonly result: SignResult;
  readonly missing: Missing;
}

/** Of the transaction that the PSBT stands for; null without one. All spent outputs, if all are known. */
export function sighashContext(psbt: Psbt): SighashContext | null {
  const unsigned = psbt.unsignedTransaction();
  if (unsigned === null) return null;
  const spent = psbt.inputs.map((_, index) => psbt.utxo(index));
  const known = spent.filter((output) => output !== null);
  return new SighashContext(Transaction.from(unsigned), known.length === spent.length ? known : null);
}

/** Is the input final, and does it spend what it says? Where not all outputs are known no taproot signature can be checked. */
export function isSignedAndVerified(psbt: Psbt, index: number, context: SighashContext): boolean {
  const input = psbt.inputs[index]!;
  const utxo = psbt.utxo(index);
  if (utxo === null || (context.spent === null && isTaproot(utxo))) return false;
  const scriptSig = orEmpty(input.get(INPUT.FINAL_SCRIPTSIG));
  const witness = decodeWitness(input.get(INPUT.FINAL_WITNESS));
  const checker = new TransactionChecker(context, index, utxo, nobleEngine);
  return verifyScript(scriptSig, utxo.scriptPubKey, witness, STANDARD_FLAGS, checker) === null;
}

const isTaproot = (output: TxOut): boolean => solve(output.scriptPubKey).type === 'witness_v1_taproot';

/** All signatures that are there must have been made with this type. */
function fitsSignatures(data: SpendData, type: number): boolean {
  const schnorr = [...data.tapLeafSignatures.values()].map(({ signature }) => signature);
  if (data.tapKeySignature.length > 0) schnorr.push(data.tapKeySignature);
  if (type === SIGHASH.DEFAULT) return schnorr.every((signature) => signature.length === 64);
  const ecdsa = [...data.signatures.values()].map(({ signature }) => signature);
  return (
    schnorr.every((signature) => signature.length === 65) &&
    [...schnorr, ...ecdsa].every((signature) => signature.at(-1) === type)
  );
}

const NOTHING_MISSING: Missing = { publicKeys: [], signatures: [], redeemScript: null, witnessScript: null };

/**
 * Signs one input as far as the provider can.
 * @param context of the PSBT, null where it stands for no transaction
 */
export function signInput(
  psbt: Psbt,
  index: number,
  provider: SigningProvider,
  context: SighashContext | null,
  options: SignOptions,
): SignReport {
  const input = psbt.inputs[index]!;
  const report = (result: SignResult, missing = NOTHING_MISSING): SignReport => ({ result, missing });
  if (context === null) return report('invalid transaction');
  if (isSignedAndVerified(psbt, index, context)) return report('ok');
  const data = readSpendData(input);
  const utxo = psbt.utxo(index);
  if (utxo === null) return report('missing inputs');
  const taproot = isTaproot(utxo);
  const type = options.sighashType ?? (taproot ? SIGHASH.DEFAULT : SIGHASH.ALL);
  const asked = input.get(INPUT.SIGHASH);
  if (asked !== undefined && decodeUint32(asked) !== type) return report('sighash mismatch');
  if (type !== SIGHASH.DEFAULT && (taproot || type !== SIGHASH.ALL))
    input.set(INPUT.SIGHASH, encodeUint32(type));
  if (!fitsSignatures(data, type)) return report('sighash mismatch');

  const creator = options.blank ? blankSigner : new TransactionSigner(provider, context, index, utxo, type);
  const complete = produceSignature(utxo.scriptPubKey, data, provider, creator);
  // A witness UTXO is not proved to be the one that is spent; only a witness signature commits to it.
  if (!input.has(INPUT.NON_WITNESS_UTXO) && !data.usesWitness) return report('incomplete');
  if (!options.finalize) data.complete = false;
  writeSpendData(input, data);
  if (data.usesWitness) input.set(INPUT.WITNESS_UTXO, encodeOutput(utxo));
  return report(complete ? 'ok' : 'incomplete', data.missing);
}

/** Tells what an output is made of, as far as the provider knows. */
export function updateOutput(psbt: Psbt, index: number, provider: SigningProvider): void {
  const data = new SpendData();
  const { scriptPubKey } = psbt.outputAt(index);
  produceSignature(scriptPubKey, data, provider, blankSigner);
  writeOutputData(psbt.outputs[index]!, data);
}

/** Previous transactions need not be carried where all inputs are taproot, whose signatures commit to amounts. */
export function dropNeedlessTransactions(psbt: Psbt): void {
  const needless = psbt.inputs.every((input) => {
    const output = input.get(INPUT.WITNESS_UTXO);
    const program =
      output === undefined ? null : isWitnessProgram(readTxOut(new Reader(output)).scriptPubKey);
    const type = input.get(INPUT.SIGHASH);
    const anyoneCanPay = type !== undefined && (decodeUint32(type) & SIGHASH.ANYONECANPAY) !== 0;
    return program !== null && program.version > 0 && !anyoneCanPay;
  });
  if (needless) for (const input of psbt.inputs) input.delete(INPUT.NON_WITNESS_UTXO);
}

/** Puts every input that has all it needs into its final form. True if that is all of them. */
export function finalize(psbt: Psbt): boolean {
  const context = sighashContext(psbt);
  if (context === null) return false;
  const nobody = new SigningProvider();
  let complete = true;
  for (const [index, input] of psbt.inputs.entries()) {
    const type = input.get(INPUT.SIGHASH);
    const sighashType = type === undefined ? undefined : decodeUint32(type);
    if (signInput(psbt, index, nobody, context, { sighashType, finalize: true }).result !== 'ok')
      complete = false;
  }
  return complete;
}

/** The transaction with its scripts and witnesses; of a PSBT whose lock times agree. */
export function extract(psbt: Psbt): Transaction {
  const unsigned = psbt.unsignedTransaction()!;
  const inputs = unsigned.inputs.map((input, index) => ({
    ...input,
    scriptSig: orEmpty(psbt.inputs[index]!.get(INPUT.FINAL_SCRIPTSIG)),
    witness: decodeWitness(psbt.inputs[index]!.get(INPUT.FINAL_WITNESS)),
  }));
  return Transaction.from({ ...unsigned, inputs });
}

/** One PSBT with what all of them know; null if they are about different transactions. */
export function combine(psbts: readonly Psbt[]): Psbt | null {
  const [first, ...others] = psbts;
  const combined = first!.clone();
  return others.every((other) => combined.merge(other)) ? combined : null;
}

/**
 * One PSBT with the inputs and outputs of all, in an order by which nobody can tell who brought what. Signatures are
 * left out: they are about other transactions. @throws WalletError where they do not go together
 */
export function join(psbts: readonly Psbt[], random: Random): Psbt {
  if (psbts.some(({ version }) => version !== 0))
    throw new WalletError('joinpsbts only operates on version 0 PSBTs', 'parameter');
  const seen = new Set<string>();
  const inputs = psbts.flatMap((psbt) =>
    psbt.inputs.map((given, index) => {
      const id = outPointText(psbt.outpoint(index));
      if (seen.has(id)) throw new WalletError(`Input ${id} exists in multiple PSBTs`, 'parameter');
      seen.add(id);
      const input = given.clone();
      for (const type of [INPUT.PARTIAL_SIG, INPUT.FINAL_SCRIPTSIG, INPUT.FINAL_WITNESS]) input.delete(type);
      return input;
    }),
  );
  const outputs = psbts.flatMap((psbt) => psbt.outputs.map((map) => map.clone()));
  const global = psbts[0]!.global.clone();
  for (const other of psbts) global.merge(other.global);
  const lockTimes = psbts.map((psbt) => psbt.global.get(GLOBAL.FALLBACK_LOCKTIME) ?? encodeUint32(0));
  global.set(GLOBAL.TX_VERSION, encodeUint32(Math.max(...psbts.map((psbt) => psbt.transactionVersion))));
  global.set(GLOBAL.FALLBACK_LOCKTIME, encodeUint32(Math.min(...lockTimes.map(decodeUint32))));
  return new Psbt(0, global, shuffled(inputs, random), shuffled(outputs, random));
}
