/**
 * The figures of a node for Prometheus (`-metrics`). Owns names and units; what can be asked of the parts is asked when
 * somebody looks, and only durations and calls are counted as they happen.
 */
import prometheus, { type Registry } from 'prom-client';
import type { Parts } from '../../../node.ts';
import type { Dispatcher } from '../../../rpc/dispatcher.ts';
import { refusalOf } from '../../../rpc/refusals.ts';
import { balances } from '../../../wallet/coins.ts';

/** Seconds. */
const VERIFICATION = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];
const FLUSH = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30];

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [value: number, labels?: Labels];

export interface MetricsOptions {
  /** Tell balances of wallets too. */
  readonly wallets: boolean;
}

export interface Metrics {
  readonly registry: Registry;
  /** Counts calls from now on. */
  watch(dispatcher: Dispatcher): void;
  /** Tells of these parts from now on. */
  attach(parts: Parts): void;
}

export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new prometheus.Registry();
  prometheus.collectDefaultMetrics({ register: registry });
  // Prometheus has another meaning for names that end so.
  for (const what of ['handles', 'requests', 'resources'])
    registry.removeSingleMetric(`nodejs_active_${what}_total`);
  const registers = [registry];

  /** @param samples asked whenever somebody looks */
  const told = (
    name: string,
    help: string,
    samples: () => number | Iterable<Sample>,
    labelNames: string[] = [],
  ): void => {
    const isTotal = name.endsWith('_total');
    const metric = new (isTotal ? prometheus.Counter : prometheus.Gauge)({
      name: `penny_${name}`,
      help,
      labelNames,
      registers,
      collect() {
        const given = samples();
        this.reset();
        for (const [value, labels = {}] of typeof given === 'number' ? [[given] as const] : given)
          this.inc(labels, value);
      },
    });
    void metric;
  };

  return {
    registry,
    watch(dispatcher) {
      const calls = new prometheus.Counter({
        name: 'penny_rpc_calls_total',
        help: 'RPC calls that were answered, by method and error code; 0 is success.',
        labelNames: ['method', 'code'],
        registers,
      });
      dispatcher.answered = (method, error) => {
        calls.inc({ method, code: error === undefined ? '0' : String(refusalOf(error)?.code ?? -1) });
      };
    },
    attach({ chain, mempool, miner, network, wallets }) {
      told('chain_height', 'Height of the tip.', () => chain.height);
      told('chain_headers', 'Height of the best header.', () => chain.bestHeader.height);
      told('chain_tip_time_seconds', 'Time of the tip, since 1970.', () => chain.tip.time);
      told('chain_verification_progress', 'Share of the chain that is verified, estimated.', () =>
        Number(chain.verificationProgress),
      );
      told('chain_initial_block_download', '1 while the node catches up.', () =>
        Number(chain.isInitialBlockDownload),
      );
      told('chain_disk_bytes', 'Blocks and undo data on the disk.', () => chain.blocks.sizeOnDisk);
      told('chain_warnings', 'Warnings that RPC shows.', () => chain.warnings.length);
      told('coin_cache_bytes', 'Memory of coins that are not on the disk yet.', () => chain.coinCacheBytes);
      const timed = (name: string, help: string, buckets: number[]) =>
        new prometheus.Histogram({ name: `penny_${name}_seconds`, help, buckets, registers });
      const histograms = {
        verification: timed(
          'block_verification',
          'From the begin of a block to its connection.',
          VERIFICATION,
        ),
        flush: timed('flush', 'Writing coins and index to the disk.', FLUSH),
      };
      chain.timed.subscribe(({ what, milliseconds }) => histograms[what].observe(milliseconds / 1000));

      const { graph } = mempool;
      told('mempool_transactions', 'Transactions in the mempool.', () => graph.size);
      told('mempool_vbytes', 'Their virtual size.', () => graph.virtualSize);
      told('mempool_memory_bytes', 'Memory that they take.', () => graph.usage);
      told('mempool_memory_limit_bytes', 'Memory that they may take.', () => mempool.policy.maxBytes);
      told('mempool_minimum_fee_rate', 'Satoshis for 1,000 vbytes below which nothing comes in.', () =>
        Number(mempool.minimumFeeRate()),
      );

      told('peers', 'Connected peers, by kind.', () => countPeers(network), ['kind', 'network']);
      told(
        'network_bytes_total',
        'Bytes sent to and received from peers, by message.',
        () => network.bytesByMessage().map(({ bytes, ...labels }) => [bytes, labels] as const),
        ['direction', 'message'],
      );

      told('miner_threads', 'Threads that mine.', () => miner.mining?.threads ?? 0);
      told('miner_hashes_per_second', 'Hashes a second of this miner.', () => miner.hashRate);
      told('miner_blocks_total', 'Blocks found since the start.', () => miner.blocksFound);

      told('wallets', 'Wallets that are loaded.', () => wallets.list().length);
      if (options.wallets)
        told(
          'wallet_balance_satoshis',
          'Balances of wallets: trusted, pending and immature.',
          () => walletBalances(wallets),
          ['wallet', 'kind'],
        );
    },
  };
}

function countPeers(network: Parts['network']): Iterable<Sample> {
  const counts = new Map<string, [number, Labels]>();
  for (const { connectionType: kind, network: name } of network.peers()) {
    const key = `${kind} ${name}`;
    const count = counts.get(key) ?? [0, { kind, network: name }];
    count[0]++;
    counts.set(key, count);
  }
  return counts.values();
}

function* walletBalances(wallets: Parts['wallets']): Iterable<Sample> {
  for (const name of wallets.list())
    for (const [kind, amount] of Object.entries(balances(wallets.get(name)!)))
      yield [Number(amount), { wallet: name, kind }];
}
