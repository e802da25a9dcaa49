/**
 * `npm run bench`: one table of measurements, and a JSON file of them.
 *
 *   npm run bench -- [--only NAME]... [--repeat N] [--quick] [--dbcache MIB] [--chain FILE]
 *                    [--bitcoind PATH] [--no-bitcoind] [--json FILE] [--compare FILE]
 *
 * Where `bitcoind` is on the PATH or given, it does the same work, and the ratio to it is shown: above 1
 * Penny is better. Each module runs in a process of its own, so that none inherits the other's heap; nodes
 * are processes from `dist`, which is built first.
 */
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { VERSION } from '../../src/platform/node/cli/version.ts';
import { loadSignatureEngine } from '../../src/platform/node/signatures/load-engine.ts';
import { type Arguments, orEnd, readArguments } from './arguments.ts';
import { bitcoindVersion } from './nodes/bitcoind.ts';
import type { Bench, BenchRow } from './row.ts';
import { formatRows, withRatio } from './table.ts';

interface Result {
  readonly machine: string;
  readonly penny: string;
  readonly node: string;
  readonly signatureEngine: string;
  /** What bitcoind says of itself; null without one. */
  readonly bitcoind: string | null;
  readonly dbcache: number;
  readonly rows: readonly BenchRow[];
}

const given = orEnd(() => readArguments(process.argv.slice(2)));

if (given.module === undefined) await measureAll(given);
else await measureOne(given.module, given);

/** In the child: the rows, and what memory is in use at the end. */
async function measureOne(name: string, { options }: Arguments): Promise<void> {
  const { bench } = (await import(`./${name}.ts`)) as { bench: Bench };
  const rows = await bench(options);
  // Where the work is done by other processes, the rows say what these needed.
  const memory = {
    name: `${name}: resident memory after it`,
    unit: 'MB',
    values: [process.memoryUsage.rss() / 1e6],
  };
  process.send?.([...rows, ...(rows.some(({ unit }) => unit === 'MB') ? [] : [memory])], () =>
    process.exit(0),
  );
}

async function measureAll({ modules, options, json, compare }: Arguments): Promise<void> {
  const { bitcoind, dbcache } = options;
  const { engine } = await loadSignatureEngine();
  const head: Omit<Result, 'rows'> = {
    machine: `${cpus().length} x ${cpus()[0]?.model ?? '?'}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    penny: VERSION,
    node: process.version,
    signatureEngine: engine.name,
    bitcoind: bitcoind === undefined ? null : bitcoindVersion(bitcoind),
    dbcache,
  };
  console.log(`${head.machine}, Node ${head.node}
Penny ${head.penny}, signatures by ${head.signatureEngine}, cache of ${dbcache} MiB
${head.bitcoind ?? 'no bitcoind to compare with: none on the PATH, none by --bitcoind'}
`);
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
  const rows: BenchRow[] = [];
  const failed: string[] = [];
  for (const name of modules) {
    process.stderr.write(`${name}...\n`);
    const measured = await measureApart(name);
    if (measured === null) failed.push(name);
    else rows.push(...measured);
  }
  const earlier = compare === undefined ? [] : (JSON.parse(readFileSync(compare, 'utf8')) as Result).rows;
  console.log(formatRows(rows, earlier));
  const result: Result = { ...head, rows: rows.map(withRatio) };
  writeFileSync(json, `${JSON.stringify(result, null, 2)}\n`);
  console.log(`\nwritten to ${json}`);
  if (failed.length === 0) return;
  console.error(`without a result: ${failed.join(', ')}`);
  process.exitCode = 1;
}

/** The same words again, and the module's name. Null if it failed, which leaves the others their turn. */
async function measureApart(name: string): Promise<readonly BenchRow[] | null> {
  const child = fork(fileURLToPath(import.meta.url), [...process.argv.slice(2), '--module', name]);
  let rows: readonly BenchRow[] | null = null;
  child.on('message', (message) => {
    rows = message as readonly BenchRow[];
  });
  await once(child, 'exit');
  return rows;
}
