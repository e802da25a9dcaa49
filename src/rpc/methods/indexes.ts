/** getindexinfo: how far the optional indexes are. */
import { defineMethod, type Method } from '../method.ts';
import { param } from '../parameter.ts';
import { result } from '../result.ts';

/** Core's names. */
const NAMES = Object.freeze({
  transactions: 'txindex',
  coinStatistics: 'coinstatsindex',
  filters: 'basic block filter index',
});

const getindexinfo = defineMethod({
  name: 'getindexinfo',
  category: 'Util',
  description: 'Returns the status of one or all available indices currently running in the node.',
  parameters: [
    param.string('index_name', 'Filter results for an index with a specific name.', { optional: true }),
  ],
  results: [
    result.keyed('', '', [
      result.object('name', 'The name of the index', [
        result.boolean('synced', 'Whether the index is synced or not'),
        result.number('best_block_height', 'The block height to which the index is synced'),
      ]),
    ]),
  ],
  examples: ['', 'txindex'],
  handler([name], { indexes }) {
    const running = Object.entries(indexes).map(([kind, index]) => {
      const { isSynchronized, height } = index.follower;
      return [
        NAMES[kind as keyof typeof NAMES],
        { synced: isSynchronized, best_block_height: height },
      ] as const;
    });
    return Object.fromEntries(running.filter(([known]) => name === undefined || name === known));
  },
});

export const indexMethods: readonly Method[] = [getindexinfo];
