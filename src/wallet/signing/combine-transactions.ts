/** Puts the signatures of several copies of one transaction together (Core's combinerawtransaction). */
import { STANDARD_FLAGS } from '../../core/script/flags.ts';
import { nobleEngine } from '../../core/script/noble-engine.ts';
import { SighashContext } from '../../core/script/sighash.ts';
import { SIGHASH } from '../../core/script/sighash-type.ts';
import { TransactionChecker } from '../../core/script/signature-checker.ts';
import { verifyScript } from '../../core/script/verify.ts';
import { Transaction, type TxIn, type TxOut } from '../../core/transaction/transaction.ts';
import { produceSignature } from './produce.ts';
import { SigningProvider } from './provider.ts';
import { readSignatures } from './sign-transaction.ts';
import { TransactionSigner } from './signature-creator.ts';
import { SpendData } from './spend-data.ts';

/** @param spent what the first copy's inputs spend, in order */
export function combineTransactions(copies: readonly Transaction[], spent: readonly TxOut[]): Transaction {
  const first = copies[0]!;
  const context = new SighashContext(first, spent);
  // Nothing is signed here: whoever could sign has done so.
  const nobody = new SigningProvider();
  const inputs = first.inputs.map((input, index): TxIn => {
    const output = spent[index]!;
    const checker = new TransactionChecker(context, index, output, nobleEngine);
    const candidates = copies.map((copy) => copy.inputs[index]).filter((other) => other !== undefined);
    const done = candidates.find(
      ({ scriptSig, witness }) =>
        verifyScript(scriptSig, output.scriptPubKey, witness, STANDARD_FLAGS, checker) === null,
    );
    if (done !== undefined) return { ...input, scriptSig: done.scriptSig, witness: done.witness };
    const data = new SpendData();
    for (const candidate of candidates) readSignatures(candidate, output, checker, data);
    const signer = new TransactionSigner(nobody, context, index, output, SIGHASH.ALL);
    produceSignature(output.scriptPubKey, data, nobody, signer);
    return { ...input, scriptSig: data.scriptSig, witness: data.witness };
  });
  const { version, outputs, lockTime } = first;
  return Transaction.from({ version, inputs, outputs, lockTime });
}
