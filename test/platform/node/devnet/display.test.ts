import { expect, test } from 'vitest';
import { createDisplay, formatTable, type NodeStatus } from '../../../../src/platform/node/devnet/display.ts';

const node: NodeStatus = {
  name: 'node1',
  height: 12,
  tip: '0'.repeat(52).concat('123456789abc'),
  peers: 2,
  mempool: 0,
  balance: '7.50000000',
  hashRate: 1_234_567,
};
const now = () => new Date(0);

function show(isTTY: boolean, use: (display: ReturnType<typeof createDisplay>) => void): string {
  let text = '';
  const output = { write: (part: string) => (text += part), isTTY, columns: 80 };
  use(createDisplay(output, now));
  return text;
}

test('the table has a column for each fact', () => {
  expect(formatTable([node])).toEqual([
    '',
    'node   height  tip            peers  mempool     balance  hash rate',
    'node1      12  …123456789abc      2        0  7.50000000  1.23 MH/s',
  ]);
});

test('without a terminal there are plain lines, and none while no tip changes', () => {
  const text = show(false, (display) => {
    display.status([node]);
    display.status([{ ...node, hashRate: 0 }]);
    display.event('stopped');
  });
  expect(text.split('\n')).toEqual([
    '00:00:00 node1 height 12 tip …123456789abc peers 2 mempool 0 balance 7.50000000 1.23 MH/s',
    '00:00:00 stopped',
    '',
  ]);
});

test('on a terminal the table is drawn over itself, below the events', () => {
  const text = show(true, (display) => {
    display.status([node]);
    display.event('paid');
    display.close();
  });
  expect(text).toContain('\x1b[3A\x1b[0J\x1b[2m00:00:00\x1b[0m paid\n');
  expect(text.endsWith('\x1b[?25h')).toBe(true);
});
