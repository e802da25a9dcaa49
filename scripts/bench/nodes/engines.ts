/** Which signature engines are measured beside Bitcoin Core. */
import { loadSignatureEngine } from '../../../src/platform/node/signatures/load-engine.ts';

/** The one that the package brings along, and the system's library. */
const NATIVE = ['secp256k1', 'libsecp256k1'];

/** Those that load here. */
export async function loadableEngines(): Promise<string[]> {
  const found: string[] = [];
  for (const name of NATIVE) {
    const loaded = await loadSignatureEngine(name).catch(() => undefined);
    if (loaded !== undefined) found.push(name);
  }
  return found;
}
