import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SystemClock } from '../../../src/platform/node/clock.ts';
import { NodeLogger } from '../../../src/platform/node/logger.ts';

let directory: string;
let file: string;
const clock = new SystemClock();
const plain = { console: false, categories: [] as string[], timestamps: true, microseconds: false };

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'penny-log-'));
  file = join(directory, 'debug.log');
  clock.setMockTime(1_700_000_000);
});
afterEach(() => rmSync(directory, { recursive: true }));

function written(categories: string[], write: (logger: NodeLogger) => void): string {
  const logger = new NodeLogger({ ...plain, file, categories }, clock);
  write(logger);
  logger.close();
  return readFileSync(file, 'utf8');
}

test('writes lines in the form of Bitcoin Core', () => {
  const text = written(['net'], (logger) => {
    logger.log('info', 'net', 'listening', { port: 8333 });
    logger.log('debug', 'net', 'peer', { id: 1 });
    logger.log('warn', 'net', 'odd');
  });
  expect(text).toBe(
    '2023-11-14T22:13:20Z listening port=8333\n2023-11-14T22:13:20Z [net] peer id=1\n2023-11-14T22:13:20Z [net:warn] odd\n',
  );
});

test('writes debug lines of enabled categories only, and follows changes', () => {
  const text = written([], (logger) => {
    logger.log('debug', 'net', 'hidden');
    logger.setEnabled('net', true);
    logger.log('debug', 'net', 'shown');
    expect(logger.isEnabled('net')).toBe(true);
    logger.setEnabled('net', false);
    logger.log('debug', 'net', 'hidden again');
  });
  expect(text.match(/hidden|shown/g)).toEqual(['shown']);
});

test('lets no peer forge a line', () => {
  const text = written([], (logger) => logger.log('info', 'net', 'agent', { name: '/evil/\n2023 fake' }));
  expect(text.split('\n')).toHaveLength(2);
  expect(text).toContain('\\x0a2023 fake');
});

test('shrinks a large file at start, at a line', () => {
  writeFileSync(file, 'x'.repeat(99).concat('\n').repeat(120_000));
  written([], (logger) => logger.log('info', '', 'started'));
  expect(statSync(file).size).toBeLessThanOrEqual(10_000_100);
  expect(readFileSync(file, 'utf8').startsWith('xxxx')).toBe(true);
});
