/** `npm run test:disks`: every file of a data directory damaged, hundreds of times for each kind, by seed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { makeDirectory, runDiskTrials } from '../support/disk-trials.ts';

const root = mkdtempSync(join(tmpdir(), 'penny-disks-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const trials = Number(process.env.PENNY_DISK_TRIALS ?? 200);
const seed = Number(process.env.PENNY_DISK_SEED ?? 1);
const only = new RegExp(process.env.PENNY_DISK_KINDS ?? '.');

it.each([
  ['that was stopped', true],
  ['that was killed', false],
])('a node %s refuses by name, or knows all that it knew', async (name, stopped) => {
  const directory = join(root, stopped ? 'stopped' : 'killed');
  await makeDirectory(directory, stopped);
  const results = await runDiskTrials(directory, { trials, seed, only });
  for (const [kind, { same, refused, wrong }] of results)
    console.log(`${name}: ${kind}: ${same} the same, ${refused} refused by name, ${wrong.length} wrong`);
  expect([...results].flatMap(([, { wrong }]) => wrong)).toEqual([]);
});
