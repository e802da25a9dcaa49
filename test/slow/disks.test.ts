/**
 * `npm run test:disks`: every file of a data directory damaged, hundreds of times for each kind, by seed; and disks
 * that are full at any moment.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { makeDirectory, NOBODY, type Run, runDiskTrials, start } from '../support/disk-trials.ts';

const root = mkdtempSync(join(tmpdir(), 'penny-disks-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const { env } = process;
const { PENNY_DISK_TRIALS = '100', PENNY_DISK_SEED = '1', PENNY_DISK_KINDS = '.' } = env;
const [trials, seed, only, damages] = [
  Number(PENNY_DISK_TRIALS),
  Number(PENNY_DISK_SEED),
  new RegExp(PENNY_DISK_KINDS),
  new RegExp(env.PENNY_DISK_DAMAGES ?? '.'),
];

const making = new Map<string, Promise<void>>();
/** The directory of a node that was stopped, or else runs. */
async function made(name: string): Promise<string> {
  const directory = join(root, name);
  if (!making.has(name)) making.set(name, makeDirectory(directory, name !== 'killed'));
  await making.get(name);
  return directory;
}

it.each([
  ['that was stopped', 'stopped', false],
  ['that was killed', 'killed', false],
  ['that runs', 'stopped', true],
])('a node %s refuses by name, or knows all that it knew', async (name, directory, live) => {
  const foreign = await made('foreign');
  const older = `${await made('stopped')}.older`;
  const options = { trials, seed, only, damages, older, foreign, live };
  const all: string[] = [];
  for await (const [kind, { same, refused, crashed, wrong }] of runDiskTrials(
    await made(directory),
    options,
  )) {
    const ends = crashed === 0 ? '' : `, ${crashed} ended by a signal`;
    console.log(
      `${name}: ${kind}: ${same} the same, ${refused} refused by name${ends}, ${wrong.length} wrong`,
    );
    for (const one of wrong) console.log(`  ${one}`);
    all.push(...wrong);
  }
  expect(all).toEqual([]);
});

/** What, and that there is no room for it. */
const FULL =
  /^(Wallet \w+ is closed: its store failed |.+ cannot be (opened|written|used): ).*(No space left|ENOSPC|disk full)/i;

// A small disk of its own takes the right to mount one.
it.skipIf(process.getuid?.() !== 0)(
  'a disk that is full at any moment is named, and loses nothing',
  async () => {
    const whole = await made('stopped');
    const disk = join(root, 'disk');
    mkdirSync(disk);
    const seen = new Map<string, number>();
    const steps = Math.min(trials, 40);
    for (let step = 0; step < steps; step++) {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'tmpfs', disk]);
      const directory = join(disk, 'node');
      let run: Run | undefined;
      try {
        cpSync(whole, directory, { recursive: true });
        const { bavail, bsize } = statfsSync(disk);
        // From nothing to what a start and some blocks take.
        const room = bsize * Math.floor((step / steps) * 400);
        writeFileSync(join(disk, 'filler'), new Uint8Array(bavail * bsize - room));
        let height = 117;
        let failure = '';
        try {
          run = await start(directory);
          for (let i = 0; i < 40; i++) {
            await run.call('generatetoaddress', 5, NOBODY);
            height = run.node.chain.height;
            await run.walletCall(
              'alice',
              'sendtoaddress',
              await run.walletCall('alice', 'getnewaddress'),
              0.01,
            );
          }
        } catch (error) {
          failure = (error as Error).message;
          expect(failure).toMatch(FULL);
        }
        await run?.stop();
        rmSync(join(disk, 'filler'));
        const named = failure.replace(/ \(.*|: .*/s, '').replace(directory, '');
        seen.set(named, (seen.get(named) ?? 0) + 1);
        run = await start(directory);
        expect(run.node.chain.height).toBeGreaterThanOrEqual(height);
        expect(await run.call('verifychain', 4, 0)).toBe(true);
        await run.stop();
      } finally {
        execFileSync('umount', ['-l', disk]);
      }
    }
    console.log(
      `full disks: ${[...seen].map(([named, count]) => `${count} ${named || 'enough room'}`).join(', ')}`,
    );
  },
);
