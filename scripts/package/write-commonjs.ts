/**
 * `prepack`, after the build: `penny/testing` for those who `require` it, such as Jest, which runs tests in contexts
 * that know no ES modules. One file with all that is one itself, as deep in `dist` as the files it stands for, so that
 * they find what they look for beside them; and its types, which are those of the module.
 */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = new URL('../../', import.meta.url);
const pathOf = (path: string): string => fileURLToPath(new URL(path, root));

const outfile = pathOf('dist/platform/node/testing/testing.cjs');
await build({
  entryPoints: [pathOf('src/testing/testing.ts')],
  outfile,
  bundle: true,
  minifyWhitespace: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  // Without it Node's contexts load no module by an expression.
  supported: { 'dynamic-import': false },
  external: ['fastify', 'koffi', 'level', 'secp256k1', 'ws', 'zeromq'],
  banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
  define: { 'import.meta.url': 'importMetaUrl' },
  logLevel: 'warning',
});

const values = Object.keys(createRequire(import.meta.url)(outfile));
const types = `import type * as module from './testing.js' with { 'resolution-mode': 'import' };
export type * from './testing.js' with { 'resolution-mode': 'import' };
export type RpcError = module.RpcError;
${values.map((name) => `export declare const ${name}: typeof module.${name};`).join('\n')}
`;
writeFileSync(pathOf('dist/testing/testing.d.cts'), types);
