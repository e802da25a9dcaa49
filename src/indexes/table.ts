/** Every optional index by its name in the parts of a node: as RPC calls it, and how it is opened. */
import { AddressIndex } from './address-index.ts';
import { CoinStatisticsIndex } from './coin-statistics-index.ts';
import { FilterIndex } from './filter-index.ts';
import type { IndexDependencies } from './follower.ts';
import { TransactionIndex } from './transaction-index.ts';

/** Core's names, where it has them. */
export const INDEXES = Object.freeze({
  transactions: { name: 'txindex', open: TransactionIndex.open },
  filters: { name: 'basic block filter index', open: FilterIndex.open },
  coinStatistics: { name: 'coinstatsindex', open: CoinStatisticsIndex.open },
  addresses: { name: 'addressindex', open: AddressIndex.open },
});

export type IndexKind = keyof typeof INDEXES;
/** Those that are kept. */
export type Indexes = {
  readonly [K in IndexKind]?: Awaited<ReturnType<(typeof INDEXES)[K]['open']>>;
};

export async function openIndexes(
  wanted: { readonly [K in IndexKind]?: boolean },
  dependencies: IndexDependencies,
): Promise<Indexes> {
  const kept = (Object.keys(INDEXES) as IndexKind[]).filter((kind) => wanted[kind]);
  const opened: Partial<Record<IndexKind, unknown>> = {};
  for (const kind of kept) opened[kind] = await INDEXES[kind].open(dependencies);
  return opened as Indexes;
}
