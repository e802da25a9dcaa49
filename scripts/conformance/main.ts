/**
 * `npm run conformance -- DIR|FILE... [--only GLOB] [--show N] [--signature-engine NAME] [--dbcache MIB]`:
 * runs every known vector file below the given folders (default: ../shared/vectors). A line per file, the first
 * failing rows, the totals last; exit code 1 on any failure. With any engine and any cache the answers are the same.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { parseArgs } from 'node:util';
import { bindFastHashes } from '../../src/platform/node/hashes.ts';
import { settings } from './settings.ts';
import { type ConformanceModule, NOT_APPLICABLE, Report, type Runner, VectorFile } from './suite.ts';

/** One a part of the rules: `./<name>.ts` exports `conformance`, which names the files it knows. */
const MODULES = [
  'script',
  'tx',
  'crypto',
  'keys',
  'blocks',
  'filters',
  'chain-facts',
  'chain',
  'p2p',
  'psbt',
  'descriptors',
  'rpc',
] as const;

/** No vectors: what describes them, and the sealed half. */
const NO_VECTORS = ['README.md', 'MANIFEST.json', 'acceptance-half.bin', '*COPYING', '*LICENSE', '.*'];

const SHARED_VECTORS = process.env.PENNY_VECTORS ?? resolve(import.meta.dirname, '../../../shared/vectors');

interface Known {
  readonly runner: Runner | null;
  /** A file in a folder of the module's name is its own, whatever other modules match. */
  readonly module: string;
}

function matches(glob: string, text: string): boolean {
  const pattern = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${pattern}$`).test(text);
}

/** By the whole path, or any end of it that begins with a folder's or the file's name. */
function isSelected(glob: string, path: string): boolean {
  const parts = path.split(sep);
  return parts.some((_, i) => matches(glob, parts.slice(i).join('/')));
}

async function loadModules(): Promise<ReadonlyMap<string, ConformanceModule>> {
  const modules = new Map<string, ConformanceModule>();
  for (const name of MODULES) {
    if (!existsSync(join(import.meta.dirname, `${name}.ts`))) continue;
    const { conformance } = (await import(`./${name}.ts`)) as { conformance: ConformanceModule };
    modules.set(name, conformance);
  }
  return modules;
}

function recognise(file: VectorFile, modules: ReadonlyMap<string, ConformanceModule>): Known | undefined {
  const candidates: Known[] = [];
  for (const [module, { runners, companions = [] }] of modules) {
    const name = Object.keys(runners).find((glob) => matches(glob, file.name));
    if (name !== undefined) candidates.push({ runner: runners[name]!, module });
    else if (companions.some((glob) => matches(glob, file.name))) candidates.push({ runner: null, module });
  }
  return candidates.find(({ module }) => module === file.folder) ?? candidates[0];
}

/** All files below a folder, sorted by path. */
function listFiles(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  const entries = readdirSync(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Finds companions by name: beside the file, then in the folders given, then in the shared vectors. */
function finder(path: string, given: readonly string[]): (name: string) => string | undefined {
  return (name) => {
    const beside = join(dirname(path), name);
    if (existsSync(beside)) return beside;
    const shared = existsSync(SHARED_VECTORS) ? listFiles(SHARED_VECTORS) : [];
    return [...given, ...shared].find((candidate) => basename(candidate) === name);
  };
}

async function runFile(file: VectorFile, runner: Runner): Promise<Report> {
  const report = new Report();
  try {
    await runner(file, report);
  } catch (error) {
    report.fail('(the file)', error);
  }
  return report;
}

function printReport(path: string, report: Report, show: number, milliseconds: number): void {
  const skipped = [...report.notApplicable.values()].reduce((sum, rows) => sum + rows, 0);
  const tail = skipped === 0 ? '' : `, ${skipped} not applicable`;
  console.log(`${path}: ${report.passed} passed, ${report.failed} failed${tail}`);
  for (const reason of report.notApplicable.keys())
    console.log(`    not applicable: ${NOT_APPLICABLE[reason]}`);
  for (const note of report.notes) console.log(`    ${note}`);
  for (const { row, message } of report.failures.slice(0, show))
    console.log(`    FAILED ${row}\n        ${message.replaceAll('\n', '\n        ')}`);
  if (report.failed > show) console.log(`    ... and ${report.failed - show} more`);
  if (milliseconds > 5000) console.log(`    took ${(milliseconds / 1000).toFixed(1)} s`);
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      only: { type: 'string' },
      show: { type: 'string', default: '5' },
      'signature-engine': { type: 'string' },
      dbcache: { type: 'string' },
    },
  });
  if (values['signature-engine'] !== undefined) settings.signatureEngine = values['signature-engine'];
  if (values.dbcache !== undefined) {
    if (!/^\d{1,6}$/.test(values.dbcache))
      throw new Error(`--dbcache ${values.dbcache}: a number of MiB is meant`);
    settings.dbcache = Number(values.dbcache);
  }
  bindFastHashes();
  const modules = await loadModules();
  const roots = positionals.length > 0 ? positionals : [SHARED_VECTORS];
  const missing = roots.filter((root) => !existsSync(root));
  if (missing.length > 0) {
    console.error(`no such file or folder: ${missing.join(', ')}`);
    return 2;
  }
  const files = roots.flatMap((root) =>
    listFiles(resolve(root)).map((path) => ({ path, root: resolve(root) })),
  );
  const paths = files.map(({ path }) => path);
  let passed = 0;
  let failed = 0;
  const unknown: string[] = [];
  for (const { path, root } of files) {
    const shown = relative(statSync(root).isDirectory() ? dirname(root) : root, path) || path;
    if (NO_VECTORS.some((glob) => matches(glob, basename(path)))) continue;
    if (values.only !== undefined && !isSelected(values.only, shown)) continue;
    const file = new VectorFile(path, finder(path, paths));
    const known = recognise(file, modules);
    if (known === undefined) unknown.push(shown);
    if (known === undefined || known.runner === null) continue;
    const started = performance.now();
    const report = await runFile(file, known.runner);
    printReport(shown, report, Number(values.show), performance.now() - started);
    passed += report.passed;
    failed += report.failed;
  }
  for (const path of unknown) console.log(`${path}: unknown file, not run`);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main();
