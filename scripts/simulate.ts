/**
 * `npm run simulate -- --nodes 200 --hours 6 ...`: runs a simulated network, shows how far it is, prints a
 * summary and, with `--json FILE`, writes all of it. `--help` lists the options.
 */
import { createWriteStream, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { bindFastHashes } from '../src/platform/node/hashes.ts';
import { exactProbability, paperProbability, raceProbability } from '../src/simulation/double-spend.ts';
import { DEFAULT_SIMULATION, type Partition, type Topology } from '../src/simulation/options.ts';
import { SeededRandom } from '../src/simulation/seeded-random.ts';
import { type SimulationReport, simulate } from '../src/simulation/simulate.ts';

const HELP = `npm run simulate -- [options]
  --nodes N             ${DEFAULT_SIMULATION.nodes}
  --hours H             virtual hours (${DEFAULT_SIMULATION.hours})
  --seed S              the same seed gives the same run (${DEFAULT_SIMULATION.seed})
  --topology T          discover, random or line (${DEFAULT_SIMULATION.topology})
  --latency MS          mean, one way (${DEFAULT_SIMULATION.latency})
  --bandwidth MBIT      a second and node (${DEFAULT_SIMULATION.bandwidth})
  --loss P              chance that a message is sent twice (${DEFAULT_SIMULATION.loss})
  --churn P             share of the nodes that leave each hour (${DEFAULT_SIMULATION.churn})
  --partition A:D:S     at hour A, for D hours, cut off the share S of the nodes; may be repeated
  --hash-rates A,B,...  relative hash rates of the first nodes (all the same)
  --tx-rate R           payments a second in the whole network (${DEFAULT_SIMULATION.txRate})
  --block-interval S    mean seconds between blocks (${DEFAULT_SIMULATION.blockInterval})
  --double-spend        instead: the race of the white paper's section 11, for q = 0.1 and 0.3
  --trials N            races for each line of that table (200000)
  --json FILE           write the report
  --log FILE            write every event, a line each`;

const { values } = parseArgs({
  options: {
    nodes: { type: 'string' },
    hours: { type: 'string' },
    seed: { type: 'string' },
    topology: { type: 'string' },
    latency: { type: 'string' },
    bandwidth: { type: 'string' },
    loss: { type: 'string' },
    churn: { type: 'string' },
    partition: { type: 'string', multiple: true },
    'hash-rates': { type: 'string' },
    'tx-rate': { type: 'string' },
    'block-interval': { type: 'string' },
    'double-spend': { type: 'boolean' },
    trials: { type: 'string' },
    json: { type: 'string' },
    log: { type: 'string' },
    help: { type: 'boolean' },
  },
});

function number(text: string | undefined, otherwise: number): number {
  const value = text === undefined ? otherwise : Number(text);
  if (!(value >= 0)) throw new Error(`not a number: ${text}`);
  return value;
}

function parsePartition(text: string): Partition {
  const [at, duration, share, ...rest] = text.split(':').map(Number);
  if (rest.length > 0 || !(at! >= 0) || !(duration! > 0) || !(share! > 0 && share! < 1))
    throw new Error(`not a partition (AT:DURATION:SHARE): ${text}`);
  return { at: at!, duration: duration!, share: share! };
}

function parseTopology(text: string): Topology {
  if (text === 'discover' || text === 'random' || text === 'line') return text;
  throw new Error(`not a topology: ${text}`);
}

function showProgress(done: number, of: number): void {
  if (!process.stderr.isTTY) return;
  const filled = Math.round((30 * done) / of);
  const bar = `${'#'.repeat(filled)}${'.'.repeat(30 - filled)}`;
  process.stderr.write(`\r[${bar}] ${done.toFixed(1)} of ${of} h${done >= of ? '\n' : ''}`);
}

const seconds = (value: number): string => (Number.isNaN(value) ? '-' : `${value.toFixed(2)} s`);

function printReport(report: SimulationReport, wall: number): void {
  const { blockPropagation: blocks, txPropagation: txs } = report;
  const rows: [string, string][] = [
    [
      'nodes, virtual hours, seed',
      `${report.options.nodes}, ${report.options.hours}, ${report.options.seed}`,
    ],
    ['wall time, messages', `${wall.toFixed(0)} s, ${report.messages}`],
    ['converged', report.converged ? `yes, at height ${report.height}` : 'NO'],
    ['blocks mined, stale', `${report.blocksMined}, ${(100 * report.staleRate).toFixed(2)} %`],
    ['a block reaches 50/90/99 %', [blocks.p50, blocks.p90, blocks.p99].map(seconds).join(', ')],
    ['a payment reaches 50/90/99 %', [txs.p50, txs.p90, txs.p99].map(seconds).join(', ')],
    ['payments, transactions confirmed', `${report.transactions}, ${report.confirmed}`],
    ['connections a node', report.connections.toFixed(1)],
    ...report.partitions.map(({ at, duration, share, convergedAfter }): [string, string] => [
      `partition at ${at} h for ${duration} h, ${100 * share} %`,
      convergedAfter === null ? 'never healed' : `healed in ${seconds(convergedAfter)}`,
    ]),
    ['event log', report.log],
  ];
  for (const [name, value] of rows) console.log(`${name.padEnd(36)} ${value}`);
  console.log('\nbytes sent by a node');
  for (const [command, bytes] of Object.entries(report.bytesPerNode))
    console.log(`${command.padStart(14)} ${String(bytes).padStart(12)}`);
}

function printDoubleSpend(seed: number, trials: number): void {
  console.log('White paper section 11: the chance that a payment with z confirmations is replaced\n');
  console.log('   q   z   paper      exact      simulated');
  const random = new SeededRandom(seed);
  for (const [q, zs] of [
    [0.1, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
    [0.3, [0, 5, 10, 15, 20, 25, 30]],
  ] as const)
    for (const z of zs) {
      const figures = [paperProbability(q, z), exactProbability(q, z), raceProbability(random, q, z, trials)];
      console.log(
        `${q.toFixed(1)} ${String(z).padStart(3)}   ${figures.map((f) => f.toFixed(7)).join('  ')}`,
      );
    }
}

async function main(): Promise<void> {
  if (values.help) {
    console.log(HELP);
    return;
  }
  const seed = number(values.seed, DEFAULT_SIMULATION.seed);
  if (values['double-spend']) {
    printDoubleSpend(seed, number(values.trials, 200_000));
    return;
  }
  bindFastHashes();
  const log = values.log === undefined ? undefined : createWriteStream(values.log);
  const start = performance.now();
  const report = await simulate(
    {
      nodes: number(values.nodes, DEFAULT_SIMULATION.nodes),
      hours: number(values.hours, DEFAULT_SIMULATION.hours),
      seed,
      topology: parseTopology(values.topology ?? DEFAULT_SIMULATION.topology),
      latency: number(values.latency, DEFAULT_SIMULATION.latency),
      bandwidth: number(values.bandwidth, DEFAULT_SIMULATION.bandwidth),
      loss: number(values.loss, DEFAULT_SIMULATION.loss),
      churn: number(values.churn, DEFAULT_SIMULATION.churn),
      partitions: (values.partition ?? []).map(parsePartition),
      hashRates: values['hash-rates']?.split(',').map((rate) => number(rate, 0)) ?? [],
      txRate: number(values['tx-rate'], DEFAULT_SIMULATION.txRate),
      blockInterval: number(values['block-interval'], DEFAULT_SIMULATION.blockInterval),
    },
    { onProgress: showProgress, ...(log && { onLine: (line: string) => log.write(`${line}\n`) }) },
  );
  log?.end();
  const wall = (performance.now() - start) / 1000;
  printReport(report, wall);
  if (values.json !== undefined)
    writeFileSync(values.json, `${JSON.stringify({ ...report, wall }, null, 2)}\n`);
  if (!report.converged) process.exitCode = 1;
}

await main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
