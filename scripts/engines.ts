/**
 * `npm run engines -- [VERSION...]`: whether Penny runs under other versions of Node than this one (default: 22 and 24),
 * as npm's package `node` has them: a node that mines, pays, is killed and starts again, its RPC, its stores and its
 * signature engines. A version that cannot be had is named and not run. The last line is the sum; exit code 1 on any failure.
 */
import { execFile, spawnSync } from 'node:child_process';
import { delimiter, dirname, resolve } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';

const ROOT = resolve(import.meta.dirname, '..');
const TESTS = [
  'functional/pennyd',
  'functional/wallet-crash',
  'platform/node/rpc/http',
  'platform/storage',
  'platform/signatures',
];

/** The program of a version; undefined where npm has none. */
async function engine(version: string): Promise<string | undefined> {
  const words = ['--yes', '--package', `node@${version}`, '--call', 'node -p process.execPath'];
  const found = await promisify(execFile)('npx', words, { timeout: 180_000 }).catch(() => undefined);
  return found?.stdout.trim();
}

const count = (output: string, what: string): number =>
  Number(new RegExp(`^ *Tests .*?(\\d+) ${what}`, 'm').exec(output)?.[1] ?? 0);

const versions = process.argv.length > 2 ? process.argv.slice(2) : ['22', '24'];
let passed = 0;
let failed = 0;
for (const version of versions) {
  const node = await engine(version);
  if (node === undefined) {
    console.log(`node@${version} cannot be had: not run`);
    continue;
  }
  const vitest = resolve(ROOT, 'node_modules/vitest/vitest.mjs');
  const tests = TESTS.map((path) => `test/${path}`);
  const { status, stdout } = spawnSync(
    node,
    [vitest, 'run', '--project', 'unit', '--project', 'functional', ...tests],
    {
      cwd: ROOT,
      env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` },
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    },
  );
  const output = stripVTControlCharacters(stdout);
  const right = count(output, 'passed');
  // What breaks without a test that fails is one failure.
  const wrong = count(output, 'failed') || (status === 0 ? 0 : 1);
  if (wrong > 0) console.log(output);
  console.log(`node@${version}: ${right} passed, ${wrong} failed`);
  passed += right;
  failed += wrong;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
