/**
 * `npm run bench`: one table of measurements, and a JSON file of them.
 *
 *   npm run bench -- [--only NAME]... [--repeat N] [--quick] [--json FILE] [--compare FILE]
 *
 * Each module runs in a process of its own, so that none inherits the other's heap.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadSignatureEngine } from '../../src/platform/node/signatures/load-engine.ts';
import type { Bench, BenchRow } from './row.ts';
import { formatRows } from './table.ts';

const MODULES: readonly string[] = [
  'mining',
  'hashing',
  'signatures',
  'scripts',
  'mempool',
  'template',
  'rpc',
  'connect',
  'import',
  'state',
  'sync',
];

interface Result {
  readonly machine: string;
  readonly node: string;
  readonly signatureEngine: string;
  readonly rows: readonly BenchRow[];
}

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    repeat: { type: 'string', default: '3' },
    quick: { type: 'boolean', default: false },
    json: { type: 'string', default: 'bench.json' },
    compare: { type: 'string' },
    module: { type: 'string' },
  },
});
const options = { repeat: Number(values.repeat), quick: values.quick };

if (values.module === undefined) await measureAll();
else await measureOne(values.module);

/** In the child: the rows, and what memory is in use at the end. */
async function measureOne(name: string): Promise<void> {
  const { bench } = (await import(`./${name}.ts`)) as { bench: Bench };
  const rows = await bench(options);
  const memory = {
    name: `${name}: resident memory after it`,
    unit: 'MB',
    values: [process.memoryUsage.rss() / 1e6],
  };
  process.send?.([...rows, memory], () => process.exit(0));
}

async function measureAll(): Promise<void> {
  const wanted = values.only.length === 0 ? MODULES : values.only;
  const { engine } = await loadSignatureEngine();
  const machine = `${cpus().length} x ${cpus()[0]?.model ?? '?'}, ${Math.round(totalmem() / 2 ** 30)} GiB`;
  const head = { machine, node: process.version, signatureEngine: engine.name };
  console.log(`${machine}, Node ${head.node}, signatures by ${engine.name}\n`);
  const rows: BenchRow[] = [];
  for (const name of wanted) {
    process.stderr.write(`${name}...\n`);
    rows.push(...(await measureApart(name)));
  }
  const earlier =
    values.compare === undefined ? [] : (JSON.parse(readFileSync(values.compare, 'utf8')) as Result).rows;
  console.log(formatRows(rows, earlier));
  const result: Result = { ...head, rows };
  writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
  console.log(`\nwritten to ${values.json}`);
}

async function measureApart(name: string): Promise<readonly BenchRow[]> {
  const words = ['--module', name, '--repeat', values.repeat, ...(values.quick ? ['--quick'] : [])];
  const child = fork(fileURLToPath(import.meta.url), words);
  let rows: readonly BenchRow[] | undefined;
  child.on('message', (message) => {
    rows = message as readonly BenchRow[];
  });
  const [code] = await once(child, 'exit');
  if (rows === undefined) throw new Error(`${name} ended without a result (${code})`);
  return rows;
}
