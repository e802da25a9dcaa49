/** Signs the inputs of a plain transaction, keeping the signatures it has. */
import { toHex } from '../../core/encoding/bytes.ts';
import { hash160 } from '../../core/encoding/hashes.ts';
import { type ScriptError, scriptErrorMessage } from '../../core/script/errors.ts';
import { STANDARD_FLAGS } from '../../core/script/flags.ts';
import type { SigVersion } from '../../core/script/machine.ts';
import { nobleEngine } from '../../core/script/noble-engine.ts';
import { scriptOperations } from '../../core/script/script.ts';
import { SighashContext } from '../../core/script/sighash.ts';
import { SIGHASH } from '../../core/script/sighash-type.ts';
import { TransactionChecker } from '../../core/script/signature-checker.ts';
import { solve } from '../../core/script/templates.ts';
import { verifyScript } from '../../core/script/verify.ts';
import { Transaction, type TxIn, type TxOut } from '../../core/transaction/transaction.ts';
import { produceSignature } from './produce.ts';
import type { SigningProvider } from './provider.ts';
import { TransactionSigner } from './signature-creator.ts';
import { SpendData } from './spend-data.ts';

export interface SignedTransaction {
  readonly tx: Transaction;
  /** By input: why it cannot be spent yet, in Core's words. */
  readonly errors: ReadonlyMap<number, string>;
}

/**
 * @param spent the outputs spent, null where one is not known
 * @param hashType null takes that of the kind of output
 * @param rest awaited after each input
 */
export async function signTransaction(
  tx: Transaction,
  spent: readonly (TxOut | null)[],
  provider: SigningProvider,
  hashType: number | null,
  rest: () => Promise<void> | undefined = () => undefined,
): Promise<SignedTransaction> {
  const known = spent.filter((output) => output !== null);
  const context = new SighashContext(tx, known.length === spent.length ? known : null);
  const errors = new Map<number, string>();
  const sign = (input: TxIn, index: number): TxIn => {
    const output = spent[index] ?? null;
    if (output === null) {
      errors.set(index, 'Input not found or already spent');
      return input;
    }
    const taproot = solve(output.scriptPubKey).type === 'witness_v1_taproot';
    const type = hashType ?? (taproot ? SIGHASH.DEFAULT : SIGHASH.ALL);
    const checker = new TransactionChecker(context, index, output, nobleEngine);
    const verify = (scriptSig: Uint8Array, witness: readonly Uint8Array[]): ScriptError | null =>
      taproot && context.spent === null
        ? 'SCHNORR_SIG'
        : verifyScript(scriptSig, output.scriptPubKey, witness, STANDARD_FLAGS, checker);
    const isSigned = input.scriptSig.length > 0 || input.witness.length > 0;
    if (isSigned && verify(input.scriptSig, input.witness) === null) return input;
    const data = readSignatures(input, output, checker);
    // SIGHASH_SINGLE without an output of the same place would sign the number one.
    if ((type & ~SIGHASH.ANYONECANPAY) !== SIGHASH.SINGLE || index < tx.outputs.length)
      produceSignature(
        output.scriptPubKey,
        data,
        provider,
        new TransactionSigner(provider, context, index, output, type),
      );
    // What is complete was tried when it was made.
    const error = data.complete ? null : verify(data.scriptSig, data.witness);
    if (error !== null) errors.set(index, describeError(error));
    return { ...input, scriptSig: data.scriptSig, witness: data.witness };
  };
  const inputs: TxIn[] = [];
  for (const [index, input] of tx.inputs.entries()) {
    inputs.push(sign(input, index));
    await rest();
  }
  return {
    tx: Transaction.from({ ...tx, version: tx.version, lockTime: tx.lockTime, outputs: tx.outputs, inputs }),
    errors,
  };
}

function describeError(error: ScriptError): string {
  if (error === 'INVALID_STACK_OPERATION')
    return 'Unable to sign input, invalid stack size (possibly missing key)';
  if (error === 'SIG_NULLFAIL')
    return 'CHECK(MULTI)SIG failing with non-zero signature (possibly need more signatures)';
  return scriptErrorMessage(error);
}

/** Scripts and multisig signatures that others left in an input. */
export function readSignatures(
  input: TxIn,
  output: TxOut,
  checker: TransactionChecker,
  data = new SpendData(),
): SpendData {
  let script = output.scriptPubKey;
  let stack = [...scriptOperations(input.scriptSig)]
    .map(({ data: pushed }) => pushed)
    .filter((item) => item !== null);
  let version: SigVersion = 'base';
  if (solve(script).type === 'scripthash' && stack.length > 0) {
    script = stack.pop()!;
    data.redeemScript = script;
  }
  if (solve(script).type === 'witness_v0_scripthash' && input.witness.length > 0) {
    stack = [...input.witness];
    script = stack.pop()!;
    data.witnessScript = script;
    version = 'witnessV0';
  }
  const { type, solutions } = solve(script);
  if (type !== 'multisig') return data;
  for (const signature of stack.filter((item) => item.length > 0)) {
    const publicKey = solutions.find((key) => checker.checkEcdsa(signature, key, script, version));
    if (publicKey !== undefined) data.signatures.set(toHex(hash160(publicKey)), { publicKey, signature });
  }
  return data;
}
