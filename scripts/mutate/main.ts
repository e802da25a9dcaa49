/**
 * `npm run mutate -- [--seed S] [--count N] [--only PATH]... [--jobs J]`: draws N mutants of src at random, from a
 * seed, and asks the unit tests whether they notice. Works in a copy of the tree; survivors are listed. Exit code 1
 * if there are any.
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
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Mutant, mutantsOf } from './mutations.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const NOT_COPIED = ['.git', 'node_modules', 'dist'];
/** Judged by tests in a browser, which are not run here. */
const LEFT_OUT = /^src\/(web|platform\/browser)\//;

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
  for (const name of readdirSync(ROOT))
    if (!NOT_COPIED.includes(name)) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  process.once('exit', () => rmSync(copy, { recursive: true, force: true }));
  return copy;
}

/** Runs tests until the first that fails; false if one does, or if they take too long. @param tests files, or folders with a slash at the end, apart by a blank @param show prints */
function passes(copy: string, tests: string, timeout: number, show = false): Promise<boolean> {
  const vectors = process.env.PENNY_VECTORS ?? resolve(ROOT, '../shared/vectors');
  const vitest = join('node_modules', 'vitest', 'vitest.mjs');
  const options = [
    '--project',
    'unit',
    '--project',
    'conformance',
    '--bail',
    '1',
    '--no-file-parallelism',
    '--no-isolate',
  ];
  const child = spawn(process.execPath, [vitest, 'run', ...tests.split(' '), ...options], {
    cwd: copy,
    env: { ...process.env, ...(existsSync(vectors) ? { PENNY_VECTORS: vectors } : {}) },
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output = (output + text).slice(-5_000);
  });
  return new Promise((done) => {
    // A mutant may run in a circle. The whole group is ended: vitest has workers.
    const timer = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), timeout);
    child.on('close', (code) => {
      clearTimeout(timer);
      if (show && code !== 0) console.log(output);
      done(code === 0);
    });
  });
}

/** Milliseconds that tests may take without any mutant. */
const LONGEST = 1_200_000;

/** The unit tests that import a file themselves. */
function importersOf(copy: string, file: string): string[] {
  const tests = readdirSync(join(copy, 'test'), { recursive: true, encoding: 'utf8' })
    .map((path) => `test/${path}`)
    .filter((path) => path.endsWith('.test.ts') && !/^test\/(functional|slow)\//.test(path));
  return tests.filter((path) => {
    const specifier = relative(dirname(path), file);
    return readFileSync(join(copy, path), 'utf8').includes(`${specifier}'`);
  });
}

/** Where tests may notice a change of a file: those that import it, then its room's, which mostly do, and last all that could. */
function testsFor(copy: string, { file }: Mutant): string[] {
  const own = file.replace(/^src\/(.*\/)?[^/]+$/, 'test/$1');
  const room = `${own.split('/').slice(0, 2).join('/')}/`.replace('//', '/');
  // Those of the rules need nothing else; what others get wrong may show anywhere.
  const all = room === 'test/core/' ? [room, 'test/conformance/'] : ['test/'];
  const folders = [own, room, ...all].filter((folder) => existsSync(join(copy, folder)));
  return [...new Set([importersOf(copy, file).join(' '), ...folders])].filter((tests) => tests !== '');
}

/** How long tests may take with a mutant: a few times what they take without. */
class Patience {
  readonly #known = new Map<string, Promise<number>>();

  of(copy: string, tests: string): Promise<number> {
    const known = this.#known.get(tests) ?? this.#measure(copy, tests);
    this.#known.set(tests, known);
    return known;
  }

  async #measure(copy: string, tests: string): Promise<number> {
    const start = performance.now();
    if (!(await passes(copy, tests, LONGEST, true)))
      throw new Error(`${tests}: tests fail without any mutant`);
    return 5_000 + 4 * (performance.now() - start);
  }
}

/** True if some test fails, or never ends, with the mutant in place. */
async function isKilled(copy: string, mutant: Mutant, patience: Patience): Promise<boolean> {
  const path = join(copy, mutant.file);
  const original = readFileSync(path);
  for (const tests of testsFor(copy, mutant)) {
    const timeout = await patience.of(copy, tests);
    writeFileSync(path, mutant.code);
    try {
      if (!(await passes(copy, tests, timeout))) return true;
    } finally {
      writeFileSync(path, original);
    }
  }
  return false;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: `${Date.now() % 1_000_000}` },
      count: { type: 'string', default: '100' },
      only: { type: 'string', multiple: true, default: ['src'] },
      jobs: { type: 'string', default: '2' },
    },
  });
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .map((file) => `src/${file}`)
    .filter((file) => file.endsWith('.ts') && !LEFT_OUT.test(file))
    .filter((file) => values.only.some((path) => file.startsWith(path)))
    .sort();
  const all = files.flatMap((file) => mutantsOf(file, readFileSync(join(ROOT, file), 'utf8')));
  const drawn = draw(all, Number(values.count), Number(values.seed));
  console.log(`seed ${values.seed}: ${drawn.length} of ${all.length} mutants in ${files.length} files`);

  const survivors: Mutant[] = [];
  const patience = new Patience();
  const queue = drawn.entries();
  const work = async (): Promise<void> => {
    const copy = copyTree();
    for (const [index, mutant] of queue) {
      const killed = await isKilled(copy, mutant, patience);
      if (!killed) survivors.push(mutant);
      const where = `${mutant.file}:${mutant.line}`;
      console.log(`${index + 1} ${killed ? 'killed  ' : 'SURVIVED'} ${where}  ${mutant.change}`);
    }
    // Tests that fail for another reason would have killed anything.
    if (!(await passes(copy, 'test/', LONGEST, true)))
      throw new Error('tests fail without any mutant: all is void');
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, work));

  for (const { file, line, change, before, after } of survivors)
    console.log(`\nSURVIVED ${file}:${line}  ${change}\n  - ${before}\n  + ${after}`);
  console.log(`\n${drawn.length - survivors.length} killed, ${survivors.length} survived`);
  return survivors.length === 0 ? 0 : 1;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
process.exitCode = await main();
