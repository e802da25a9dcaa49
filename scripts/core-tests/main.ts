/**
 * `npm run core-tests -- --core DIR [--required] [names]`: Bitcoin Core's own functional tests, unmodified, with
 * `pennyd` in bitcoind's place. DIR is a build of Bitcoin Core (`test/functional`, `bin/bitcoin-cli`,
 * `bin/bitcoin-util`; the daemon need not be built). All that Core's runner names unless names are given, or
 * `--required`. A line for each test, the sum at last; exit code 1 if any failed. `--jobs` run side by side,
 * `--timeout-factor` prolongs the tests' own waits, `--log DIR` keeps what failed tests wrote.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { allTests, REQUIRED } from './lists.ts';
import { type Outcome, type Result, runTest, type Surroundings } from './run-test.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    core: { type: 'string' },
    required: { type: 'boolean', default: false },
    jobs: { type: 'string', default: String(availableParallelism()) },
    limit: { type: 'string', default: '1800' },
    log: { type: 'string' },
    'timeout-factor': { type: 'string', default: '4' },
  },
});

const functional = join(resolve(values.core ?? ''), 'test/functional');
if (values.core === undefined || !existsSync(join(functional, 'test_runner.py'))) {
  console.error('usage: npm run core-tests -- --core DIR [names], where DIR is a build of Bitcoin Core');
  process.exit(2);
}
const where: Surroundings = {
  functional,
  daemon: fileURLToPath(new URL('../../dist/platform/node/cli/pennyd.js', import.meta.url)),
  directory: mkdtempSync(join(tmpdir(), 'penny-core-tests-')),
  timeoutFactor: Number(values['timeout-factor']),
  limit: Number(values.limit),
};
const named = positionals.map((name) => name.replace('.py', ''));
const tests = named.length > 0 ? named : values.required ? [...REQUIRED] : allTests(functional);

const counts: Record<Outcome, number> = { passed: 0, failed: 0, skipped: 0 };
function tell({ test, outcome, seconds, line, output }: Result): void {
  counts[outcome]++;
  console.log(`${test}: ${outcome}, ${seconds.toFixed(0)} s${line && `: ${line}`}`);
  if (values.log === undefined || outcome !== 'failed') return;
  mkdirSync(values.log, { recursive: true });
  writeFileSync(join(values.log, `${test.replaceAll(' ', '')}.txt`), output);
}

try {
  // The chain that most tests begin with is made once, before they run side by side.
  if (tests.length > 1) {
    const made = await runTest('create_cache', where);
    if (made.outcome !== 'passed') console.log(`create_cache: ${made.line}`);
  }
  const waiting = [...tests];
  const work = async (): Promise<void> => {
    for (let test = waiting.shift(); test !== undefined; test = waiting.shift())
      tell(await runTest(test, where));
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, work));
} finally {
  rmSync(where.directory, { recursive: true, force: true });
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed === 0 ? 0 : 1;
