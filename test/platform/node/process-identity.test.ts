import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { identify, isRunning, sendSignal } from '../../../src/platform/node/process-identity.ts';

const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
const pid = child.pid!;
afterEach(() => child.kill('SIGKILL'));

test('a process is known by its number and its start, and signals reach no other', async () => {
  const it = identify(pid)!;
  expect(it).toEqual({ pid, started: expect.stringMatching(/\d/) });
  expect(identify(pid)).toEqual(it);
  expect(identify(process.pid)!.started).not.toBe(it.started);

  const former = { pid, started: 'before' };
  expect([isRunning(it), isRunning(former)]).toEqual([true, false]);
  sendSignal(former, 'SIGKILL');
  sendSignal({ pid, started: null }, 'SIGKILL');
  expect(identify(pid)).toEqual(it);
  const ended = once(child, 'exit');
  sendSignal(it, 'SIGTERM');
  expect((await ended)[1]).toBe('SIGTERM');
  expect([identify(pid), isRunning(it)]).toEqual([null, false]);
  sendSignal(it, 'SIGTERM');
});

test.runIf(process.platform === 'linux')('a zombie is no process', async () => {
  // The shell becomes a program that never asks how its child ended.
  const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const zombie = Number(String((await once(parent.stdout, 'data'))[0]));
  await expect.poll(() => identify(zombie)).toBeNull();
  expect(() => process.kill(zombie, 0)).not.toThrow();
  parent.kill('SIGKILL');
});
