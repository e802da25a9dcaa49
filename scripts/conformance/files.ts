/** Which files hold vectors, and who makes rows of each. Owns no row and no output. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { conformance as blocks } from './blocks.ts';
import { conformance as chain } from './chain.ts';
import { conformance as chainFacts } from './chain-facts.ts';
import { conformance as crypto } from './crypto.ts';
import { conformance as descriptors } from './descriptors.ts';
import { conformance as filters } from './filters.ts';
import { conformance as keys } from './keys.ts';
import { conformance as p2p } from './p2p.ts';
import { conformance as psbt } from './psbt.ts';
import { conformance as rpc } from './rpc.ts';
import { conformance as script } from './script.ts';
import { SHARED_VECTORS } from './shared-vectors.ts';
import { type ConformanceModule, Report, type Runner, VectorFile } from './suite.ts';
import { conformance as tx } from './tx.ts';

/** By the folder that each has in the shared vectors. */
const MODULES: readonly (readonly [folder: string, module: ConformanceModule])[] = [
  ...Object.entries({ script, tx, crypto, keys, blocks, filters, chain, p2p, psbt, descriptors, rpc }),
  ['chain', chainFacts],
];

/** No vectors: what describes them, and the sealed half. */
const NO_VECTORS = ['README.md', 'MANIFEST.json', 'acceptance-half.bin', '*COPYING', '*LICENSE', '.*'];

export interface FoundFile {
  readonly file: VectorFile;
  /** Its path, beginning with the name of the folder that was given. */
  readonly shown: string;
  /** Undefined of a file that nobody knows. */
  readonly runner: Runner | undefined;
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

/** A file in a folder of a module's name is that module's, whatever other modules match. Null: read with another one. */
function recognise(file: VectorFile): Runner | null | undefined {
  type Candidate = { folder: string; runner: Runner | null };
  const candidates = MODULES.flatMap<Candidate>(([folder, { runners, companions = [] }]) => {
    const name = Object.keys(runners).find((glob) => matches(glob, file.name));
    if (name !== undefined) return [{ folder, runner: runners[name]! }];
    return companions.some((glob) => matches(glob, file.name)) ? [{ folder, runner: null }] : [];
  });
  return (candidates.find(({ folder }) => folder === file.folder) ?? candidates[0])?.runner;
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

/** The vector files below folders, or the files themselves. @param only a glob that chooses among them */
export function findFiles(roots: readonly string[], only = '*'): FoundFile[] {
  const files = roots
    .map((root) => resolve(root))
    .flatMap((root) => listFiles(root).map((path) => ({ path, root })));
  const paths = files.map(({ path }) => path);
  return files.flatMap(({ path, root }) => {
    const shown = relative(statSync(root).isDirectory() ? dirname(root) : root, path) || path;
    if (NO_VECTORS.some((glob) => matches(glob, basename(path))) || !isSelected(only, shown)) return [];
    const file = new VectorFile(path, finder(path, paths));
    const runner = recognise(file);
    return runner === null ? [] : [{ file, shown, runner }];
  });
}

/** All rows of a file. What breaks outside of them is a row that is not right. */
export async function readRows({ file, runner }: FoundFile): Promise<Report> {
  const report = new Report();
  try {
    await runner?.(file, report);
  } catch (error) {
    report.fail('(the file)', error);
  }
  return report;
}
