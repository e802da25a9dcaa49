/** Transactions in hex: making, decoding and combining them. */
import { toHex } from '../../core/encoding/bytes.ts';
import { combineTransactions } from '../../wallet/signing/combine-transactions.ts';
import { construction, constructTransaction } from '../construct-transaction.ts';
import { decodedTransaction, transactionJson } from '../formats/transaction.ts';
import { group, method, refuse, t } from '../kit.ts';
import { spentOutputs } from '../previous-outputs.ts';
import { iswitness, readTransaction, readUnsigned } from '../texts.ts';

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
    example: 'HEX',
    handler: ({ hexstring, iswitness: witness }, { parameters }) =>
      transactionJson(readUnsigned(hexstring, witness), parameters),
  }),

  combinerawtransaction: method({
    help: 'One transaction with the signatures of several copies.',
    parameters: { txs: t.array(t.hex()) },
    result: t.hex(),
    example: `'["HEX", "HEX"]'`,
    async handler({ txs }, context) {
      if (txs.length === 0) throw refuse.text('Missing transactions');
      const copies = txs.map((text, i) => readTransaction(text, `TX decode failed for tx ${i}.`));
      const spent = await spentOutputs(copies[0]!, context);
      if (!spent.every((output) => output !== null)) throw refuse.verify('Input not found or already spent');
      return toHex(combineTransactions(copies, spent).bytes);
    },
  }),
});
