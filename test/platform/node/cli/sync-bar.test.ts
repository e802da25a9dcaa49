import { expect, test } from 'vitest';
import type { Chain } from '../../../../src/chain/chain.ts';
import { Signal } from '../../../../src/chain/signal.ts';
import { showSync } from '../../../../src/platform/node/cli/sync-bar.ts';

function scene(best: number) {
  let now = 0;
  let text = '';
  const connected = new Signal<{ entry: { height: number } }>();
  const chain = {
    connected,
    bestHeader: { height: best },
    get verificationProgress() {
      return height / chain.bestHeader.height;
    },
  };
  let height = 0;
  const output = { write: (part: string) => (text += part), isTTY: true, columns: 80 };
  const stop = showSync(chain as unknown as Chain, output, () => now);
  return {
    chain,
    stop,
    drawn: () => text.split('\r\x1b[K').slice(1),
    connect(first: number, last: number) {
      for (height = first; height <= last; height++) {
        now += 50;
        connected.emit({ entry: { height } });
      }
    },
  };
}

test('the bar goes from where the node was to its best header, and is gone then', () => {
  const { connect, drawn } = scene(1_000);
  connect(501, 750);
  expect(drawn().at(-1)).toMatch(/^\[#{18} {6}] 74\.\d% 7\d\d blocks, 20\/s ETA 00:13$/);
  connect(751, 1_000);
  expect(drawn().at(-1)).toBe('[########################] 100.0% 1000 blocks, 20/s\n');
  const drawings = drawn().length;
  connect(1_001, 1_010);
  expect(drawn()).toHaveLength(drawings);
});

test('no bar for a node that is hardly behind', () => {
  const { connect, drawn } = scene(110);
  connect(100, 110);
  expect(drawn()).toEqual([]);
});

test('a node that stops leaves the line', () => {
  const { connect, drawn, stop } = scene(1_000);
  connect(1, 100);
  stop();
  expect(drawn().at(-1)).toMatch(/\n$/);
  const drawings = drawn().length;
  connect(101, 200);
  expect(drawn()).toHaveLength(drawings);
});
