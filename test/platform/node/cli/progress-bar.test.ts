import { expect, test } from 'vitest';
import { ProgressBar } from '../../../../src/platform/node/cli/progress-bar.ts';

function draw(isTTY: boolean, ...steps: [seconds: number, share: number, count: number][]): string {
  let text = '';
  let now = 0;
  const output = { write: (part: string) => (text += part), isTTY };
  const bar = new ProgressBar(output, 'blocks', () => now * 1000);
  for (const [seconds, share, count] of steps) {
    now = seconds;
    bar.update(share, count);
  }
  bar.end();
  return text;
}

test('without a terminal there is a line every tenth', () => {
  expect(draw(false, [0, 0, 100], [1, 0.05, 110], [2, 0.25, 150], [3, 0.26, 152], [4, 1, 300])).toBe(
    '[######                  ] 25.0% 150 blocks, 25/s ETA 00:06\n[########################] 100.0% 300 blocks, 50/s\n',
  );
});

test('on a terminal one line is drawn over itself, not too often', () => {
  const text = draw(true, [0, 0, 0], [0.1, 0.1, 1], [60, 0.01, 2]);
  expect(text.split('\r\x1b[K')).toHaveLength(3);
  expect(text).toContain('ETA 1:39:00\n');
});

test('a terminal that does not know its width gets the whole line', () => {
  let text = '';
  const output = { write: (part: string) => (text += part), isTTY: true, columns: 0 };
  new ProgressBar(output, 'blocks', () => 0).update(1, 7);
  expect(text).toMatch(/100\.0% 7 blocks, 0\/s$/);
});

test('the time left is told by what this run has done', () => {
  expect(draw(true, [0, 0.9, 900], [10, 0.95, 950])).toContain('95.0% 950 blocks, 5/s ETA 00:10');
});
