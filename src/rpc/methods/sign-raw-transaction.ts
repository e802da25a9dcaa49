/** signrawtransactionwithkey, and what it shares with the wallet's signing. */
import { toDisplayHex, toHex } from '../../core/encoding/bytes.ts';
import { sighashFromName } from '../../core/script/sighash-type.ts';
import { publicKeyOf } from '../../core/script/signing.ts';
import { formatCoins, MAX_MONEY } from '../../core/transaction/amount.ts';
import type { Transaction, TxOut } from '../../core/transaction/transaction.ts';
import { SigningProvider } from '../../wallet/signing/provider.ts';
import { type SignedTransaction, signTransaction } from '../../wallet/signing/sign-transaction.ts';
import { group, method, refuse, t } from '../kit.ts';
import { previousOutputs, spentOutputs } from '../previous-outputs.ts';
import { readPrivateKey, readTransaction } from '../texts.ts';

export const sighashtype = t.optional(
  t.string('ALL, NONE or SINGLE, each also with |ANYONECANPAY; or DEFAULT'),
  'DEFAULT for Taproot, ALL otherwise',
);

export const signed = t.object({
  hex: t.hex('With the signatures that could be made'),
  complete: t.boolean('All inputs are signed'),
  errors: t.optional(
    t.array(
      t.object({
        txid: t.hex('Of the output that is spent'),
        vout: t.integer(),
        witness: t.array(t.hex()),
        scriptSig: t.hex(),
        sequence: t.integer(),
        error: t.string(),
      }),
      'Inputs that are not',
    ),
  ),
});

/** The type that a name stands for; null for the default of each input. @throws RpcError -8 */
export function sighashFrom(name: string | undefined): number | null {
  if (name === undefined) return null;
  const type = sighashFromName(name);
  if (type === undefined) throw refuse.parameter(`'${name}' is not a valid sighash parameter.`);
  return type;
}

/** @throws RpcError -3 where a signature covers an amount that nobody told: it is worthless */
function requireAmounts(tx: Transaction, spent: readonly (TxOut | null)[]): void {
  for (const [i, output] of spent.entries()) {
    if (output?.value !== MAX_MONEY || tx.inputs[i]!.witness.length === 0) continue;
    const script = toHex(output.scriptPubKey).slice(0, 30);
    const text = `CTxOut(nValue=${formatCoins(MAX_MONEY)}, scriptPubKey=${script})`;
    throw refuse.type(`Missing amount for ${text}`);
  }
}

export function signedJson({ tx, errors }: SignedTransaction, spent: readonly (TxOut | null)[]) {
  requireAmounts(tx, spent);
  const failures = [...errors].map(([index, error]) => {
    const { prevout, scriptSig, witness, sequence } = tx.inputs[index]!;
    return {
      txid: toDisplayHex(prevout.txid),
      vout: prevout.vout,
      witness: witness.map(toHex),
      scriptSig: toHex(scriptSig),
      sequence,
      error,
    };
  });
  return {
    hex: toHex(tx.bytes),
    complete: errors.size === 0,
    errors: failures.length > 0 ? failures : undefined,
  };
}

export const signRawTransactionMethods = group('Rawtransactions', {
  signrawtransactionwithkey: method({
    help: 'Signs inputs of a transaction with these keys, and no others.',
    parameters: {
      hexstring: t.hex(),
      privkeys: t.array(t.string(), 'Keys in WIF'),
      prevtxs: previousOutputs,
      sighashtype,
    },
    result: signed,
    example: `HEX '["WIF"]'`,
    async handler({ hexstring, privkeys, prevtxs, sighashtype: sighash }, context) {
      const tx = readTransaction(hexstring);
      const provider = new SigningProvider();
      for (const text of privkeys) {
        const { secret, compressed } = readPrivateKey(text, context.parameters);
        provider.addKey(publicKeyOf(secret, compressed), null, secret);
      }
      const spent = await spentOutputs(tx, context, prevtxs, { provider, required: true });
      return signedJson(await signTransaction(tx, spent, provider, sighashFrom(sighash)), spent);
    },
  }),
});
