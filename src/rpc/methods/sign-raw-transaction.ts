/** signrawtransactionwithkey, and what it shares with the wallet's signing. */
import { fromDisplayHex, toDisplayHex, toHex } from '../../core/encoding/bytes.ts';
import { hash160, sha256 } from '../../core/encoding/hashes.ts';
import { isPayToScriptHash, isWitnessProgram } from '../../core/script/script.ts';
import { sighashFromName } from '../../core/script/sighash-type.ts';
import { publicKeyOf } from '../../core/script/signing.ts';
import { p2sh, p2wsh } from '../../core/script/templates.ts';
import { outPointText, type Transaction, type TxOut } from '../../core/transaction/transaction.ts';
import { SigningProvider } from '../../wallet/signing/provider.ts';
import { type SignedTransaction, signTransaction } from '../../wallet/signing/sign-transaction.ts';
import type { RpcContext } from '../context.ts';
import { ANY_FORM, decodeTransaction } from '../decode.ts';
import { RpcCode, RpcError } from '../errors.ts';
import type { JsonObject, JsonRead, JsonWritable } from '../json.ts';
import { defineMethod, type Method } from '../method.ts';
import { param } from '../parameter.ts';
import { readPrivateKey } from '../refusals.ts';
import { result } from '../result.ts';
import {
  amountFrom,
  bytesFrom,
  checkFields,
  hashTextFrom,
  integerFrom,
  objectFrom,
  stringFrom,
} from '../values.ts';

export const previousOutputsParameter = param.array(
  'prevtxs',
  'The previous dependent transaction outputs',
  [
    param.object(
      '',
      '',
      [
        param.hex('txid', 'The transaction id'),
        param.integer('vout', 'The output number'),
        param.hex('scriptPubKey', 'The output script'),
        param.hex('redeemScript', '(required for P2SH) redeem script', { optional: true }),
        param.hex('witnessScript', '(required for P2WSH or P2SH-P2WSH) witness script', { optional: true }),
        param.amount('amount', '(required for Segwit inputs) the amount spent', { optional: true }),
      ],
      { optional: true },
    ),
  ],
  { optional: true },
);

export const sighashParameter = param.string(
  'sighashtype',
  'The signature hash type. Must be one of\n' +
    '       "DEFAULT"\n       "ALL"\n       "NONE"\n       "SINGLE"\n       "ALL|ANYONECANPAY"\n       "NONE|ANYONECANPAY"\n       "SINGLE|ANYONECANPAY"',
  { default: 'DEFAULT for Taproot, ALL otherwise' },
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
  if (name === undefined || name.startsWith('DEFAULT for')) return null;
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

/** Outputs that the inputs spend: what the caller says over what chain and mempool know. */
export async function spentOutputs(
  tx: Transaction,
  given: ReadonlyMap<string, TxOut>,
  { chain, mempool }: RpcContext,
): Promise<(TxOut | null)[]> {
  const outpoints = tx.inputs.map(({ prevout }) => prevout);
  const confirmed = await chain.coins(outpoints);
  return outpoints.map((outpoint, i) => {
    const known = mempool.output(outpoint) ?? confirmed[i];
    return given.get(outPointText(outpoint)) ?? known?.output ?? null;
  });
}

/** Reads `prevtxs`; scripts that spend them go to the provider. @throws RpcError */
export function readPreviousOutputs(
  list: readonly JsonRead[] | undefined,
  provider: SigningProvider | null,
): Map<string, TxOut> {
  const outputs = new Map<string, TxOut>();
  for (const item of list ?? []) {
    const object = objectFrom(item);
    checkFields(object, { txid: 'string', vout: 'number', scriptPubKey: 'string' });
    const txid = fromDisplayHex(hashTextFrom(object.get('txid'), 'txid'));
    const vout = integerFrom(object.get('vout'));
    if (vout < 0) throw new RpcError(RpcCode.DESERIALIZATION_ERROR, 'vout cannot be negative');
    const scriptPubKey = bytesFrom(object.get('scriptPubKey'), 'scriptPubKey');
    const amount = object.get('amount');
    // Core takes the maximum for an unknown amount: a segwit signature over it is worthless.
    const value = amount === undefined ? 2_100_000_000_000_000n : amountFrom(amount);
    outputs.set(outPointText({ txid, vout }), { value, scriptPubKey });
    if (provider !== null) readScripts(object, scriptPubKey, provider);
  }
  return outputs;
}

function readScripts(object: JsonObject, scriptPubKey: Uint8Array, provider: SigningProvider): void {
  const isScriptHash = isPayToScriptHash(scriptPubKey);
  const isWitnessScriptHash = isWitnessProgram(scriptPubKey)?.program.length === 32 && scriptPubKey[0] === 0;
  if (!isScriptHash && !isWitnessScriptHash) return;
  checkFields(object, { txid: 'string', vout: 'number', scriptPubKey: 'string' });
  const read = (name: string): Uint8Array | null => {
    const value = object.get(name);
    return value === undefined || value === null ? null : bytesFrom(stringFrom(value), name);
  };
  const redeemScript = read('redeemScript');
  const witnessScript = read('witnessScript');
  const mismatch = (what: string): RpcError =>
    new RpcError(RpcCode.INVALID_PARAMETER, `${what} does not match scriptPubKey`);
  if (redeemScript === null && witnessScript === null)
    throw new RpcError(RpcCode.INVALID_PARAMETER, 'Missing redeemScript/witnessScript');
  const scripts = [redeemScript, witnessScript].filter((script) => script !== null);
  const wrapped = scripts.flatMap((script) => [script, p2wsh(sha256(script))]);
  const fits = wrapped.some(
    (script) => toHex(isScriptHash ? p2sh(hash160(script)) : script) === toHex(scriptPubKey),
  );
  if (!fits) throw mismatch(redeemScript === null ? 'witnessScript' : 'redeemScript');
  for (const script of wrapped) provider.addScript(script);
}

export function signedJson({ tx, errors }: SignedTransaction): JsonWritable {
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
    const given = readPreviousOutputs(previous, provider);
    const spent = await spentOutputs(tx, given, context);
    return signedJson(signTransaction(tx, spent, provider, sighashFrom(sighash)));
  },
});

export const signRawTransactionMethods: readonly Method[] = [signrawtransactionwithkey];
