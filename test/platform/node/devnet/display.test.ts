import { expect, test } from 'vitest';
import {
  createDisplay,
  type Display,
  formatTable,
  type NodeStatus,
} from '../../../../src/platform/node/devnet/display.ts';

const node: NodeStatus = {
  name: 'node1',
  state: null,
  height: 12,
  tip: '0'.repeat(52).concat('123456789abc'),
  peers: 2,
  mempool: 0,
  balance: '7.50000000',
  hashRate: 1_234_567,
};
const now = () => new Date(0);

function show(isTTY: boolean, use: (display: Display) => void, terminal = 'xterm', columns = 80): string {
  let text = '';
  const output = { write: (part: string) => (text += part), isTTY, columns, rows: 24 };
  use(createDisplay(output, terminal, now));
  return text;
}

test('the table has a column for each fact', () => {
  expect(formatTable([node, { ...node, name: 'node2', state: 'down' }], 80)).toEqual([
    '',
    'node   height  tip            peers  mempool     balance  hash rate',
    'node1      12  …123456789abc      2        0  7.50000000  1.23 MH/s',
    'node2    down                                                      ',
  ]);
});

test('where there is little room the table has fewer columns, and no line that is too long', () => {
  expect(formatTable([node], 40)).toEqual([
    '',
    'node   height  peers     balance',
    'node1      12      2  7.50000000',
  ]);
  for (const width of [66, 65, 30, 12, 5, 1]) {
    for (const line of formatTable([node], width)) expect(line.length).toBeLessThanOrEqual(width);
  }
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
  expect(text).toContain('\r\x1b[3A\x1b[0J\x1b[2m00:00:00\x1b[0m paid\n');
  expect(text.endsWith('\x1b[?25h')).toBe(true);
});

test('lines that were typed below the table are drawn over too, and lines that a narrower window has broken', () => {
  const output = {
    text: '',
    columns: 80,
    isTTY: true,
    rows: 5,
    write: (part: string) => (output.text += part),
  };
  const display = createDisplay(output, 'xterm', now);
  display.status([node]);
  display.typed();
  display.event('obeyed');
  expect(output.text).toContain('\r\x1b[4A\x1b[0J');
  output.columns = 40;
  output.text = '';
  display.status(Array(10).fill(node));
  // An empty line, and two of 67 characters in a window of 40.
  expect(output.text).toContain('\r\x1b[5A\x1b[0J');
  output.text = '';
  display.status([node]);
  expect(output.text, 'no more lines than the window has').toContain('\r\x1b[3A\x1b[0J');
});

test('a terminal that cannot move its cursor is not asked to', () => {
  const text = show(true, (display) => display.status([node]), 'dumb');
  expect(text).not.toContain('\x1b');
});

test('on 60 columns nothing is longer than a line, links that are cut are told, and a new width draws it anew', () => {
  let text = '';
  let resized = (): void => {};
  const output = {
    write: (part: string) => (text += part),
    on: (_: 'resize', listener: () => void) => (resized = listener),
    isTTY: true,
    columns: 60,
    rows: 24,
  };
  const display = createDisplay(output, 'xterm', now);
  const nodes = ['node1', 'node2', 'a-node-with-a-name-of-its-own'].map((name) => ({ ...node, name }));
  const drop = ['tx', 'cmpctblock'];
  display.status(nodes, [
    { between: ['node1', 'node2'], cut: true },
    { between: ['node1', 'a-node-with-a-name-of-its-own'], delay: 500, drop },
  ]);
  display.event(`block 12 ${node.tip}`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal obeys
  const shown = () => text.replaceAll(/\x1b\[[0-9?]*[A-Za-z]/g, '').split(/[\r\n]+/);
  for (const line of shown()) expect(line.length, line).toBeLessThan(60);
  expect(shown()).toContain('cut   node1–node2');
  expect(shown()).toContain('00:00:00 block 12 …123456789abc');
  text = '';
  output.columns = 100;
  resized();
  expect(shown().filter((line) => line.includes('hash rate'))).toHaveLength(1);
  expect(text.slice(0, 3)).toBe('\r\x1b[');
});
