/** The conformance command as a person runs it: on a folder, by its output and exit code. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { difference, expectEqual, expectThrows, Report } from '../../scripts/conformance/suite.ts';

const MAIN = resolve(import.meta.dirname, '../../scripts/conformance/main.ts');

function run(...args: readonly string[]): Promise<{ code: number; lines: readonly string[] }> {
  return new Promise((done) => {
    const child = execFile(process.execPath, ['--import', 'tsx', MAIN, ...args], (_error, stdout) =>
      done({ code: child.exitCode!, lines: stdout.trimEnd().split('\n') }),
    );
  });
}

describe('the conformance command', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'penny-conformance-'));
    mkdirSync(join(folder, 'anywhere'));
    const numbers = [{ hex: '01', number: 1 }, null, { hex: '02', number: 3 }];
    writeFileSync(join(folder, 'anywhere', 'script_number.json'), JSON.stringify(numbers));
    writeFileSync(
      join(folder, 'anywhere', 'sig_der.json'),
      '{"about":"DER","canonical":["300602010102010101"],"odd":["00"]}',
    );
    writeFileSync(join(folder, 'sighash.json'), '[["header"],["00","",0,0,""]');
    writeFileSync(join(folder, 'bip324_packet_encoding.csv'), 'in_idx,out\n1,2\n3,4\n');
    writeFileSync(join(folder, 'surprise.json'), '{}');
    writeFileSync(join(folder, 'README.md'), 'about');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('runs what it knows, wherever it lies, names the rest, and fails if a row does', async () => {
    const { code, lines } = await run(folder);
    expect(code).toBe(1);
    const text = lines.join('\n');
    expect(text).toContain('anywhere/script_number.json: 1 passed, 2 failed\n');
    expect(text).toMatch(/FAILED 02 = 3\n\s+expected "02", got "03"/);
    expect(text).toContain('anywhere/sig_der.json: 1 passed, 0 failed\n    unknown group: odd, not run\n');
    expect(text).toContain('sighash.json: 0 passed, 1 failed\n');
    expect(text).toContain('bip324_packet_encoding.csv: 0 passed, 0 failed, 2 not applicable\n');
    expect(text).toContain('surprise.json: unknown file, not run\n');
    expect(text).not.toContain('README');
    expect(lines.at(-1)).toBe('2 passed, 3 failed');
  });

  test('runs a lone file, and only what is asked for', async () => {
    const file = join(folder, 'anywhere', 'sig_der.json');
    const { code, lines } = await run(file, join(folder, 'sighash.json'), '--only', 'anywhere/sig*');
    expect(code).toBe(0);
    expect(lines.at(-1)).toBe('1 passed, 0 failed');
    expect(lines).toHaveLength(3);
  });
});

describe('a report', () => {
  test('gives a row as right unless it throws', () => {
    const report = new Report();
    report.row('same', () => expectEqual({ a: [1n] }, { a: [1n] }));
    report.row('other', () => expectEqual('got', 'wanted', 'text'));
    report.row(
      'refusal',
      () =>
        void expectThrows(() => {
          throw new RangeError('no');
        }, 'it'),
    );
    report.row('no refusal', () => void expectThrows(() => 7, 'it'));
    report.row(
      'a bug is no refusal',
      () =>
        void expectThrows(() => {
          throw new TypeError('bug');
        }, 'it'),
    );
    const wrong = report.rows.filter(({ got, expected }) => got !== expected);
    expect(report.rows).toHaveLength(5);
    expect(wrong.map(({ row }) => row)).toEqual(['other', 'no refusal', 'a bug is no refusal']);
    expect(wrong[0]).toEqual({ row: 'other', got: 'got', expected: 'wanted', what: 'text' });
    expect(difference(wrong[0]!)).toBe('text: expected "wanted", got "got"');
  });
});
