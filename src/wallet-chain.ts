/**
 * The chain and the mempool as a wallet wants them: `ChainSource` over the real parts. Lives beside the
 * composition root because the wallet knows neither; owns nothing but the translation.
 */
import type { BlockEvent, Chain } from './chain/chain.ts';
import type { HeaderEntry } from './chain/header-entry.ts';
import type { BlockHash } from './core/block/header.ts';
import { TRUC_VERSION } from './core/script/standard.ts';
import { type Transaction, type Txid, WITNESS_SCALE_FACTOR } from './core/transaction/transaction.ts';
import { bumpFeeOf } from './mempool/bump-fee.ts';
import type { FeeEstimator } from './mempool/fee-estimator.ts';
import type { Mempool } from './mempool/mempool.ts';
import type { BlockPlace, ChainListener, ChainSource } from './wallet/chain-source.ts';

interface Parts {
  readonly chain: Chain;
  readonly mempool: Mempool;
  readonly fees: FeeEstimator;
}

export function createChainSource({ chain, mempool, fees }: Parts): ChainSource {
  return {
    isReady: () => !chain.isReindexing && !chain.isInitialBlockDownload,
    tip: () => placeOf(chain.tip),
    blockAt: (height) => maybePlaceOf(chain.entryAt(height)),
    placeOf: (hash) => maybePlaceOf(activeEntry(chain, hash)),
    hasBlock: (hash) => chain.entry(hash)?.haveData === true,
    lastMissing: (from, to) => {
      for (let height = to; height >= from; height--) {
        const entry = chain.entryAt(height);
        if (entry?.haveData === false) return placeOf(entry);
      }
      return undefined;
    },
    isVerifying: () => chain.background !== undefined && chain.pruner.prunedHeight < 0,
    readBlock: (hash) => {
      const entry = chain.entry(hash);
      if (entry === undefined) throw new Error(`block ${hash} is not in the tree`);
      return chain.blocks.readBlock(entry);
    },
    coins: (outpoints) => mempool.coins(outpoints),
    broadcast: async (transaction: Transaction) => {
      const waiting = mempool.get(transaction.txid);
      if (waiting !== undefined) return mempool.renewed.emit(waiting);
      const result = await mempool.accept(transaction);
      if (!result.ok) throw result.invalid;
      // Ours: announced again until some peer has asked for it.
      mempool.unbroadcast.add(transaction.txid);
    },
    mempoolTransaction: (txid) => mempool.get(txid)?.tx,
    *mempoolTransactions() {
      for (const entry of mempool.graph.entries()) yield entry.tx;
    },
    mempoolRival: ({ txid, vout }, { txid: own }) => {
      const parent = mempool.graph.creator(txid);
      const only = parent?.tx.version === TRUC_VERSION ? [...parent.children][0] : undefined;
      const rival = mempool.graph.spender({ txid, vout }) ?? only;
      return rival?.txid === own ? undefined : rival?.txid;
    },
    exceedsCluster: (transaction) => {
      const { limitClusterCount, limitClusterSize } = mempool.policy;
      const clusters = new Set(Array.from(mempool.graph.parentsOf(transaction), ({ cluster }) => cluster));
      let [count, { weight }] = [1, transaction];
      for (const cluster of clusters) {
        count += cluster.entries.size;
        weight += cluster.weight;
      }
      return count > limitClusterCount || weight > limitClusterSize * WITNESS_SCALE_FACTOR;
    },
    mempoolRelatives: (txid: Txid) => {
      const entry = mempool.get(txid);
      if (entry === undefined) return undefined;
      const { limitClusterCount, limitAncestorCount, limitDescendantCount } = mempool.policy;
      const cluster = entry.cluster.entries.size;
      const limit = Math.min(limitClusterCount, limitAncestorCount, limitDescendantCount);
      return { descendants: mempool.descendants(entry).size + 1, cluster, room: limit - cluster };
    },
    bumpFee: (outpoints, rate) => bumpFeeOf(mempool.graph, outpoints, rate),
    estimateFeeRate: (target, conservative) => fees.estimate(target, conservative).feeRate,
    minimumFeeRate: () => mempool.minimumFeeRate(),
    relayFeeRate: () => mempool.policy.minimumRelayFeeRate,
    incrementalFeeRate: () => mempool.policy.incrementalRelayFeeRate,
    subscribe: (listener) => subscribe(listener, chain, mempool),
  };
}

function subscribe(listener: ChainListener, chain: Chain, mempool: Mempool): () => void {
  const ends = [
    chain.connected.subscribe(({ block, entry }: BlockEvent) =>
      listener.blockConnected(block, placeOf(entry)),
    ),
    chain.disconnected.subscribe(({ block, entry }: BlockEvent) =>
      listener.blockDisconnected(block, placeOf(entry)),
    ),
    chain.verified.subscribe(() => {
      const { background } = chain;
      if (background === undefined) listener.completed();
      else listener.leapt(placeOf(background.base));
    }),
    mempool.added.subscribe((entry) => listener.transactionAdded(entry.tx)),
    mempool.removed.subscribe(({ entry, reason }) => {
      // The block itself tells the wallet of what it holds.
      if (reason !== 'block') listener.transactionRemoved(entry.tx, reason);
    }),
  ];
  return () => {
    for (const end of ends) end();
  };
}

function activeEntry(chain: Chain, hash: BlockHash): HeaderEntry | undefined {
  const entry = chain.entry(hash);
  return entry !== undefined && chain.isActive(entry) ? entry : undefined;
}

function placeOf(entry: HeaderEntry): BlockPlace {
  return {
    hash: entry.hash,
    height: entry.height,
    time: entry.header.time,
  };
}

function maybePlaceOf(entry: HeaderEntry | undefined): BlockPlace | undefined {
  return entry === undefined ? undefined : placeOf(entry);
}
