/** What a transaction should pay, and what miners are told to think it pays. */
import type { Txid } from '../../core/transaction/transaction.ts';
import { dustOutputs } from '../../mempool/dust.ts';
import { estimateMode, requireTarget } from '../fee-choice.ts';
import { btc, group, method, refuse, t } from '../kit.ts';

export const feeMethods = {
  ...group('Util', {
    estimatesmartfee: method({
      help: 'The fee rate at which a transaction should be confirmed within some blocks, in BTC for 1,000 vbytes.',
      parameters: {
        conf_target: t.integer('Blocks, 1 to 1008'),
        estimate_mode: t.standard(
          t.string('economical follows the last blocks, conservative looks further back'),
          'economical',
        ),
      },
      result: t.object({
        feerate: t.optional(t.amount()),
        errors: t.optional(t.array(t.string(), 'Why there is no rate')),
        blocks: t.integer('For so many blocks'),
      }),
      example: '6',
      async handler({ conf_target, estimate_mode }, { fees, mempool }) {
        await mempool.settled();
        requireTarget(conf_target);
        const isConservative = estimateMode(estimate_mode) === 'conservative';
        const { feeRate, blocks, errors } = fees.estimate(conf_target, isConservative);
        return feeRate === null ? { errors, blocks } : { feerate: btc(feeRate), blocks };
      },
    }),
  }),
  ...group('Mining', {
    prioritisetransaction: method({
      help: 'Lets templates and the mempool treat a transaction as if it paid more, or less. Nothing is paid.',
      parameters: {
        txid: t.hashText<Txid>(),
        dummy: t.optional(t.number('0')),
        fee_delta: t.long('Satoshis, added to what was said before'),
      },
      result: t.boolean(),
      example: 'TXID 0 10000',
      handler({ txid, dummy, fee_delta }, { mempool }) {
        if (dummy !== undefined && dummy !== 0)
          throw refuse.parameter(
            'Priority is no longer supported, dummy argument to prioritisetransaction must be 0.',
          );
        const { requireStandard, dustRelayFeeRate } = mempool.policy;
        const entry = mempool.get(txid);
        if (requireStandard && entry !== undefined && dustOutputs(entry.tx, dustRelayFeeRate).length > 0)
          throw refuse.parameter('Priority is not supported for transactions with dust outputs.');
        mempool.prioritise(txid, BigInt(fee_delta));
        return true;
      },
    }),

    getprioritisedtransactions: method({
      help: 'What prioritisetransaction has changed, in satoshis.',
      result: t.record(
        t.object({
          fee_delta: t.number(),
          in_mempool: t.boolean(),
          modified_fee: t.optional(t.number('With the delta')),
        }),
        'txid',
      ),
      handler: (_, { mempool }) =>
        Object.fromEntries(
          Array.from(mempool.feeDeltas, ([txid, delta]) => {
            const entry = mempool.get(txid);
            const known = { fee_delta: delta, in_mempool: entry !== undefined };
            return [txid, { ...known, modified_fee: entry?.modifiedFee }];
          }),
        ),
    }),
  }),
};
