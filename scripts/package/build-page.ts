/** Makes `dist/web`, the page that a node serves: one script, one style, both named by what is in them; also compressed. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { type BuildOptions, build, type Plugin } from 'esbuild';

const SOURCE = fileURLToPath(new URL('../../src/web/', import.meta.url));
const MANIFEST = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

/** What both scripts are made with. */
const COMMON = {
  chunkNames: 'part-[hash]',
  bundle: true,
  splitting: true,
  minify: true,
  metafile: true as const,
  format: 'esm' as const,
  platform: 'browser' as const,
  target: 'es2022',
  // What the client loads where there is no WebSocket of the platform's own.
  external: ['ws'] as string[],
  legalComments: 'none' as const,
  // Frozen tables that nobody reads are left out.
  pure: ['Object.freeze'] as string[],
  logLevel: 'warning' as const,
} satisfies BuildOptions;

const WORKER = new URL('../../src/platform/browser/worker.ts', import.meta.url);
const CURVE = new URL('../../src/platform/browser/bip32-curve.ts', import.meta.url);
const FIRST = new URL('../../src/platform/browser/first-methods.ts', import.meta.url);

/** In place of a second library of the same curve. */
export const ONE_CURVE = { '@noble/curves/secp256k1.js': fileURLToPath(CURVE) };

/** In place of all methods, which a node in a tab loads once it runs. */
const FIRST_METHODS: Plugin = {
  name: 'first methods',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\.\/methods\.ts$/ }, ({ importer }) =>
      importer.endsWith('/src/node.ts') ? { path: fileURLToPath(FIRST) } : null,
    ),
};

/** The script of the workers of a node in a tab, and its parts. @returns the name of the script's file */
export async function buildWorker(directory: string): Promise<string> {
  const { metafile } = await build({
    ...COMMON,
    entryPoints: [fileURLToPath(WORKER)],
    outdir: directory,
    entryNames: 'node-[hash]',
    alias: ONE_CURVE,
    plugins: [FIRST_METHODS],
    define: { PENNY_VERSION: JSON.stringify(MANIFEST.version) },
  });
  const [script] = Object.entries(metafile.outputs).find(([, { entryPoint }]) =>
    entryPoint?.endsWith('/worker.ts'),
  )!;
  return basename(script);
}

/** @param directory is emptied before */
export async function buildPage(directory: string): Promise<void> {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const { metafile } = await build({
    ...COMMON,
    entryPoints: [join(SOURCE, 'main.tsx')],
    outdir: directory,
    entryNames: 'page-[hash]',
    chunkNames: 'page-[name]-[hash]',
    jsx: 'automatic',
    jsxImportSource: 'preact',
  });
  const [script, { cssBundle, imports }] = Object.entries(metafile.outputs).find(([, { entryPoint }]) =>
    entryPoint?.endsWith('/main.tsx'),
  )!;
  // What the script needs at once is asked for together with it.
  const parts = imports.filter(({ kind, external }) => kind === 'import-statement' && !external);
  const preloads = parts.map(({ path }) => `<link rel="modulepreload" href="${basename(path)}">\n`);
  const html = readFileSync(join(SOURCE, 'index.html'), 'utf8')
    .replace('<script', `${preloads.join('')}<script`)
    .replace('APP.js', basename(script))
    .replace('APP.css', basename(cssBundle!))
    .replace('NODE.js', await buildWorker(directory));
  await compress(directory);
  // What it says of its server, that puts in.
  writeFileSync(join(directory, 'index.html'), html);
}

const [gzip, brotli] = [promisify(zlib.gzip), promisify(zlib.brotliCompress)];
/** The best costs ten times as long for a thirtieth. */
const BROTLI = { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 9 } };

/** Each file once, rather than at each request. */
async function compress(directory: string): Promise<void> {
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    const body = readFileSync(path);
    const [zipped, smallest] = await Promise.all([gzip(body, { level: 9 }), brotli(body, BROTLI)]);
    // Of the smallest there is nothing to gain.
    if (zipped.length < body.length) writeFileSync(`${path}.gz`, zipped);
    if (smallest.length < body.length) writeFileSync(`${path}.br`, smallest);
  }
}

const [, main, directory] = process.argv;
if (main === fileURLToPath(import.meta.url)) await buildPage(directory ?? 'dist/web');
