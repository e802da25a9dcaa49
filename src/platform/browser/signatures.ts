/** The signature engine of a browser. */
import { nobleEngine } from '../../core/script/noble-engine.ts';
import type { SignatureEngine } from '../../core/script/signature-engine.ts';

export async function loadSignatureEngine(): Promise<SignatureEngine> {
  return nobleEngine;
}
