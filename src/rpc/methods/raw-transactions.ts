/** Transactions in hex: making, decoding and finding them. */

import { toHex } from '../../core/encoding/bytes.ts';
import { combineTransactions } from '../../wallet/signing/combine-transactions.ts';
import { constructTransaction, inputsParameter, outputsParameter } from '../construct-transaction.ts';
import { ANY_FORM, decodeTransaction } from '../decode.ts';
import { RpcCode, RpcError } from '../errors.ts';
import { transactionJson, transactionResult } from '../formats/transaction.ts';
import { defineMethod, type Method } from '../method.ts';
import { param } from '../parameter.ts';
import { result } from '../result.ts';
import { stringFrom } from '../values.ts';
import { spentOutputs } from './sign-raw-transaction.ts';

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

const decoderawtransaction = defineMethod({
  name: 'decoderawtransaction',
  category: 'Rawtransactions',
  description: 'Return a JSON object representing the serialized, hex-encoded transaction.',
  parameters: [
    param.hex('hexstring', 'The transaction hex string'),
    param.boolean(
      'iswitness',
      'Whether the transaction hex is a serialized witness transaction.\n' +
        'If iswitness is not present, heuristic tests will be used in decoding.\n' +
        'If true, only witness deserialization will be tried.\n' +
        'If false, only non-witness deserialization will be tried.\n' +
        'This boolean should reflect whether the transaction has inputs\n' +
        '(e.g. fully valid, or on-chain transactions), if known by the caller.',
      { hint: 'depends on heuristic tests' },
    ),
  ],
  results: [result.object('', '', transactionResult)],
  examples: ['"hexstring"'],
  handler([hexstring, isWitness], { parameters }) {
    const forms = isWitness === undefined ? ANY_FORM : { witness: isWitness, plain: !isWitness };
    const tx = decodeTransaction(hexstring, forms);
    if (tx === null) throw new RpcError(RpcCode.DESERIALIZATION_ERROR, 'TX decode failed');
    return transactionJson(tx, parameters);
  },
});

const combinerawtransaction = defineMethod({
  name: 'combinerawtransaction',
  category: 'Rawtransactions',
  description:
    'Combine multiple partially signed transactions into one transaction.\n' +
    'The combined transaction may be another partially signed transaction or a\n' +
    'fully signed transaction.',
  parameters: [
    param.array('txs', 'The hex strings of partially signed transactions', [
      param.hex('hexstring', 'A hex-encoded raw transaction', { optional: true }),
    ]),
  ],
  results: [result.string('', 'The hex-encoded raw transaction with signature(s)')],
  examples: ['\'["myhex1", "myhex2", "myhex3"]\''],
  async handler([list], context) {
    if (list.length === 0) throw new RpcError(RpcCode.DESERIALIZATION_ERROR, 'Missing transactions');
    const copies = list.map((hex, i) => {
      const tx = decodeTransaction(stringFrom(hex), ANY_FORM);
      if (tx !== null) return tx;
      throw new RpcError(
        RpcCode.DESERIALIZATION_ERROR,
        `TX decode failed for tx ${i}. Make sure the tx has at least one input.`,
      );
    });
    const spent = await spentOutputs(copies[0]!, new Map(), context);
    if (!spent.every((output) => output !== null))
      throw new RpcError(RpcCode.VERIFY_ERROR, 'Input not found or already spent');
    return toHex(combineTransactions(copies, spent).bytes);
  },
});

export const rawTransactionMethods: readonly Method[] = [
  createrawtransaction,
  decoderawtransaction,
  combinerawtransaction,
];
