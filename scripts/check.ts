/**
 * `npm run check [-- PATH...]`: what is worth knowing after each change, in some seconds: types (only what changed is
 * read again), lint of the changed files, and the unit tests of their folders, all at the same time. Changed is what
 * git says since the last commit; paths name others. Exit code 1 if anything is wrong.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..');
const BIN = join(ROOT, 'node_modules/.bin');
const CODE = /\.(ts|tsx|json|css)$/;

function changedFiles(): string[] {
  const status = execFileSync('git', ['status', '--porcelain', '-uall'], { cwd: ROOT, encoding: 'utf8' });
  return status
    .split('\n')
    .map((line) => line.slice(3).replace(/^.* -> /, ''))
    .filter((path) => path !== '' && existsSync(join(ROOT, path)));
}

/** Where the tests of a path are: of `src/a/b.ts` in `test/a`, or the nearest folder above it that there is. */
function testsOf(path: string): string | undefined {
  if (path.endsWith('.test.ts')) return path;
  const isFolder = statSync(join(ROOT, path)).isDirectory();
  let at = (isFolder ? path : dirname(path)).replace(/\/$/, '').replace(/^(src|test)\b/, 'test');
  if (!at.startsWith('test/')) return undefined;
  while (at !== 'test' && !existsSync(join(ROOT, at))) at = dirname(at);
  // A folder of all tests is not a part of them.
  return at === 'test' ? undefined : `${at}/`;
}

/** Runs a command to its end and shows what it printed if it failed. */
function run(name: string, command: string, args: readonly string[]): Promise<boolean> {
  const began = performance.now();
  const child = spawn(join(BIN, command), args, { cwd: ROOT });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  return new Promise((done) => {
    child.on('close', (code) => {
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      console.log(`${name}: ${code === 0 ? 'right' : 'WRONG'} (${seconds} s)`);
      if (code !== 0) console.log(output);
      done(code === 0);
    });
  });
}

const given = process.argv.slice(2);
const paths = given.length > 0 ? given : changedFiles();
const tests = [...new Set(paths.map(testsOf).filter((path) => path !== undefined))];
const lint = paths.filter((path) => CODE.test(path) || statSync(join(ROOT, path)).isDirectory());
const info = join(ROOT, 'node_modules/.cache/check.tsbuildinfo');
const verdicts = await Promise.all([
  run('types', 'tsc', ['-p', 'tsconfig.json', '--incremental', '--tsBuildInfoFile', info]),
  ...(lint.length > 0
    ? [run('lint', 'biome', ['check', '--error-on-warnings', '--no-errors-on-unmatched', ...lint])]
    : []),
  ...(tests.length > 0
    ? [run(`tests in ${tests.join(' ')}`, 'vitest', ['run', '--project', 'unit', ...tests])]
    : []),
]);
process.exitCode = verdicts.every((isRight) => isRight) ? 0 : 1;
