/**
 * `npm run conformance -- DIR|FILE... [--only GLOB] [--show N] [--signature-engine NAME] [--dbcache MIB]`:
 * has Vitest run every known vector file below the given folders (default: ../shared/vectors). A line per file, the first
 * rows that are not right, the totals last; exit code 1 on any failure. With any engine and any cache the answers are
 * the same.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startVitest, type TestCase, type TestModule, type TestSuite } from 'vitest/node';
import { SETTINGS } from './settings.ts';
import { SHARED_VECTORS } from './shared-vectors.ts';

const messagesOf = (errors: readonly { message: string; stack?: string }[]): string =>
  errors.map(({ message }) => message).join('\n');

/** One vector file. @returns how many rows passed and failed */
function printFile(suite: TestSuite, show: number): readonly [passed: number, failed: number] {
  const cases = [...suite.children.allTests()];
  const inState = (state: string): TestCase[] => cases.filter((test) => test.result().state === state);
  const [passed, failed, skipped] = [inState('passed'), inState('failed'), inState('skipped')];
  const reasons = skipped.map(({ name }) => name);
  const [unknown] = reasons.filter((name) => name.startsWith('unknown file'));
  if (unknown !== undefined) {
    console.log(`${suite.name}: ${unknown}`);
    return [0, 0];
  }
  const idle = reasons.filter((name) => name.startsWith('not applicable'));
  const tail = idle.length === 0 ? '' : `, ${idle.length} not applicable`;
  console.log(`${suite.name}: ${passed.length} passed, ${failed.length} failed${tail}`);
  for (const reason of new Set(reasons)) console.log(`    ${reason}`);
  for (const test of failed.slice(0, show)) {
    const message = messagesOf(test.result().errors ?? []);
    console.log(`    FAILED ${test.name}\n        ${message.replaceAll('\n', '\n        ')}`);
  }
  if (failed.length > show) console.log(`    ... and ${failed.length - show} more`);
  return [passed.length, failed.length];
}

/** @param broken what Vitest says beside the rows: none of it should be */
function printAll(
  modules: readonly TestModule[],
  broken: readonly { message: string }[],
  show: number,
): void {
  const errors = [...broken, ...modules.flatMap((module) => module.errors())];
  let passed = 0;
  let failed = errors.length;
  for (const module of modules)
    for (const suite of module.children.suites()) {
      const [right, wrong] = printFile(suite, show);
      passed += right;
      failed += wrong;
    }
  if (errors.length > 0) console.log(`FAILED outside of the rows: ${messagesOf(errors)}`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      only: { type: 'string' },
      show: { type: 'string', default: '5' },
      'signature-engine': { type: 'string' },
      dbcache: { type: 'string' },
    },
  });
  const { only, show, dbcache } = values;
  if (dbcache !== undefined && !/^\d{1,6}$/.test(dbcache))
    throw new Error(`--dbcache ${dbcache}: a number of MiB is meant`);
  const roots = (positionals.length > 0 ? positionals : [SHARED_VECTORS]).map((root) => resolve(root));
  const missing = roots.filter((root) => !existsSync(root));
  if (missing.length > 0) {
    console.error(`no such file or folder: ${missing.join(', ')}`);
    process.exitCode = 2;
    return;
  }
  process.env[SETTINGS] = JSON.stringify({
    roots,
    only,
    signatureEngine: values['signature-engine'],
    ...(dbcache !== undefined && { dbcache: Number(dbcache) }),
  });
  const vitest = await startVitest('test', [], {
    root: resolve(import.meta.dirname, '../..'),
    project: ['conformance'],
    watch: false,
    reporters: [{ onTestRunEnd: (modules, broken) => printAll(modules, broken, Number(show)) }],
  });
  await vitest.close();
}

await main();
