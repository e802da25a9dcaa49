/** Redeem and witness scripts that somebody tells of an output. */
import { equalBytes } from '../../core/encoding/bytes.ts';
import { hash160, sha256 } from '../../core/encoding/hashes.ts';
import { isPayToScriptHash, isWitnessProgram } from '../../core/script/script.ts';
import { p2sh, p2wsh } from '../../core/script/templates.ts';
import { WalletError } from '../wallet-error.ts';
import type { SigningProvider } from './provider.ts';

interface ToldScripts {
  readonly scriptPubKey: Uint8Array;
  readonly redeemScript: Uint8Array | undefined;
  readonly witnessScript: Uint8Array | undefined;
}

/** @param required an output that hides a script must have it told @throws WalletError where they do not fit */
export function takeScripts(told: ToldScripts, provider: SigningProvider, required: boolean): void {
  const { scriptPubKey, redeemScript, witnessScript } = told;
  const invalid = (text: string) => new WalletError(text, 'parameter');
  const isScriptHash = isPayToScriptHash(scriptPubKey);
  const isWitnessScriptHash = isWitnessProgram(scriptPubKey)?.program.length === 32 && scriptPubKey[0] === 0;
  const script = witnessScript ?? redeemScript;
  if (!isScriptHash && !isWitnessScriptHash) return;
  if (script === undefined && required) throw invalid('Missing redeemScript/witnessScript');
  if (script === undefined) return;
  const wrapped = p2wsh(sha256(script));
  provider.addScript(script);
  provider.addScript(wrapped);
  if (redeemScript !== undefined && !equalBytes(redeemScript, script) && !equalBytes(redeemScript, wrapped))
    throw invalid('redeemScript does not correspond to witnessScript');
  const fitting = isScriptHash ? [script, wrapped].map((inner) => p2sh(hash160(inner))) : [wrapped];
  if (!fitting.some((one) => equalBytes(one, scriptPubKey)))
    throw invalid('redeemScript/witnessScript does not match scriptPubKey');
}
