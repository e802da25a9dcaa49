/** Transactions and scripts in hex: making, decoding and combining them. */
import { EMPTY, toHex } from '../../core/encoding/bytes.ts';
import { hash160 } from '../../core/encoding/hashes.ts';
import { joinFields } from '../../core/encoding/json-writer.ts';
import type { NetworkParameters } from '../../core/parameters/network.ts';
import { encodeAddress } from '../../core/script/address.ts';
import { p2sh } from '../../core/script/templates.ts';
import { canWrap, segwitForm } from '../../core/script/wrapping.ts';
import { NO_WITNESS, Transaction } from '../../core/transaction/transaction.ts';
import { scriptFields } from '../../formats/script.ts';
import { transactionJson } from '../../formats/transaction.ts';
import { combineTransactions } from '../../wallet/signing/combine-transactions.ts';
import { SigningProvider } from '../../wallet/signing/provider.ts';
import { construction, constructTransaction } from '../construct-transaction.ts';
import { decodedTransaction, scriptPubKey } from '../formats/transaction.ts';
import { group, method, refuse, t } from '../kit.ts';
import { spentOutputs } from '../previous-outputs.ts';
import { iswitness, readTransaction, readUnsigned } from '../texts.ts';
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
});
