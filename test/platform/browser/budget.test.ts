import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { buildWorker } from '../../../scripts/package/build-page.ts';

/** Bytes of the node as they are sent, with all that it needs to start. */
const BUDGET = 260_000;

test('a node in a tab is small enough to be sent', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'penny-worker-'));
  try {
    const read = (name: string): string => readFileSync(join(directory, name), 'utf8');
    const script = read(await buildWorker(directory));
    const sizeOf = (name: string): number => gzipSync(read(name), { level: 9 }).length;
    /** What is loaded with it; not what is loaded when it is wanted. */
    const partsOf = (name: string, known = new Set<string>()): Set<string> => {
      if (known.has(name)) return known;
      known.add(name);
      for (const [, part] of read(name).matchAll(/(?:from|import)"\.\/([\w-]+\.js)"/g)) partsOf(part!, known);
      return known;
    };
    const roles = [...script.matchAll(/import\("\.\/([\w-]+\.js)"\)/g)].map(([, name]) => partsOf(name!));
    const sizes = roles.map((parts) => [...parts].reduce((sum, part) => sum + sizeOf(part), 0));
    expect(sizes).toHaveLength(3);
    expect(Math.max(...sizes)).toBeGreaterThan(100_000);

    expect(Math.max(...sizes)).toBeLessThan(BUDGET);
    // What follows when it runs is all methods, and when one is wanted, a list of words.
    const first = new Set(roles.flatMap((parts) => [...parts]));
    const later = readdirSync(directory).filter((name) => !first.has(name) && !script.includes(name));
    for (const sign of ['getblocktemplate', 'abaisser'])
      expect(later.filter((name) => read(name).includes(sign)).length, sign).toBeGreaterThan(0);
    for (const name of first) expect(read(name), name).not.toMatch(/getblocktemplate|abaisser/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
