import { Worker } from 'node:worker_threads';
import { describe, expect, test, vi } from 'vitest';
import { SystemClock } from '../../../src/platform/node/clock.ts';
import { loadSignatureEngine } from '../../../src/platform/node/signatures/load-engine.ts';
import { startVerifier as startThread } from '../../../src/platform/node/worker.ts';
import { WorkerScriptVerifier } from '../../../src/platform/shared/verification/worker-script-verifier.ts';
import { breakInput, makeChecks, testScriptVerifier } from '../../support/script-verifier-suite.ts';

const clock = new SystemClock();
const log: string[] = [];
const logger = { log: (_level: string, _category: string, message: string) => void log.push(message) };
const { engine } = await loadSignatureEngine();

testScriptVerifier(
  'a pool of threads',
  async () => new WorkerScriptVerifier({ workers: 2 }, { engine, clock, logger, startThread }),
);

describe('a pool of threads', () => {
  const checks = makeChecks();

  test('lets other work have its turn', async () => {
    const threads = new WorkerScriptVerifier({ workers: 1 }, { engine, clock, logger, startThread });
    const many = Array.from({ length: 40 }, () => checks).flat();
    let turns = 0;
    let running = true;
    const count = (): void => {
      turns++;
      if (running) setImmediate(count);
    };
    setImmediate(count);
    await threads.verify(many);
    running = false;
    expect(turns).toBeGreaterThan(2);
    await threads.close();
  });

  test('starts threads for the first job worth it, and lets them end by themselves, also while they load', async () => {
    const threads = new WorkerScriptVerifier({ workers: 2 }, { engine, clock, logger, startThread });
    const started = vi.spyOn(Worker.prototype, 'unref');
    expect(await threads.verify(checks.slice(0, 1))).toBeNull();
    expect(started).not.toHaveBeenCalled();
    expect(await threads.verify(checks)).toBeNull();
    started.mockRestore();
    const terminate = vi.spyOn(Worker.prototype, 'terminate');
    const exits: number[] = [];
    const watch = vi.spyOn(Worker.prototype, 'ref').mockImplementation(function (this: Worker) {
      this.once('exit', (code) => exits.push(code));
    });
    await threads.close();
    expect(exits).toEqual([0, 0]);
    expect(terminate).not.toHaveBeenCalled();
    watch.mockRestore();
    terminate.mockRestore();
  });

  test('goes on when a thread dies', async () => {
    const broken = { ...engine, name: 'no such engine' };
    const lonely = new WorkerScriptVerifier({ workers: 1 }, { engine: broken, clock, logger, startThread });
    expect(await lonely.verify(checks)).toBeNull();
    await expect.poll(() => log.join()).toContain('script verification thread died');
    expect(await lonely.verify(breakInput(checks, 3))).toMatchObject({ check: 3 });
    await lonely.close();
  });
});
