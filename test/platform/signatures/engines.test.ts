import { describe, expect, test } from 'vitest';
import { loadSignatureEngine, SIGNATURE_ENGINES } from '../../../src/platform/node/signatures/load-engine.ts';
import { testSignatureEngine } from '../../support/signature-engine-suite.ts';

for (const name of SIGNATURE_ENGINES) {
  const loaded = await loadSignatureEngine(name).catch((error: Error) => error);
  if (loaded instanceof Error) test.skip(`${name} cannot be loaded here: ${loaded.message}`, () => {});
  else testSignatureEngine(loaded.engine);
}

describe('choosing a signature engine', () => {
  test('takes the one that is named', async () => {
    for (const name of ['noble', 'wasm'])
      expect(await loadSignatureEngine(name)).toMatchObject({ engine: { name }, missed: [] });
  });

  test('takes the first that loads, and says why others did not', async () => {
    const { engine, missed } = await loadSignatureEngine();
    const tried = [...missed.map(({ name }) => name as string), engine.name];
    expect(tried).toEqual(SIGNATURE_ENGINES.slice(0, tried.length));
    for (const { reason } of missed) expect(reason).not.toBe('');
  });

  test('refuses an unknown name, and names those there are', async () => {
    await expect(loadSignatureEngine('fast')).rejects.toThrow(/fast.*secp256k1.*wasm.*noble/);
  });
});
