/** Transactions and scripts in hex: making, decoding, combining and signing them. */
import { EMPTY, toDisplayHex, toHex } from '../../core/encoding/bytes.ts';
import { hash160 } from '../../core/encoding/hashes.ts';
import { joinFields } from '../../core/encoding/json-writer.ts';
import type { NetworkParameters } from '../../core/parameters/network.ts';
import { encodeAddress } from '../../core/script/address.ts';
import { sighashFromName } from '../../core/script/sighash-type.ts';
import { publicKeyOf } from '../../core/script/signing.ts';
import { p2sh } from '../../core/script/templates.ts';
import { canWrap, segwitForm } from '../../core/script/wrapping.ts';
import { formatCoins, MAX_MONEY } from '../../core/transaction/amount.ts';
import { NO_WITNESS, Transaction, type TxIn, type TxOut } from '../../core/transaction/transaction.ts';
import { scriptFields } from '../../formats/script.ts';
import { transactionJson } from '../../formats/transaction.ts';
import { combineTransactions } from '../../wallet/signing/combine-transactions.ts';
import { SigningProvider } from '../../wallet/signing/provider.ts';
import { type SignedTransaction, signTransaction } from '../../wallet/signing/sign-transaction.ts';
import { construction, constructTransaction } from '../construct-transaction.ts';
import { decodedTransaction, scriptPubKey } from '../formats/transaction.ts';
import { group, method, refuse, t } from '../kit.ts';
import { LIMITS } from '../limits.ts';
import { previousOutputs, spentOutputs } from '../previous-outputs.ts';
import { iswitness, readPrivateKey, readTransaction, readUnsigned } from '../texts.ts';
import { bytesFrom } from '../values.ts';

const p2shAddress = (script: Uint8Array, parameters: NetworkParameters): string =>
  encodeAddress(p2sh(hash160(script)), parameters)!;

const { hex: _, ...withoutHex } = scriptPubKey;

/** What it does, whoever has signed. */
const unsignedId = (tx: Transaction): string =>
  Transaction.from({
    ...{ version: tx.version, outputs: tx.outputs, lockTime: tx.lockTime },
    inputs: tx.inputs.map((input) => ({ ...input, scriptSig: EMPTY, witness: NO_WITNESS })),
  }).txid;

export const sighashtype = t.optional(
  t.string('ALL, NONE or SINGLE, each also with |ANYONECANPAY; or DEFAULT'),
  'DEFAULT for Taproot, ALL otherwise',
);

/** What keeps an input from being signed. */
const failure = t.view<[input: TxIn, error: string]>()({
  txid: [t.hex('Of the output that is spent'), ({ prevout }) => toDisplayHex(prevout.txid)],
  vout: [t.integer(), ({ prevout }) => prevout.vout],
  witness: [t.array(t.hex()), ({ witness }) => witness.map(toHex)],
  scriptSig: [t.hex(), ({ scriptSig }) => toHex(scriptSig)],
  sequence: [t.integer(), ({ sequence }) => sequence],
  error: [t.string(), (_, error) => error],
});

export const signed = t.object({
  hex: t.hex('With the signatures that could be made'),
  complete: t.boolean('All inputs are signed'),
  errors: t.optional(t.array(failure, 'Inputs that are not')),
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
  const failures = [...errors].map(([index, error]) => failure.of(tx.inputs[index]!, error));
  return {
    hex: toHex(tx.bytes),
    complete: errors.size === 0,
    errors: failures.length > 0 ? failures : undefined,
  };
}

export const rawTransactionMethods = group('Rawtransactions', {
  createrawtransaction: method({
    help: 'A transaction that spends and pays what is listed, without signatures. Nobody learns of it.',
    parameters: construction,
    result: t.hex(),
    example: `'[{"txid":"TXID","vout":0}]' '[{"ADDRESS":0.01}]'`,
    handler: (wanted, { parameters }) => toHex(constructTransaction(wanted, parameters).bytes),
  }),

  decoderawtransaction: method({
    help: 'A transaction in words.',
    parameters: {
      hexstring: t.hex(),
      iswitness,
    },
    result: t.written(t.object(decodedTransaction)),
    handler: ({ hexstring, iswitness: witness }, { parameters }) =>
      transactionJson(readUnsigned(hexstring, witness), parameters),
  }),

  combinerawtransaction: method({
    help: 'One transaction with the signatures of several copies.',
    parameters: { txs: t.array(t.hex()) },
    result: t.hex(),
    example: `'["HEX", "HEX"]'`,
    async handler({ txs }, context) {
      if (txs.length < 2) throw refuse.text('Missing transactions. At least two transactions required.');
      const copies = txs.map((text, i) => readTransaction(text, `TX decode failed for tx ${i}.`));
      const other = copies.findIndex((tx) => unsignedId(tx) !== unsignedId(copies[0]!));
      if (other > 0)
        throw refuse.parameter(`Transaction number ${other + 1} not compatible with first transaction`);
      const spent = await spentOutputs(copies[0]!, context);
      if (!spent.every((output) => output !== null)) throw refuse.verify('Input not found or already spent');
      return toHex(combineTransactions(copies, spent).bytes);
    },
  }),

  decodescript: method({
    help: 'What a script is, and the addresses of outputs that would pay to it.',
    parameters: { hexstring: t.hex() },
    result: t.written(
      t.object({
        ...withoutHex,
        p2sh: t.optional(t.string('Address of it inside P2SH, where that makes sense')),
        segwit: t.optional(
          t.object(
            { ...scriptPubKey, 'p2sh-segwit': t.string('Address of this inside P2SH') },
            'It as a witness output, where that makes sense',
          ),
        ),
      }),
    ),
    example: '76a914000000000000000000000000000000000000000088ac',
    handler({ hexstring }, { parameters }) {
      const script = hexstring === '' ? EMPTY : bytesFrom(hexstring, 'argument');
      const decoded = scriptFields(script, parameters, { hex: false });
      if (!canWrap(script)) return joinFields(decoded);
      const p2sh = p2shAddress(script, parameters);
      const output = segwitForm(script);
      if (output === null) return joinFields(decoded, { p2sh });
      const provider = new SigningProvider();
      provider.addScript(script);
      const segwit = joinFields(scriptFields(output, parameters, { provider }), {
        'p2sh-segwit': p2shAddress(output, parameters),
      });
      return joinFields(decoded, { p2sh, segwit });
    },
  }),

  signrawtransactionwithkey: method({
    help: 'Signs inputs of a transaction with these keys, and no others.',
    parameters: {
      hexstring: t.hex(),
      privkeys: t.array(t.string(), 'Keys in WIF', LIMITS.inputs),
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
