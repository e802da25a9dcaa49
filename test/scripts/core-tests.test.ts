import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { allTests, REQUIRED } from '../../scripts/core-tests/lists.ts';
import { runTest } from '../../scripts/core-tests/run-test.ts';

const folder = mkdtempSync(join(tmpdir(), 'core-tests-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const RUNNER = `
EXTENDED_SCRIPTS = [
    'feature_long.py',
]

BASE_SCRIPTS = [
    # vv Tests vv
    'p2p_one.py --v1transport',
    'p2p_one.py --v2transport',
    'rpc_bind.py --ipv4',
    'rpc_bind.py --usecli',
]
`;

test('names what the runner of a build names, each transport once', () => {
  writeFileSync(join(folder, 'test_runner.py'), RUNNER);
  expect(allTests(folder)).toEqual(['feature_long', 'p2p_one', 'rpc_bind --ipv4', 'rpc_bind --usecli']);
  expect(REQUIRED).toHaveLength(30);
});

test('tells where a test stopped, and ends what it leaves behind', async () => {
  const where = { functional: folder, daemon: '/bin/true', directory: folder, timeoutFactor: 1, limit: 5 };
  const outcome = async (text: string) => {
    writeFileSync(join(folder, 'rpc_some.py'), text);
    const { outcome: how, line } = await runTest('rpc_some --usecli', where);
    return [how, line];
  };
  expect(await outcome('import sys\nassert "--usecli" in sys.argv')).toEqual(['passed', '']);
  expect(await outcome('print("Test Skipped: no zmq")\nexit(77)')).toEqual(['skipped', 'no zmq']);
  expect(await outcome('def f():\n  raise ValueError("not(1 == 2)")\n\nf()')).toEqual([
    'failed',
    'rpc_some.py:2 ValueError: not(1 == 2)',
  ]);
  expect(await outcome('import subprocess\nsubprocess.run(["sleep", "60"])')).toEqual([
    'failed',
    expect.stringContaining('ended after 5 s'),
  ]);
});
