import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { CommandRunner } from '../../../../src/platform/node/notifications/command-runner.ts';
import { Commands, fillIn, shellWord } from '../../../../src/platform/node/notifications/commands.ts';
import { openTestPool } from '../../../support/pool.ts';

const SECOND = { timeout: 20_000 };

function setUp(limits = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'notify-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'told');
  const lines: string[] = [];
  const logger = { log: (_level: string, _category: string, message: string) => void lines.push(message) };
  const told = (): string[] => {
    try {
      return readFileSync(file, 'utf8').split('\n').slice(0, -1);
    } catch {
      return [];
    }
  };
  return { folder, file, lines, told, runner: new CommandRunner(logger, limits) };
}

describe('what is filled in', () => {
  it.each([
    "'; echo out; '",
    '$(echo out) `echo out` $HOME "quoted" \\ %s %b',
    "it's & | ; < > * ? ~ ! # (a)\ttab\ntwo lines",
    "'",
    '',
  ])('is one word for the shell, and not looked at again: %j', (name) => {
    const command = fillIn('printf %s %w', { '%w': shellWord(name), '%b': 'no' });
    expect(execFileSync('/bin/sh', ['-c', command], { encoding: 'utf8' })).toBe(name);
  });

  it('goes wherever it is asked for; what is not known stays', () => {
    expect(fillIn('a %s %s%b 100%% %x %', { '%s': '1', '%b': '2' })).toBe('a 1 12 100%% %x %');
  });
});

describe('commands', () => {
  it('run a few at once, the rest in turn, and the log knows what is left out', async () => {
    const { file, folder, told, lines, runner } = setUp({ atOnce: 2, waiting: 2 });
    // Each waits until it may end.
    for (let i = 0; i < 7; i++)
      runner.run(`echo ${i} >> ${file}; while [ ! -e ${folder}/go ]; do sleep 0.02; done`);
    await vi.waitFor(() => expect(told()).toHaveLength(2), SECOND);
    expect(lines).toEqual([
      expect.stringMatching(/^Too many commands wait for others to end; not run: echo 4/),
    ]);
    execFileSync('touch', [`${folder}/go`]);
    await vi.waitFor(() => expect(told().sort()).toEqual(['0', '1', '2', '3']), SECOND);
    await vi.waitFor(() => expect(lines).toContain('2 more commands were not run'), SECOND);
  });

  it('that fail, die or take long are told of, and keep nobody from running', async () => {
    const { file, told, lines, runner } = setUp({ patience: 100 });
    runner.run('exit 3');
    runner.run('kill -9 $$');
    runner.run('/no/such/program');
    runner.run('sleep 0.5');
    await runner.runNow('sleep 0.4');
    runner.run(`echo still >> ${file}`);
    await vi.waitFor(() => expect(told()).toEqual(['still']), SECOND);
    for (const line of [
      'runCommand error: system(exit 3) returned 3',
      'runCommand error: system(kill -9 $$) was ended by SIGKILL',
      'runCommand error: system(/no/such/program) returned 127',
      'Command still runs after 0.1 seconds: sleep 0.4',
      'Command still runs after 0.1 seconds: sleep 0.5',
    ])
      await vi.waitFor(() => expect(lines).toContain(line), SECOND);
  });

  it('that were to wait at the end are told of', () => {
    const { lines, runner } = setUp({ atOnce: 0 });
    runner.run('true');
    runner.close();
    expect(lines).toEqual(['1 commands that waited for others to end are not run']);
  });

  it('hear of each new tip, and of a long invalid branch once', async () => {
    const { file, told, runner } = setUp({ atOnce: 1 });
    const pool = await openTestPool({}, { blocks: 10 });
    const { chain } = pool;
    const options = { block: `echo %s >> ${file}`, alert: `echo alert: %s >> ${file}` };
    new Commands(options, runner).attach(pool);
    await pool.mine(2);
    const tips = [chain.tip.parent!.hash, chain.tip.hash];
    const branch = chain.entryAt(4)!;
    await chain.invalidate(branch.hash);
    const text = `alert: ${chain.warnings[0]}`;
    expect(text).toMatch(
      /^alert: Warning: Found invalid chain more than 6 blocks longer than our best chain\./,
    );
    const back = branch.parent!.hash;
    await pool.mine();
    await vi.waitFor(() => expect(told()).toEqual([...tips, text, back, chain.tip.hash]), SECOND);
    await chain.reconsider(branch.hash);
    expect(chain.warnings).toEqual([]);
    await vi.waitFor(() => expect(told().at(-1)).toBe(chain.tip.hash), SECOND);
  });
});
