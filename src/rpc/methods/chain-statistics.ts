/** getchaintxstats: transactions over a span of blocks. */
import type { HeaderEntry } from '../../chain/header-entry.ts';
import type { RpcContext } from '../context.ts';
import { RpcCode, RpcError } from '../errors.ts';
import { findBlock } from '../lookup.ts';
import { defineMethod, type Method } from '../method.ts';
import { param } from '../parameter.ts';
import { result } from '../result.ts';

const getchaintxstats = defineMethod({
  name: 'getchaintxstats',
  category: 'Blockchain',
  description: 'Compute statistics about the total number and rate of transactions in the chain.',
  parameters: [
    param.integer('nblocks', 'Size of the window in number of blocks', { hint: 'one month' }),
    param.hex('blockhash', 'The hash of the block that ends the window.', { hint: 'chain tip' }),
  ],
  results: [
    result.object('', '', [
      result.time('time', 'The timestamp for the final block in the window, expressed in UNIX epoch time'),
      result.number('txcount', 'The total number of transactions in the chain up to that point, if known.', {
        optional: true,
      }),
      result.hex('window_final_block_hash', 'The hash of the final block in the window'),
      result.number('window_final_block_height', 'The height of the final block in the window.'),
      result.number('window_block_count', 'Size of the window in number of blocks'),
      result.number(
        'window_interval',
        'The elapsed time in the window in seconds. Only returned if "window_block_count" is > 0',
        {
          optional: true,
        },
      ),
      result.number(
        'window_tx_count',
        'The number of transactions in the window. Only returned if "window_block_count" is > 0 and if txcount exists for the start and end of the window.',
        {
          optional: true,
        },
      ),
      result.number(
        'txrate',
        'The average rate of transactions per second in the window. Only returned if "window_interval" is > 0 and if window_tx_count exists.',
        {
          optional: true,
        },
      ),
    ]),
  ],
  examples: ['', '2016'],
  handler([nblocks, blockhash], { chain, parameters }) {
    const last = windowEnd(blockhash, chain);
    const month = Math.floor((30 * 24 * 60 * 60) / parameters.targetSpacing);
    const count = nblocks ?? Math.max(0, Math.min(month, last.height - 1));
    if (count < 0 || (count > 0 && count >= last.height))
      throw new RpcError(
        RpcCode.INVALID_PARAMETER,
        "Invalid block count: should be between 0 and the block's height - 1",
      );
    return {
      time: last.time,
      txcount: last.chainTransactionCount || undefined,
      window_final_block_hash: last.hash,
      window_final_block_height: last.height,
      window_block_count: count,
      ...(count > 0 && rateJson(last.ancestor(last.height - count), last)),
    };
  },
});

function windowEnd(blockhash: string | undefined, chain: RpcContext['chain']): HeaderEntry {
  if (blockhash === undefined) return chain.tip;
  const entry = findBlock(chain, blockhash, 'blockhash');
  if (!chain.isActive(entry)) throw new RpcError(RpcCode.INVALID_PARAMETER, 'Block is not in main chain');
  return entry;
}

function rateJson(first: HeaderEntry, last: HeaderEntry) {
  const interval = last.medianTimePast - first.medianTimePast;
  const known = last.chainTransactionCount > 0 && first.chainTransactionCount > 0;
  const count = last.chainTransactionCount - first.chainTransactionCount;
  return {
    window_interval: interval,
    window_tx_count: known ? count : undefined,
    txrate: known && interval > 0 ? count / interval : undefined,
  };
}

export const chainStatisticsMethods: readonly Method[] = [getchaintxstats];
