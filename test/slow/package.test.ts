/**
 * `npm run test:package`: what `npm publish` would send, as its users meet it: an empty project of which
 * nothing else is known to the compiler, under both ways of resolving modules.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort, run } from '../functional/support/node-process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
const SOURCES = [
  ...['src', 'scripts', 'package.json', 'tsconfig.json', 'tsconfig.build.json'],
  ...['README.md', 'CHANGELOG.md', 'LICENSE', 'genesis.json'],
];

const folder = mkdtempSync(join(tmpdir(), 'penny-package-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let tarball = '';
beforeAll(() => {
  // In a copy, since packing removes `dist`, which other suites run.
  const copy = join(folder, 'source');
  for (const name of SOURCES) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  const output = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: copy,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [packed] = JSON.parse(output.slice(output.indexOf('[\n'))) as { filename: string }[];
  tarball = join(folder, packed!.filename);
}, 300_000);

/** A new project with the package, and with its dependencies only when asked. */
function project(name: string, withDependencies = false): string {
  const directory = join(folder, name);
  const installed = join(directory, 'node_modules/penny');
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '--strip-components=1', '-C', installed]);
  if (withDependencies) symlinkSync(join(ROOT, 'node_modules'), join(installed, 'node_modules'));
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ name, private: true, type: 'module' }));
  return directory;
}

test('publint and arethetypeswrong find nothing', async () => {
  const bytes = readFileSync(tarball);
  const { messages } = await publint({
    pack: { tarball: new Uint8Array(bytes).buffer },
    strict: true,
  });
  expect(messages).toEqual([]);
  const analysis = await checkPackage(createPackageFromTarballData(new Uint8Array(bytes)));
  if (!analysis.types) throw new Error('no types');
  // Old resolvers read no `exports`, and `require` of a module needs Node 22: all but `testing` is of ES modules.
  const apply = analysis.problems.filter(
    (problem) =>
      !('resolutionKind' in problem) ||
      problem.resolutionKind === 'node16-esm' ||
      (problem.resolutionKind === 'node16-cjs' && problem.entrypoint === './testing') ||
      problem.resolutionKind === 'bundler',
  );
  expect(apply).toEqual([]);
});

test('only what is used at run time is in it', () => {
  const files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).trim().split('\n');
  const outside = files.filter((file) => !file.startsWith('package/dist/'));
  expect(outside.sort()).toEqual(
    ['CHANGELOG.md', 'LICENSE', 'README.md', 'genesis.json', 'package.json'].map((name) => `package/${name}`),
  );
  expect(files.filter((file) => /(^|\/)(test|scripts)(\/|$)/.test(dirname(file)))).toEqual([]);
});

const TESTED = `
import { fixtures, RpcError, startNetwork, startNode, type TestNode, withNode } from 'penny/testing';

export async function main(): Promise<void> {
  const node: TestNode = await startNode({ wallets: { alice: 1 }, seed: 7 });
  const height: number = await node.rpc.getblockcount();
  const txid: string = await (await node.wallet('alice')).send(await node.wallet('bob'), 0.5);
  await node.confirmed(txid, height);
  const network = await startNetwork({ nodes: [{ name: 'a' }, {}], links: [[0, 1]] });
  await network.partition([network.node('a')]);
  withNode(async ({ name }) => name.length);
  fixtures().node satisfies unknown;
  console.log(new RpcError(-1, '') instanceof Error);
  // @ts-expect-error a method that there is not
  await node.rpc.getblockheight();
}
`;

const SCRIPT = `
import { createClient, RpcError } from 'penny/client';

const client = createClient({ url: 'http://127.0.0.1:1/', cookie: () => 'a:b', timeout: 1_000 });
export async function main(signal: AbortSignal): Promise<void> {
  const height: number = await client.getblockcount();
  const block = await client.getblock({ blockhash: await client.getblockhash(height), verbosity: 2 });
  const value: number = block.tx[0]!.vout[0]!.value;
  const raw: string = await client.getblock('00', 0);
  const txid: string = await client.wallet('alice').sendtoaddress({ address: 'a', amount: '0.1' }, { signal });
  const [count, uptime] = await client.batch((c) => [c.getblockcount(), c.uptime()]);
  const bumped = await client.bumpfee({ txid, fee_rate: 50 });
  const sum: number = value + raw.length + count + uptime + bumped.fee;
  try {
    await client.getblockhash(sum);
  } catch (error) {
    if (error instanceof RpcError) console.log(error.code, error.message, error.method);
  }
  // @ts-expect-error a word for a number
  await client.getblockhash('5');
  // @ts-expect-error a parameter that there is not
  await client.getblockhash({ height: 5, depth: 1 });
  // @ts-expect-error a parameter is missing
  await client.getblockhash({});
  // @ts-expect-error an answer of another type
  const text: string = await client.getblockcount();
  console.log(text);
}
`;

test.each([
  { module: 'nodenext', moduleResolution: 'nodenext' },
  { module: 'esnext', moduleResolution: 'bundler' },
  { module: 'node16', moduleResolution: 'node16', type: 'commonjs' },
])('client and testing are typed in a project that has nothing else: $moduleResolution', async (given) => {
  const { type = 'module', ...resolution } = given as {
    type?: string;
    module: string;
    moduleResolution: string;
  };
  const directory = project(resolution.moduleResolution);
  const compilerOptions = {
    ...resolution,
    target: 'es2022',
    // `console`, `AbortSignal`: a page's, without Node's types.
    lib: ['es2022', 'dom'],
    types: [],
    strict: true,
    skipLibCheck: false,
    noEmit: true,
  };
  // The client alone has no form for those who require it.
  const scripts = { 'tested.ts': TESTED, ...(type === 'module' && { 'script.ts': SCRIPT }) };
  const files = Object.keys(scripts);
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ private: true, type }));
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  for (const [name, text] of Object.entries(scripts)) writeFileSync(join(directory, name), text);
  expect(await run(process.execPath, [TSC, '-p', directory])).toEqual({ code: 0, output: '', errors: '' });
});

test('the packed command runs a node, and the packed client calls it', async () => {
  const directory = project('runs', true);
  const port = await freePort();
  const script = `
    import { readFileSync } from 'node:fs';
    import { spawn } from 'node:child_process';
    import { createClient } from 'penny/client';
    const command = 'node_modules/penny/dist/platform/node/cli/main.js';
    const node = spawn(process.execPath, [command, 'node', '-regtest', '-datadir=data', '-rpcport=${port}',
      '-listen=0'], { stdio: 'ignore' });
    const client = createClient({ url: 'http://127.0.0.1:${port}/', timeout: 60_000, retries: 100,
      cookie: () => readFileSync('data/regtest/.cookie', 'utf8') });
    const ready = async () => { for (;;) try { return await client.getblockcount(); } catch (error) {
      if (error.code !== 'ENOENT') throw error;
      await new Promise((resolve) => setTimeout(resolve, 100)); } };
    const height = await ready();
    const { chain } = await client.getblockchaininfo();
    console.log(height, chain);
    await client.stop();
    await new Promise((resolve) => node.on('exit', resolve));
  `;
  mkdirSync(join(directory, 'data'));
  writeFileSync(join(directory, 'script.mjs'), script);
  const output = execFileSync(process.execPath, ['script.mjs'], { cwd: directory, encoding: 'utf8' });
  expect(output).toBe('0 regtest\n');
});

const TESTS = `
  test('in this process', withNode({ wallets: { alice: 2 } }, async (node) => {
    const alice = await node.wallet('alice');
    const txid = await alice.send(alice, 1);
    await node.mine();
    await node.confirmed(txid);
  }));
  test('a process', withNode({ process: true, wallets: { bob: 3 } }, async (node) => {
    await node.mine(2);
    await node.height(113);
    await node.restart();
    assert.equal(await (await node.wallet('bob')).balance(), 3);
  }));
  test('a network', withNetwork({ nodes: 2 }, async (network) => {
    await network.nodes[0].mine();
    await network.inSync();
  }));
`;
const NAMES = '{ startNode, withNetwork, withNode }';

test.each([
  [
    'tests.test.mjs',
    `import test from 'node:test'; import assert from 'node:assert'; import ${NAMES} from 'penny/testing';`,
  ],
  [
    'tests.test.cjs',
    `const test = require('node:test'); const assert = require('node:assert'); const ${NAMES} = require('penny/testing');`,
  ],
])('penny/testing runs nodes in %s', async (file, head) => {
  const directory = project(file, true);
  writeFileSync(join(directory, file), head + TESTS);
  const { code, output } = await run(process.execPath, ['--test', join(directory, file)]);
  expect(code, output).toBe(0);
  expect(output).toMatch(/pass 3\n/);
});
