/** Transactions in hex: making, decoding and combining them. */
import { toHex } from '../../core/encoding/bytes.ts';
import { combineTransactions } from '../../wallet/signing/combine-transactions.ts';
import { constructTransaction, inputsParameter, outputsParameter } from '../construct-transaction.ts';
import { ANY_FORM, decodeTransaction } from '../decode.ts';
import { RpcCode, RpcError } from '../errors.ts';
import { decodedTransaction, transactionJson } from '../formats/transaction.ts';
import { defineMethod, group, type Method, method } from '../method.ts';
import { param } from '../parameter.ts';
import { spentOutputs } from '../previous-outputs.ts';
import { result } from '../result.ts';
import { array, boolean, hex, object, optional, written } from '../schema.ts';

const createrawtransaction = defineMethod({
  name: 'createrawtransaction',
  category: 'Rawtransactions',
  description:
    'Create a transaction spending the given inputs and creating new outputs.\n' +
    'Outputs can be addresses or data.\n' +
    'Returns hex-encoded raw transaction.\n' +
    "Note that the transaction's inputs are not signed, and\n" +
    'it is not stored in the wallet or transmitted to the network.',
  parameters: [
    inputsParameter,
    outputsParameter,
    param.long('locktime', 'Raw locktime. Non-0 value also locktime-activates inputs', { default: 0 }),
    param.boolean(
      'replaceable',
      'Marks this transaction as BIP125-replaceable.\nAllows this transaction to be replaced by a transaction with higher fees. If provided, it is an error if explicit sequence numbers are incompatible.',
      { hint: 'true' },
    ),
    param.uint32('version', 'Transaction version', { default: 2 }),
  ],
  results: [result.hex('', 'hex string of the transaction')],
  examples: [
    '\'[{"txid":"myid","vout":0}]\' \'[{"address":0.01}]\'',
    '\'[{"txid":"myid","vout":0}]\' \'[{"data":"00010203"}]\'',
  ],
  handler([inputs, outputs, lockTime, replaceable, version], { parameters }) {
    const wanted = { inputs, outputs, lockTime, replaceable, version };
    return toHex(constructTransaction(wanted, parameters).bytes);
  },
});

export const createRawTransactionMethods: readonly Method[] = [createrawtransaction];

export const rawTransactionMethods = {
  ...group('Rawtransactions', {
    decoderawtransaction: method({
      help: 'A transaction in words.',
      parameters: {
        hexstring: hex(),
        iswitness: optional(
          boolean('Read it only as with witnesses, or only as without'),
          'whichever makes sense',
        ),
      },
      result: written(object(decodedTransaction)),
      example: 'HEX',
      handler({ hexstring, iswitness }, { parameters }) {
        const forms = iswitness === undefined ? ANY_FORM : { witness: iswitness, plain: !iswitness };
        const tx = decodeTransaction(hexstring, forms);
        if (tx === null) throw new RpcError(RpcCode.DESERIALIZATION_ERROR, 'TX decode failed');
        return transactionJson(tx, parameters);
      },
    }),

    combinerawtransaction: method({
      help: 'One transaction with the signatures of several copies.',
      parameters: { txs: array(hex()) },
      result: hex(),
      example: `'["HEX", "HEX"]'`,
      async handler({ txs }, context) {
        if (txs.length === 0) throw new RpcError(RpcCode.DESERIALIZATION_ERROR, 'Missing transactions');
        const copies = txs.map((text, i) => {
          const tx = decodeTransaction(text, ANY_FORM);
          if (tx !== null) return tx;
          throw new RpcError(
            RpcCode.DESERIALIZATION_ERROR,
            `TX decode failed for tx ${i}. Make sure the tx has at least one input.`,
          );
        });
        const spent = await spentOutputs(copies[0]!, context);
        if (!spent.every((output) => output !== null))
          throw new RpcError(RpcCode.VERIFY_ERROR, 'Input not found or already spent');
        return toHex(combineTransactions(copies, spent).bytes);
      },
    }),
  }),
};
