/**
 * `npm run mutate -- [--seed S] [--count N] [--only PATH]... [--jobs J]`: draws N mutants of src/core at
 * random, from a seed, and asks the tests whether they notice. Works in a copy of the tree; survivors are
 * listed. Exit code 1 if there are any.
 */
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Mutant, mutantsOf } from './mutations.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const COPIED = [
  'src',
  'test',
  'scripts',
  'genesis.json',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
];
/** The tests of core take a few seconds: one that takes this long runs in a circle. */
const TIMEOUT = 90_000;

/** A small generator of numbers in [0, 1) that a seed decides (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function draw(mutants: Mutant[], count: number, seed: number): Mutant[] {
  const random = randomFrom(seed);
  const left = [...mutants];
  const drawn: Mutant[] = [];
  while (drawn.length < count && left.length > 0)
    drawn.push(...left.splice(Math.floor(random() * left.length), 1));
  return drawn;
}

function copyTree(): string {
  const copy = mkdtempSync(join(tmpdir(), 'penny-mutate-'));
  for (const name of COPIED) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  process.once('exit', () => rmSync(copy, { recursive: true, force: true }));
  return copy;
}

type Outcome = 'passed' | 'failed' | 'timeout';

/** Runs the tests that import a file, directly or not, until the first that fails. */
function runTests(copy: string, folder: string, file: string): Promise<Outcome> {
  const vectors = process.env.PENNY_VECTORS ?? resolve(ROOT, '../shared/vectors');
  const child = spawn(
    process.execPath,
    [
      join('node_modules', 'vitest', 'vitest.mjs'),
      'related',
      file,
      '--run',
      '--project',
      'unit',
      '--bail',
      '1',
    ].concat(['--dir', folder, '--passWithNoTests', '--no-file-parallelism']),
    {
      cwd: copy,
      env: { ...process.env, ...(existsSync(vectors) ? { PENNY_VECTORS: vectors } : {}) },
      stdio: 'ignore',
      detached: true,
    },
  );
  return new Promise((done) => {
    let outcome: Outcome | null = null;
    const timer = setTimeout(() => {
      outcome = 'timeout';
      // The group: vitest has workers.
      process.kill(-child.pid!, 'SIGKILL');
    }, TIMEOUT);
    child.on('close', (code) => {
      clearTimeout(timer);
      done(outcome ?? (code === 0 ? 'passed' : 'failed'));
    });
  });
}

/** True if some test fails, or never ends, with the mutant in place. */
async function isKilled(copy: string, mutant: Mutant): Promise<boolean> {
  const path = join(copy, mutant.file);
  const original = readFileSync(path);
  writeFileSync(path, mutant.code);
  try {
    // First where its own tests are, which mostly find it.
    const own = mutant.file.replace(/^src\/(.*)\/[^/]+$/, 'test/$1');
    for (const folder of [own, 'test/core'])
      if (existsSync(join(copy, folder)) && (await runTests(copy, folder, mutant.file)) !== 'passed')
        return true;
    return false;
  } finally {
    writeFileSync(path, original);
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: `${Date.now() % 1_000_000}` },
      count: { type: 'string', default: '100' },
      only: { type: 'string', multiple: true, default: ['src/core'] },
      jobs: { type: 'string', default: '2' },
    },
  });
  const files = readdirSync(join(ROOT, 'src/core'), { recursive: true, encoding: 'utf8' })
    .map((file) => `src/core/${file}`)
    .filter((file) => file.endsWith('.ts') && values.only.some((path) => file.startsWith(path)))
    .sort();
  const all = files.flatMap((file) => mutantsOf(file, readFileSync(join(ROOT, file), 'utf8')));
  const drawn = draw(all, Number(values.count), Number(values.seed));
  console.log(`seed ${values.seed}: ${drawn.length} of ${all.length} mutants in ${files.length} files`);

  const survivors: Mutant[] = [];
  const queue = drawn.entries();
  const work = async (): Promise<void> => {
    const copy = copyTree();
    for (const [index, mutant] of queue) {
      const killed = await isKilled(copy, mutant);
      if (!killed) survivors.push(mutant);
      const where = `${mutant.file}:${mutant.line}`;
      console.log(`${index + 1} ${killed ? 'killed  ' : 'SURVIVED'} ${where}  ${mutant.change}`);
    }
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, work));

  for (const { file, line, change, before, after } of survivors)
    console.log(`\nSURVIVED ${file}:${line}  ${change}\n  - ${before}\n  + ${after}`);
  console.log(`\n${drawn.length - survivors.length} killed, ${survivors.length} survived`);
  return survivors.length === 0 ? 0 : 1;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
process.exitCode = await main();
