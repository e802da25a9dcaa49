/** The signature engine of a browser: loaded with the rest of the node only where WebAssembly may run. */
import { nobleEngine } from '../../core/script/noble-engine.ts';
import type { SignatureEngine } from '../../core/script/signature-engine.ts';
import type { Logger } from '../../seams.ts';

export async function loadSignatureEngine(logger?: Logger): Promise<SignatureEngine> {
  try {
    return await (await import('../shared/signatures/wasm-engine.ts')).loadWasmEngine();
  } catch (error) {
    logger?.log('warn', 'validation', `signatures are verified slowly: ${(error as Error).message}`);
    return nobleEngine;
  }
}
