/** The engine that conformance runs use, asked only once for each signature. */
import { toHex } from '../../src/core/encoding/bytes.ts';
import type { SignatureEngine } from '../../src/core/script/signature-engine.ts';
import { loadSignatureEngine } from '../../src/platform/node/signatures/load-engine.ts';
import { settings } from './settings.ts';

/** Vectors are run under many flags; the curve need not be asked again each time. */
function remember(engine: SignatureEngine): SignatureEngine {
  const answers = new Map<string, boolean>();
  const ask = (key: string, question: () => boolean): boolean => {
    const known = answers.get(key);
    if (known !== undefined) return known;
    const answer = question();
    answers.set(key, answer);
    return answer;
  };
  return {
    name: engine.name,
    verifyEcdsa: (signature, hash, key) =>
      ask(`e ${toHex(signature)} ${toHex(hash)} ${toHex(key)}`, () =>
        engine.verifyEcdsa(signature, hash, key),
      ),
    verifySchnorr: (signature, message, key) =>
      ask(`s ${toHex(signature)} ${toHex(message)} ${toHex(key)}`, () =>
        engine.verifySchnorr(signature, message, key),
      ),
    checkTweak: (output, parity, internal, tweak) =>
      ask(`t ${toHex(output)} ${parity} ${toHex(internal)} ${toHex(tweak)}`, () =>
        engine.checkTweak(output, parity, internal, tweak),
      ),
    tweakKey: engine.tweakKey,
  };
}

export async function conformanceEngine(): Promise<SignatureEngine> {
  return remember((await loadSignatureEngine(settings.signatureEngine)).engine);
}
