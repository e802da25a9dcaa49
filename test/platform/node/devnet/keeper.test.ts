import { beforeEach, expect, test } from 'vitest';
import type { DevnetNode } from '../../../../src/platform/node/devnet/devnet-node.ts';
import { Keeper } from '../../../../src/platform/node/devnet/keeper.ts';
import { VirtualClock } from '../../../../src/simulation/virtual-clock.ts';

let clock: VirtualClock;
let told: string[];
/** Seconds at which the node was started. */
let starts: number[];
let node: { plan: { name: string; number: number }; isRunning: boolean };

beforeEach(() => {
  clock = new VirtualClock(0);
  told = [];
  starts = [];
  node = { plan: { name: 'node2', number: 2 }, isRunning: true };
});

function keeper(restart: boolean) {
  const it = new Keeper(restart, {
    clock,
    tell: (event) => told.push(event),
    start: () => {
      starts.push(clock.monotonic() / 1000);
      node.isRunning = true;
      it.started(node as DevnetNode);
    },
    stop: () => end('exit code 0'),
  });
  const end = (how: string): void => {
    node.isRunning = false;
    it.ended(node as DevnetNode, `node2 ended (${how})`);
  };
  it.started(node as DevnetNode);
  return { it, end, obey: (verb: 'start' | 'stop') => it.obey(verb, node as DevnetNode) };
}

test('a node that was killed is started again, and one that dies at once ever more seldom', async () => {
  const { end } = keeper(true);
  await clock.advance(100_000);
  end('SIGKILL');
  expect(told).toEqual(['node2 ended (SIGKILL); starting it again in 1 s']);
  for (let i = 0; i < 8; i++) {
    while (!node.isRunning) await clock.advance(500);
    end('exit code 1: no space');
  }
  const rests = [1, 2, 4, 8, 16, 32, 60, 60, 60].map((rest) => `starting it again in ${rest} s`);
  expect(told.map((line) => line.split('; ')[1])).toEqual(rests);
  await clock.advance(60_000);
  await clock.advance(60_000);
  end('SIGKILL');
  expect(told.at(-1), 'after a long life').toContain('in 1 s');
});

test('a node that is not to be restarted stays down until the user says so', async () => {
  const { end, obey } = keeper(false);
  end('SIGKILL');
  expect(told).toEqual(['node2 ended (SIGKILL); "start 2" starts it again']);
  await clock.advance(1_000_000);
  expect(starts).toEqual([]);
  obey('start');
  expect(starts).toEqual([1_000]);
  obey('start');
  expect([told.at(-1), starts]).toEqual(['node2 runs already', [1_000]]);
});

test('a node that the user has stopped stays down, also while it rests', async () => {
  const { it, end, obey } = keeper(true);
  obey('stop');
  expect(told).toEqual(['node2 ended (exit code 0); "start 2" starts it again']);
  obey('start');
  end('SIGKILL');
  obey('stop');
  await clock.advance(1_000_000);
  expect(starts).toEqual([0]);
  obey('start');
  end('SIGKILL');
  it.close();
  await clock.advance(1_000_000);
  expect(starts).toEqual([0, 1_000]);
});
