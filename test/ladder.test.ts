/**
 * The import ladder of src/README.md: who may import whom, `import type` included; no ring of modules;
 * no barrel; nothing of Node or the DOM in the rules.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

/** Parts by folder below src, longest match first; each may import itself, seams.ts (types) and what is listed. */
const CORE = ['encoding', 'parameters', 'transaction', 'script', 'block', 'consensus'].map(
  (part) => `core/${part}`,
);
const NODE = ['rpc', 'wallet', 'network', 'mining', 'mempool', 'indexes', 'chain', ...CORE];
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'core/encoding': [],
  'core/parameters': ['core/encoding'],
  'core/transaction': ['core/encoding', 'core/parameters'],
  'core/script': ['core/encoding', 'core/parameters', 'core/transaction'],
  'core/block': ['core/encoding', 'core/parameters', 'core/transaction', 'core/script'],
  'core/consensus': ['core/encoding', 'core/parameters', 'core/transaction', 'core/script', 'core/block'],
  chain: CORE,
  indexes: ['chain', ...CORE],
  mempool: ['chain', ...CORE],
  mining: ['mempool', 'chain', ...CORE],
  network: ['mempool', 'chain', ...CORE],
  wallet: CORE,
  rpc: ['wallet', 'network', 'mining', 'mempool', 'indexes', 'chain', ...CORE],
  // The composition root, and the translation that only it needs.
  'node.ts': [...NODE, 'wallet-chain.ts'],
  'wallet-chain.ts': NODE,
  'seams.ts': [],
  'platform/memory': [...NODE, 'node.ts'],
  'platform/node': [...NODE, 'node.ts', 'platform/memory'],
  'platform/browser': [...NODE, 'node.ts', 'platform/memory'],
  simulation: [...NODE, 'node.ts', 'platform/memory'],
  web: ['rpc'],
};

interface Import {
  readonly from: string;
  /** Path below src, or the name of a package. */
  readonly to: string;
  readonly isType: boolean;
}

const IMPORT = /^(?:import|export)\s+(type\s)?(?:[\s\S]*?\sfrom\s+)?'([^']+)'/gm;
const DYNAMIC = /\bimport\('([^']+)'\)/g;

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

const imports: readonly Import[] = files.flatMap((from) => {
  const text = readFileSync(join(SRC, from), 'utf8');
  const resolve = (to: string) => (to.startsWith('.') ? relative(SRC, join(SRC, dirname(from), to)) : to);
  return [
    ...[...text.matchAll(IMPORT)].map((match) => ({
      from,
      to: resolve(match[2]!),
      isType: match[1] !== undefined,
    })),
    ...[...text.matchAll(DYNAMIC)].map((match) => ({ from, to: resolve(match[1]!), isType: false })),
  ];
});

function partOf(file: string): string {
  return Object.keys(MAY_IMPORT).find((part) => file === part || file.startsWith(`${part}/`)) ?? file;
}

test('every file is in a part of the house', () => {
  expect(files.filter((file) => !(partOf(file) in MAY_IMPORT))).toEqual([]);
});

test('imports go down the ladder only', () => {
  const wrong = imports.filter(({ from, to, isType }) => {
    if (!files.includes(to)) return false;
    if (to === 'seams.ts') return !isType && from !== 'seams.ts';
    const [part, other] = [partOf(from), partOf(to)];
    return part !== other && MAY_IMPORT[part]?.includes(other) === false;
  });
  expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
});

test('the rules and the parts above them know neither Node nor platform packages', () => {
  const allowed = /^(@noble\/|@scure\/)/;
  const wrong = imports.filter(({ from, to }) => {
    const isPackage = !files.includes(to) && !to.includes('/src/') && !/\.(json|ts)$/.test(to);
    return isPackage && !/^(platform|web)\//.test(from) && !allowed.test(to);
  });
  expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
});

test('no modules import each other in a ring', () => {
  const next = (file: string) =>
    imports.filter(({ from, to, isType }) => from === file && !isType && files.includes(to));
  const done = new Set<string>();
  const rings: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) rings.push([...path.slice(path.indexOf(file)), file].join(' -> '));
    if (done.has(file) || path.includes(file)) return;
    for (const { to } of next(file)) visit(to, [...path, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  expect(rings).toEqual([]);
});

test('there are no barrel files', () => {
  expect(files.filter((file) => /(^|\/)index\.ts$/.test(file))).toEqual([]);
});
