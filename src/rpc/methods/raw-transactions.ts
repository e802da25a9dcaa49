/** Transactions in hex: making, decoding and combining them. */
import { toHex } from '../../core/encoding/bytes.ts';
import { combineTransactions } from '../../wallet/signing/combine-transactions.ts';
import { construction, constructTransaction } from '../construct-transaction.ts';
import { ANY_FORM, decodeTransaction, WITNESS_FORM } from '../decode.ts';
import { decodedTransaction, transactionJson } from '../formats/transaction.ts';
import { group, method, refuse, t } from '../kit.ts';
import { spentOutputs } from '../previous-outputs.ts';

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
      iswitness: t.optional(
        t.boolean('Read it only as with witnesses, or only as without'),
        'whichever makes sense',
      ),
    },
    result: t.written(t.object(decodedTransaction)),
    example: 'HEX',
    handler({ hexstring, iswitness }, { parameters }) {
      const forms = iswitness === undefined ? ANY_FORM : { witness: iswitness, plain: !iswitness };
      const tx = decodeTransaction(hexstring, forms);
      if (tx === null) throw refuse.text('TX decode failed');
      return transactionJson(tx, parameters);
    },
  }),

  combinerawtransaction: method({
    help: 'One transaction with the signatures of several copies.',
    parameters: { txs: t.array(t.hex()) },
    result: t.hex(),
    example: `'["HEX", "HEX"]'`,
    async handler({ txs }, context) {
      if (txs.length === 0) throw refuse.text('Missing transactions');
      const copies = txs.map((text, i) => {
        const tx = decodeTransaction(text, WITNESS_FORM);
        if (tx !== null) return tx;
        throw refuse.text(`TX decode failed for tx ${i}. Make sure the tx has at least one input.`);
      });
      const spent = await spentOutputs(copies[0]!, context);
      if (!spent.every((output) => output !== null)) throw refuse.verify('Input not found or already spent');
      return toHex(combineTransactions(copies, spent).bytes);
    },
  }),
});
