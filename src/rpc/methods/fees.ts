/** What a transaction should pay, and what miners are told to think it pays. */
import type { Txid } from '../../core/transaction/transaction.ts';
import { RpcCode, RpcError } from '../errors.ts';
import { defineMethod, type Method } from '../method.ts';
import { param } from '../parameter.ts';
import { result } from '../result.ts';
import { btc, hashTextFrom } from '../values.ts';

/** The blob that the mempool is saved as. */
const MEMPOOL_FILE = 'mempool.dat';

const estimatesmartfee = defineMethod({
  name: 'estimatesmartfee',
  category: 'Util',
  description:
    'Estimates the approximate fee per kilobyte needed for a transaction to begin\n' +
    'confirmation within conf_target blocks if possible and return the number of blocks\n' +
    'for which the estimate is valid. Uses virtual transaction size as defined\n' +
    'in BIP 141 (witness data is discounted).',
  parameters: [
    param.integer('conf_target', 'Confirmation target in blocks (1 - 1008)'),
    param.string(
      'estimate_mode',
      'The fee estimate mode.\n"unset", "economical" (follows the latest fee rates) or "conservative" (considers a longer history)',
      { default: 'economical' },
    ),
  ],
  results: [
    result.object('', '', [
      result.amount('feerate', 'estimate fee rate in BTC/kvB (only present if no errors were encountered)', {
        optional: true,
      }),
      result.array(
        'errors',
        'Errors encountered during processing (if there are any)',
        [result.string('', 'error')],
        { optional: true },
      ),
      result.number('blocks', 'block number where estimate was found'),
    ]),
  ],
  examples: ['6'],
  async handler([target, mode], { fees, mempool }) {
    await mempool.settled();
    if (target < 1 || target > fees.highestTarget)
      throw new RpcError(
        RpcCode.INVALID_PARAMETER,
        `Invalid conf_target, must be between 1 and ${fees.highestTarget}`,
      );
    const named = mode.toLowerCase();
    if (!['unset', 'economical', 'conservative'].includes(named))
      throw new RpcError(
        RpcCode.INVALID_PARAMETER,
        'Invalid estimate_mode parameter, must be one of: "unset", "economical", "conservative"',
      );
    const { feeRate, blocks, errors } = fees.estimate(target, named === 'conservative');
    if (feeRate === null) return { errors, blocks };
    const floor = mempool.minimumFeeRate();
    return { feerate: btc(feeRate > floor ? feeRate : floor), blocks };
  },
});

const prioritisetransaction = defineMethod({
  name: 'prioritisetransaction',
  category: 'Mining',
  description: 'Accepts the transaction into mined blocks at a higher (or lower) priority',
  parameters: [
    param.hex('txid', 'The transaction id.'),
    param.number(
      'dummy',
      'API-Compatibility for previous API. Must be zero or null.\nDEPRECATED. For forward compatibility use named arguments and omit this parameter.',
      { optional: true },
    ),
    param.long(
      'fee_delta',
      'The fee value (in satoshis) to add (or subtract, if negative).\n' +
        'Note, that this value is not a fee rate. It is a value to modify absolute fee of the TX.\n' +
        'The fee is not actually paid, only the algorithm for selecting transactions into a block\n' +
        'considers the transaction as it would have paid a higher (or lower) fee.',
    ),
  ],
  results: [result.boolean('', 'Returns true')],
  examples: ['"txid" 0.0 10000'],
  handler([txid, dummy, delta], { mempool }) {
    const id = hashTextFrom<Txid>(txid, 'txid');
    if (dummy !== undefined && dummy !== 0)
      throw new RpcError(
        RpcCode.INVALID_PARAMETER,
        'Priority is no longer supported, dummy argument to prioritisetransaction must be 0.',
      );
    mempool.prioritise(id, BigInt(delta));
    return true;
  },
});

const getprioritisedtransactions = defineMethod({
  name: 'getprioritisedtransactions',
  category: 'Mining',
  description:
    'Returns a map of all user-created (see prioritisetransaction) fee deltas by txid, and whether the tx is present in mempool.',
  parameters: [],
  results: [
    result.keyed('', 'prioritisation keyed by txid', [
      result.object('<transactionid>', '', [
        result.number('fee_delta', 'transaction fee delta in satoshis'),
        result.boolean('in_mempool', 'whether this transaction is currently in mempool'),
        result.number('modified_fee', 'modified fee in satoshis. Only returned if in_mempool=true', {
          optional: true,
        }),
      ]),
    ]),
  ],
  examples: [''],
  handler: (_parameters, { mempool }) =>
    Object.fromEntries(
      Array.from(mempool.prioritised(), ([txid, delta]) => {
        const entry = mempool.get(txid);
        const known = { fee_delta: delta, in_mempool: entry !== undefined };
        return [txid, { ...known, modified_fee: entry?.modifiedFee }];
      }),
    ),
});

const savemempool = defineMethod({
  name: 'savemempool',
  category: 'Blockchain',
  description: 'Dumps the mempool to disk. It will fail until the previous dump is fully loaded.',
  parameters: [],
  results: [
    result.object('', '', [result.string('filename', 'the directory and file where the mempool was saved')]),
  ],
  examples: [''],
  async handler(_parameters, { mempool, storage }) {
    if (!mempool.loaded) throw new RpcError(RpcCode.MISC_ERROR, 'The mempool was not loaded yet');
    if (!(await mempool.save(storage)))
      throw new RpcError(RpcCode.MISC_ERROR, 'Unable to dump mempool to disk');
    return { filename: MEMPOOL_FILE };
  },
});

export const feeMethods: readonly Method[] = [
  estimatesmartfee,
  prioritisetransaction,
  getprioritisedtransactions,
  savemempool,
];
