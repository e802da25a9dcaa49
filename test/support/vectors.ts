/**
 * The shared conformance vectors, which are not part of the repository: found by PENNY_VECTORS or beside
 * it. A test that needs them is skipped, loudly, where they are absent.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'vitest';
import { type ConformanceModule, Report, VectorFile } from '../../scripts/conformance/suite.ts';

const ROOT = process.env.PENNY_VECTORS ?? resolve(import.meta.dirname, '../../../shared/vectors');

/** Path of a vector file, or undefined (and a warning) where it is absent. */
function vectorPath(name: string): string | undefined {
  const path = join(ROOT, name);
  if (existsSync(path)) return path;
  console.warn(`no conformance vectors at ${path}: set PENNY_VECTORS; tests that need them are skipped`);
  return undefined;
}

/** Parsed JSON of a vector file such as `script/script_tests.json`; undefined where it is absent. */
export function vectors<T>(name: string): T | undefined {
  const path = vectorPath(name);
  return path === undefined ? undefined : (JSON.parse(readFileSync(path, 'utf8')) as T);
}

/** Names of runners may have a `*`, for any characters. */
function matchesGlob(glob: string, name: string): boolean {
  const [head, tail] = glob.split('*') as [string, string | undefined];
  return tail === undefined ? head === name : name.startsWith(head) && name.endsWith(tail);
}

/** A test that runs a whole vector file as the conformance command does; every row must pass. */
export function testConformance(
  module: ConformanceModule,
  folder: string,
  name: string,
  timeout = 60_000,
): void {
  const path = vectorPath(`${folder}/${name}`);
  test.skipIf(path === undefined)(`${folder}/${name}`, { timeout }, async () => {
    const report = new Report();
    const folders = [folder, ...readdirSync(ROOT)];
    const find = (other: string) =>
      folders.map((each) => join(ROOT, each, other)).find((candidate) => existsSync(candidate));
    const glob = Object.keys(module.runners).find((key) => matchesGlob(key, name))!;
    await module.runners[glob]!(new VectorFile(path!, find), report);
    const failures = report.failures.slice(0, 10).map(({ row, message }) => `${row}: ${message}`);
    if (report.failed > 0) throw new Error(`${report.failed} rows failed:\n${failures.join('\n')}`);
    if (report.passed === 0) throw new Error('no rows');
  });
}
