import { expect, test } from 'vitest';
import type { Chain } from '../../src/chain/chain.ts';
import { Signal } from '../../src/chain/signal.ts';
import { logSyncProgress } from '../../src/network/sync-progress.ts';
import { StillClock } from '../support/memory-chain.ts';

test('a line every ten seconds, while there is much to come', () => {
  const clock = new StillClock(0);
  const connected = new Signal<{ entry: { height: number } }>();
  const chain = { connected, height: 0, bestHeader: { height: 1_000 }, verificationProgress: 0.2 };
  const lines: string[] = [];
  const logger = { log: (_level: string, _category: string, line: string) => void lines.push(line) };
  logSyncProgress({ chain: chain as unknown as Chain, clock, logger });
  for (let height = 1; height <= 1_000; height++) {
    clock.passed += 50;
    connected.emit({ entry: { height } });
  }
  expect(lines).toHaveLength(4);
  expect(lines[0]).toBe('catching up: block 200 of 1000, 20.00 %, 20.0 blocks/s, 40 s left');
});
