import { describe, expect, it } from 'vitest';
import { SOURCE_FILES, type SourceFile, USERS } from './source.ts';

/** Who may import whom: a folder of src/ to the folders that it may use, besides itself. */
const NODE_PARTS = [
  'chain',
  'indexes',
  'mempool',
  'mining',
  'network',
  'wallet',
  'formats',
  'rpc',
  'events',
  'dev',
];
const LADDER: Readonly<Record<string, readonly string[]>> = {
  core: [],
  chain: ['core'],
  indexes: ['mempool', 'chain', 'core'],
  mempool: ['chain', 'core'],
  mining: ['mempool', 'chain', 'core'],
  network: ['mempool', 'chain', 'core'],
  wallet: ['core'],
  formats: ['wallet', 'core'],
  rpc: ['formats', 'wallet', 'network', 'mining', 'mempool', 'indexes', 'chain', 'core'],
  events: ['rpc', 'formats', 'wallet', 'network', 'mempool', 'chain', 'core'],
  dev: ['rpc', 'wallet', 'network', 'mining', 'mempool', 'indexes', 'chain', 'core'],
  client: ['', 'events', 'rpc'],
  rest: ['rpc', 'formats', 'indexes', 'chain', 'core'],
  // The composition root: node.ts, and what is split off from it.
  '': [...NODE_PARTS, 'core'],
  platform: ['', ...NODE_PARTS, 'core', 'client', 'rest'],
  simulation: ['', ...NODE_PARTS, 'core', 'platform'],
  testing: ['', ...NODE_PARTS, 'core', 'client', 'platform', 'simulation'],
  // The page: a client like any other; what it knows of events and methods are their types; scripts it runs by itself.
  web: ['client', 'events', 'formats', 'core'],
};

/** The same within core. */
const CORE_LADDER: Readonly<Record<string, readonly string[]>> = {
  encoding: [],
  parameters: ['encoding'],
  transaction: ['parameters', 'encoding'],
  script: ['transaction', 'parameters', 'encoding'],
  block: ['transaction', 'parameters', 'encoding'],
  consensus: ['block', 'script', 'transaction', 'parameters', 'encoding'],
};

/** The same within platform. */
const PLATFORM_LADDER: Readonly<Record<string, readonly string[]>> = {
  memory: [],
  shared: ['memory'],
  node: ['shared', 'memory'],
  browser: ['shared', 'memory'],
};
/** All that the page knows of the node that it may run itself. */
const NODE_IN_TAB = /^platform\/browser\/(node-client|protocol)\.ts$/;

/** What every part but platform may take from outside: pure functions, audited. */
const PURE_PACKAGES = /^@(noble|scure)\//;
/** Loaded only where the platform lacks what it is for. */
const STANDINS: readonly string[] = ['client/events.ts -> ws'];
/** Folders that may use Node, browsers and any package. */
const FREE = /^(platform|web|testing)\//;

/** Past 400 lines a file wants a reason. */
const LONGEST = 400;
const LONG_WITH_REASON: Readonly<Record<string, string>> = {};

/** What the package exports is named in one place, and so is what files of methods need. */
const PUBLIC_ENTRIES: readonly string[] = ['core-api.ts', 'rpc/kit.ts', 'testing/testing.ts'];
/** What others import under the package's names. */
const ENTRIES = /^(core-api|client\/.*|testing\/testing)\.ts$/;
/** Types that stand in the declarations of other files, without being named there. */
const DECLARED: readonly string[] = ['Inventory', 'TransactionForms', 'UploadState'];
/** Runs in its user's program, whose clock is the real one. */
const CLIENT = /^client\//;

const folderOf = (path: string): string => (path.includes('/') ? path.slice(0, path.indexOf('/')) : '');
const partOf = (path: string): string => path.split('/')[1]!;

/** All imports that break a rule, as `file -> target`. */
function offenders(
  files: readonly SourceFile[],
  breaks: (file: SourceFile, target: string, isPackage: boolean, typesOnly: boolean) => boolean,
): string[] {
  return files.flatMap((file) =>
    file.imports
      .filter(({ target, isPackage, typesOnly }) => breaks(file, target, isPackage, typesOnly))
      .map(({ target }) => `${file.path} -> ${target}`),
  );
}

const inCore = SOURCE_FILES.filter(({ path }) => path.startsWith('core/'));

describe('the house', () => {
  it('has files, and their imports are found', () => {
    expect(inCore.length).toBeGreaterThan(30);
    const rules = SOURCE_FILES.find(({ path }) => path === 'core/consensus/connect-block.ts')!;
    const targets = rules.imports.map(({ target }) => target);
    expect(targets).toContain('core/block/block.ts');
    expect(targets).toContain('core/consensus/undo.ts');
  });

  it('has no folder that the ladder does not know', () => {
    const unknown = SOURCE_FILES.filter(({ path }) => LADDER[folderOf(path)] === undefined);
    expect(unknown.map(({ path }) => path)).toEqual([]);
  });

  it('keeps the ladder', () => {
    const broken = offenders(SOURCE_FILES, ({ path }, target, isPackage) => {
      const [from, to] = [folderOf(path), folderOf(target)];
      if (isPackage || from === to || target === 'seams.ts') return false;
      return !LADDER[from]!.includes(to) && !(from === 'web' && NODE_IN_TAB.test(target));
    });
    expect(broken).toEqual([]);
  });

  it.each([
    ['core', CORE_LADDER],
    ['platform', PLATFORM_LADDER],
  ])('keeps the ladder within %s', (folder, ladder) => {
    const inside = (path: string) => path.startsWith(`${folder}/`);
    const broken = offenders(
      SOURCE_FILES.filter(({ path }) => inside(path)),
      ({ path }, target, isPackage) => {
        const [from, to] = [partOf(path), partOf(target)];
        return !isPackage && inside(target) && from !== to && !ladder[from]!.includes(to);
      },
    );
    expect(broken).toEqual([]);
  });

  it('takes types only from seams.ts', () => {
    const broken = offenders(
      SOURCE_FILES,
      (_, target, isPackage, typesOnly) => !isPackage && target === 'seams.ts' && !typesOnly,
    );
    expect(broken).toEqual([]);
  });

  it('uses Node and packages in platform and web only, but for the audited cryptography', () => {
    const broken = offenders(
      SOURCE_FILES,
      ({ path }, target, isPackage) => isPackage && !FREE.test(path) && !PURE_PACKAGES.test(target),
    );
    expect(broken).toEqual(STANDINS);
  });

  it('has no modules that import each other in a ring, not for types either', () => {
    const graph = new Map(
      SOURCE_FILES.map(({ path, imports }) => [path, imports.map(({ target }) => target)]),
    );
    const done = new Set<string>();
    const rings: string[] = [];
    const visit = (path: string, way: readonly string[]): void => {
      if (way.includes(path)) rings.push([...way.slice(way.indexOf(path)), path].join(' -> '));
      if (done.has(path)) return;
      done.add(path);
      for (const target of graph.get(path) ?? []) visit(target, [...way, path]);
    };
    for (const path of graph.keys()) visit(path, []);
    expect(rings).toEqual([]);
  });

  it('exports nothing that no other file names', () => {
    const words = (text: string): Set<string> => new Set(text.match(/\w+/g));
    const known = new Map(SOURCE_FILES.map(({ path, text }) => [path, words(text)]));
    const counts = new Map<string, number>();
    for (const each of [...known.values(), ...USERS.map(words)])
      for (const word of each) counts.set(word, (counts.get(word) ?? 0) + 1);
    const idle = SOURCE_FILES.filter(({ path }) => !ENTRIES.test(path)).flatMap(({ path, text }) =>
      [
        ...text.matchAll(
          /^export (?:abstract )?(?:async )?(?:interface|type|class|function\*?|const) (\w+)/gm,
        ),
      ]
        .filter(([, name]) => counts.get(name!) === 1 && !DECLARED.includes(name!))
        .map(([, name]) => `${path}: ${name}`),
    );
    expect(idle).toEqual([]);
  });

  it('has no barrel files', () => {
    const barrels = SOURCE_FILES.filter(
      ({ path, text }) =>
        !PUBLIC_ENTRIES.includes(path) &&
        (/(^|\/)index\.ts$/.test(path) || /^export (\*|\{[^}]*\}) from/m.test(text)),
    );
    expect(barrels.map(({ path }) => path)).toEqual([]);
  });

  it('reads no clock and draws no chance outside of platform', () => {
    const impure = SOURCE_FILES.filter(
      ({ path, text }) =>
        !FREE.test(path) &&
        !CLIENT.test(path) &&
        /\b(Date\.now|new Date\(\)|Math\.random|setTimeout|setInterval|setImmediate|performance\.now)\b/.test(
          text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, ''),
        ),
    );
    expect(impure.map(({ path }) => path)).toEqual([]);
  });

  it('opens every file with what it owns', () => {
    const silent = SOURCE_FILES.filter(({ text }) => !/^(#!.*\n)?\/\*\*/.test(text));
    expect(silent.map(({ path }) => path)).toEqual([]);
  });

  it(`has no file of more than ${LONGEST} lines without a reason`, () => {
    const long = SOURCE_FILES.filter(({ text }) => text.split('\n').length - 1 > LONGEST)
      .map(({ path }) => path)
      .filter((path) => LONG_WITH_REASON[path] === undefined);
    expect(long).toEqual([]);
  });

  it('leaves nothing for later', () => {
    const notes = SOURCE_FILES.filter(({ text }) => /\b(TODO|FIXME|XXX)\b/.test(text));
    expect(notes.map(({ path }) => path)).toEqual([]);
  });
});
