/**
 * `npm run build`, after the compiler: the commands and all that they load as one file, for `cli/bundle.ts` to run.
 * Not minified: what a stack names can be read there. Native parts stay where they are.
 */
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const DIST = fileURLToPath(new URL('../../dist', import.meta.url));
const CLI = join(DIST, 'platform/node/cli');

await build({
  stdin: {
    contents: `export const commands = () => import('./commands.js');
      export const daemon = () => import('./daemon.js');`,
    resolveDir: CLI,
  },
  outfile: join(CLI, 'penny.cjs'),
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  // A script has no modules that could be loaded by an expression. Regular expressions stay literals, made once.
  supported: { 'dynamic-import': false, 'regexp-unicode-property-escapes': true },
  external: ['koffi', 'level', 'secp256k1', 'tiny-secp256k1', 'zeromq'],
  banner: { js: '((require, __filename) => { const exports = {}, module = { exports };' },
  footer: { js: 'return module.exports; })' },
  plugins: [
    {
      name: 'each file stays where it was, for those that look for others beside it',
      setup: ({ onLoad }) =>
        onLoad({ filter: /\.js$/ }, ({ path }) => {
          const text = readFileSync(path, 'utf8');
          if (!path.startsWith(DIST) || !text.includes('import.meta.url')) return null;
          const place = JSON.stringify(relative(CLI, path));
          const url = `new URL(${place}, require('node:url').pathToFileURL(__filename)).href`;
          return {
            contents: text.replaceAll('import.meta.url', url),
            resolveDir: dirname(path),
            loader: 'js',
          };
        }),
    },
  ],
  logLevel: 'warning',
});
