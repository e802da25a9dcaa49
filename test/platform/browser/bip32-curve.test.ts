import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HDKey } from '@scure/bip32';
import { build } from 'esbuild';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ONE_CURVE } from '../../../scripts/package/build-page.ts';

test('keys are derived as with the library that it takes the place of', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'penny-bip32-'));
  try {
    const outfile = join(directory, 'bip32.mjs');
    const { metafile } = await build({
      ...{
        stdin: { contents: "export { HDKey } from '@scure/bip32'", resolveDir: import.meta.dirname },
        outfile,
      },
      ...{ bundle: true, metafile: true, format: 'esm', platform: 'browser', alias: ONE_CURVE },
    });
    expect(Object.keys(metafile.inputs).join()).not.toContain('noble/curves');
    const bundled = (await import(outfile)).HDKey as typeof HDKey;
    const both = (derive: (kind: typeof HDKey) => HDKey) => {
      const [own, theirs] = [bundled, HDKey].map((kind) => derive(kind));
      expect([own!.publicExtendedKey, own!.privateKey]).toEqual([
        theirs!.publicExtendedKey,
        theirs!.privateKey,
      ]);
    };
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 16, maxLength: 64 }),
        fc.array(fc.nat(2 ** 32 - 1), { maxLength: 4 }),
        fc.nat(2 ** 31 - 1),
        (seed, path, last) => {
          const below = (kind: typeof HDKey) =>
            path.reduce((key, step) => key.deriveChild(step), kind.fromMasterSeed(seed));
          both((kind) => below(kind).deriveChild(last));
          both((kind) => kind.fromExtendedKey(below(kind).publicExtendedKey).deriveChild(last));
        },
      ),
      { numRuns: 30 },
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
});
