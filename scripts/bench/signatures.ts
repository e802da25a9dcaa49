/** Every signature engine that loads here: verifications a second, one thread. */
import { sha256 } from '../../src/core/encoding/hashes.ts';
import { parseLaxDer } from '../../src/core/script/signature-encoding.ts';
import {
  publicKeyOf,
  signEcdsa,
  signSchnorr,
  tweakPublicKey,
  xOnlyKeyOf,
} from '../../src/core/script/signing.ts';
import { taprootTweak } from '../../src/core/script/taproot.ts';
import { bindFastHashes } from '../../src/platform/node/hashes.ts';
import { loadSignatureEngine, SIGNATURE_ENGINES } from '../../src/platform/node/signatures/load-engine.ts';
import { measureRate } from './measure.ts';
import type { Bench, BenchRow } from './row.ts';

export const bench: Bench = async ({ repeat, quick }) => {
  bindFastHashes();
  const secret = sha256(Uint8Array.of(1));
  const hash = sha256(secret);
  const key = publicKeyOf(secret);
  const x = xOnlyKeyOf(secret);
  const ecdsa = parseLaxDer(signEcdsa(hash, secret))!;
  const schnorr = signSchnorr(hash, secret, new Uint8Array(32));
  const tweak = taprootTweak(x);
  const output = tweakPublicKey(x, tweak)!;

  const rows: BenchRow[] = [];
  for (const name of SIGNATURE_ENGINES) {
    const loaded = await loadSignatureEngine(name).catch(() => undefined);
    if (loaded === undefined) continue;
    const { engine } = loaded;
    const count = (name === 'noble' ? 100 : 4000) / (quick ? 10 : 1);
    const add = (what: string, verify: () => boolean): void => {
      const values = measureRate(repeat, count, () => {
        for (let i = 0; i < count; i++) if (!verify()) throw new Error(`${name} refuses a valid ${what}`);
      });
      rows.push({ name: `${name}: ${what}`, unit: '/s', values, higherIsBetter: true });
    };
    add('ECDSA verify', () => engine.verifyEcdsa(ecdsa, hash, key));
    add('BIP340 verify', () => engine.verifySchnorr(schnorr, hash, x));
    add('BIP341 tweak', () => engine.checkTweak(output.x, output.parity, x, tweak));
  }
  return rows;
};
