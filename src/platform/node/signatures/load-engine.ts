/** Chooses the signature engine: the fastest that loads here, or the one that was asked for by name. */
import { nobleEngine } from '../../../core/script/noble-engine.ts';
import type { SignatureEngine } from '../../../core/script/signature-engine.ts';

/** Fastest first. */
export const SIGNATURE_ENGINES = ['libsecp256k1', 'secp256k1', 'wasm', 'noble'] as const;

type SignatureEngineName = (typeof SIGNATURE_ENGINES)[number];

interface LoadedEngine {
  readonly engine: SignatureEngine;
  /** Engines that would have been faster, and why they could not be loaded. */
  readonly missed: readonly { readonly name: SignatureEngineName; readonly reason: string }[];
}

/** Modules are imported only when they are tried: each may be absent on some machine. */
async function load(name: SignatureEngineName): Promise<SignatureEngine> {
  switch (name) {
    case 'libsecp256k1':
      return (await import('./system-engine.ts')).loadSystemEngine();
    case 'secp256k1':
      return (await import('./bindings-engine.ts')).loadBindingsEngine();
    case 'wasm':
      return (await import('../../shared/signatures/wasm-engine.ts')).loadWasmEngine();
    case 'noble':
      return nobleEngine;
  }
}

/**
 * @param name one of SIGNATURE_ENGINES (`--signature-engine`); without it, the first that loads
 * @throws RangeError for an unknown name; Error where the named engine cannot be loaded
 */
export async function loadSignatureEngine(name?: string): Promise<LoadedEngine> {
  if (name !== undefined) {
    const known = SIGNATURE_ENGINES.find((candidate) => candidate === name);
    if (known === undefined)
      throw new RangeError(`unknown signature engine ${name}: there are ${SIGNATURE_ENGINES.join(', ')}`);
    return { engine: await load(known), missed: [] };
  }
  const missed: { name: SignatureEngineName; reason: string }[] = [];
  for (const candidate of SIGNATURE_ENGINES) {
    try {
      return { engine: await load(candidate), missed };
    } catch (error) {
      missed.push({ name: candidate, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return { engine: nobleEngine, missed };
}
