/** signrawtransactionwithkey, and what it shares with the wallet's signing. */
import { toDisplayHex, toHex } from '../../core/encoding/bytes.ts';
import { sighashFromName } from '../../core/script/sighash-type.ts';
import { publicKeyOf } from '../../core/script/signing.ts';
import { COIN, MAX_MONEY } from '../../core/transaction/amount.ts';
import type { Transaction, TxOut } from '../../core/transaction/transaction.ts';
import { SigningProvider } from '../../wallet/signing/provider.ts';
import { type SignedTransaction, signTransaction } from '../../wallet/signing/sign-transaction.ts';
import { ANY_FORM, decodeTransaction } from '../decode.ts';
import { RpcCode, RpcError } from '../errors.ts';
import type { JsonWritable } from '../json.ts';
import { defineMethod, type Method } from '../method.ts';
import { param } from '../parameter.ts';
import { previousOutputsParameter, spentOutputs } from '../previous-outputs.ts';
import { readPrivateKey } from '../refusals.ts';
import { result } from '../result.ts';
import { stringFrom } from '../values.ts';

export const sighashParameter = param.string(
  'sighashtype',
  'The signature hash type. Must be one of\n' +
    '       "DEFAULT"\n       "ALL"\n       "NONE"\n       "SINGLE"\n       "ALL|ANYONECANPAY"\n       "NONE|ANYONECANPAY"\n       "SINGLE|ANYONECANPAY"',
  { hint: 'DEFAULT for Taproot, ALL otherwise' },
);

export const signedResult = [
  result.object('', '', [
    result.hex('hex', 'The hex-encoded raw transaction with signature(s)'),
    result.boolean('complete', 'If the transaction has a complete set of signatures'),
    result.array(
      'errors',
      'Script verification errors (if there are any)',
      [
        result.object('', '', [
          result.hex('txid', 'The hash of the referenced, previous transaction'),
          result.number('vout', 'The index of the output to spent and used as input'),
          result.array('witness', '', [result.hex('witness', '')]),
          result.hex('scriptSig', 'The hex-encoded signature script'),
          result.number('sequence', 'Script sequence number'),
          result.string('error', 'Verification or signing error related to the input'),
        ]),
      ],
      { optional: true },
    ),
  ]),
];

/** The type that a name stands for; null for the default of each input. @throws RpcError -8 */
export function sighashFrom(name: string | undefined): number | null {
  if (name === undefined) return null;
  const type = sighashFromName(name);
  if (type === undefined)
    throw new RpcError(RpcCode.INVALID_PARAMETER, `'${name}' is not a valid sighash parameter.`);
  return type;
}

export function transactionFrom(hex: string): Transaction {
  const tx = decodeTransaction(hex, ANY_FORM);
  if (tx === null)
    throw new RpcError(
      RpcCode.DESERIALIZATION_ERROR,
      'TX decode failed. Make sure the tx has at least one input.',
    );
  return tx;
}

/** @throws RpcError -3 where a signature covers an amount that nobody told: it is worthless */
function requireAmounts(tx: Transaction, spent: readonly (TxOut | null)[]): void {
  for (const [i, output] of spent.entries()) {
    if (output?.value !== MAX_MONEY || tx.inputs[i]!.witness.length === 0) continue;
    const script = toHex(output.scriptPubKey).slice(0, 30);
    const text = `CTxOut(nValue=${MAX_MONEY / COIN}.00000000, scriptPubKey=${script})`;
    throw new RpcError(RpcCode.TYPE_ERROR, `Missing amount for ${text}`);
  }
}

export function signedJson(
  { tx, errors }: SignedTransaction,
  spent: readonly (TxOut | null)[],
): JsonWritable {
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

const signrawtransactionwithkey = defineMethod({
  name: 'signrawtransactionwithkey',
  category: 'Rawtransactions',
  description:
    'Sign inputs for raw transaction (serialized, hex-encoded).\n' +
    'The second argument is an array of base58-encoded private\n' +
    'keys that will be the only keys used to sign the transaction.\n' +
    'The third optional argument (may be null) is an array of previous transaction outputs that\n' +
    'this transaction depends on but may not yet be in the block chain.',
  parameters: [
    param.hex('hexstring', 'The transaction hex string'),
    param.array('privkeys', 'The base58-encoded private keys for signing', [
      param.string('privatekey', 'private key in base58-encoding'),
    ]),
    previousOutputsParameter,
    sighashParameter,
  ],
  results: signedResult,
  examples: ['"myhex" "[\\"key1\\",\\"key2\\"]"'],
  async handler([hex, keys, previous, sighash], context) {
    const tx = transactionFrom(hex);
    const provider = new SigningProvider();
    for (const text of keys) {
      const { secret, compressed } = readPrivateKey(stringFrom(text), context.parameters);
      provider.addKey(publicKeyOf(secret, compressed), null, secret);
    }
    const spent = await spentOutputs(tx, context, previous, { provider, required: true });
    return signedJson(signTransaction(tx, spent, provider, sighashFrom(sighash)), spent);
  },
});

export const signRawTransactionMethods: readonly Method[] = [signrawtransactionwithkey];
