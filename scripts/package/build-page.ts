/** Makes `dist/web`, the page that a node serves: one script, one style, both named by what is in them. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const SOURCE = fileURLToPath(new URL('../../src/web/', import.meta.url));

/** @param directory is emptied before */
export async function buildPage(directory: string): Promise<void> {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const { metafile } = await build({
    entryPoints: [join(SOURCE, 'main.tsx')],
    outdir: directory,
    entryNames: 'page-[hash]',
    chunkNames: 'part-[hash]',
    bundle: true,
    splitting: true,
    minify: true,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    // What the client loads where there is no WebSocket of the platform's own.
    external: ['ws'],
    legalComments: 'none',
    logLevel: 'warning',
  });
  const [script, { cssBundle }] = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint)!;
  const html = readFileSync(join(SOURCE, 'index.html'), 'utf8')
    .replace('APP.js', basename(script))
    .replace('APP.css', basename(cssBundle!));
  writeFileSync(join(directory, 'index.html'), html);
}

const [, main, directory] = process.argv;
if (main === fileURLToPath(import.meta.url)) await buildPage(directory ?? 'dist/web');
