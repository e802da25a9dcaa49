import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MAIN } from '../../../../src/core/parameters/presets.ts';
import { SystemClock } from '../../../../src/platform/node/clock.ts';
import { serveControl } from '../../../../src/platform/node/devnet/control.ts';
import { Devnet } from '../../../../src/platform/node/devnet/devnet.ts';
import { createDisplay } from '../../../../src/platform/node/devnet/display.ts';
import { systemRandom } from '../../../../src/platform/node/random.ts';

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'penny-devnet-'));
  file = join(directory, 'thesis.tex');
  writeFileSync(file, 'years of work');
});
afterEach(() => rmSync(directory, { recursive: true }));

function run(basePort: number): Promise<void> {
  const display = createDisplay(
    { write: () => true, isTTY: false, columns: 80 },
    undefined,
    () => new Date(0),
  );
  const devnet = new Devnet(
    {
      nodes: 1,
      blockTime: 10,
      paymentsPerMinute: 0,
      directory,
      keep: false,
      restart: true,
      exitWhenConfirmed: true,
      mnemonic:
        'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about',
      basePort,
    },
    {
      penny: MAIN,
      serve: serveControl,
      display,
      random: systemRandom,
      clock: new SystemClock(),
      signal: new AbortController().signal,
      insist: new AbortController().signal,
    },
  );
  return devnet.run();
}

test('a directory that is not a devnet’s is refused, and left as it is', async () => {
  await expect(run(27_500)).rejects.toThrow("not a devnet's data directory");
  expect(existsSync(file)).toBe(true);
});

test('what a run did not make it does not delete, whatever it fails on', async () => {
  const taken = createServer();
  const port = await new Promise<number>((resolve) => {
    taken.listen(0, '127.0.0.1', () => resolve((taken.address() as { port: number }).port));
  });
  await expect(run(port)).rejects.toThrow();
  taken.close();
  expect(existsSync(file)).toBe(true);
});
