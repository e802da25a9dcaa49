/** What a wallet does to a PSBT: tells what it knows, and signs what it can. */

import { toDisplayHex, toHex } from '../core/encoding/bytes.ts';
import { solve } from '../core/script/templates.ts';
import type { Txid } from '../core/transaction/transaction.ts';
import { type ScriptPlace, xOf } from './key-ring.ts';
import type { Psbt } from './psbt/psbt.ts';
import { INPUT } from './psbt/psbt-fields.ts';
import type { PsbtMap } from './psbt/psbt-map.ts';
import {
  dropNeedlessTransactions,
  isSignedAndVerified,
  sighashContext,
  signInput,
  updateOutput,
} from './psbt/roles.ts';
import { SigningProvider } from './signing/provider.ts';
import { providerFor } from './solving.ts';
import type { Wallet } from './wallet.ts';
import { WalletError } from './wallet-error.ts';

interface FillOptions {
  readonly sign: boolean;
  readonly finalize: boolean;
  /** Say where keys come from (BIP32). */
  readonly derivations: boolean;
  readonly sighashType?: number | undefined;
}

/** Adds the transactions spent that are the wallet's: others are the updater's business (utxoupdatepsbt). */
function addPrevious({ history }: Wallet, psbt: Psbt): void {
  for (const [index, input] of psbt.inputs.entries()) {
    const previous = history.get(toDisplayHex(psbt.outpoint(index).txid) as Txid)?.tx;
    if (!isFinal(input) && !input.has(INPUT.NON_WITNESS_UTXO) && previous !== undefined)
      input.set(INPUT.NON_WITNESS_UTXO, previous.bytes);
  }
}

/**
 * What the wallet knows of what a PSBT spends and pays. A script that is not its own may still have keys of its own:
 * then the PSBT names them.
 */
function providerOf(wallet: Wallet, psbt: Psbt, withSecrets: boolean): SigningProvider {
  const provider = new SigningProvider();
  const outputs = psbt.outputs.map((_, index) => psbt.outputAt(index));
  let places: ReadonlyMap<string, ScriptPlace> | undefined;
  for (const [index, input] of psbt.inputs.entries()) {
    const utxo = psbt.utxo(index);
    if (utxo === null) continue;
    if (wallet.keys.place(utxo.scriptPubKey) !== undefined) {
      outputs.push(utxo);
      continue;
    }
    const { type, solutions } = solve(utxo.scriptPubKey);
    const named = [INPUT.BIP32, INPUT.TAP_BIP32]
      .flatMap((kind) => input.list(kind))
      .map(({ keyData }) => keyData);
    if (type === 'witness_v1_taproot') named.push(solutions[0]!);
    if (named.length > 0) places ??= wallet.keys.placesByKey();
    for (const key of named) {
      const place = places?.get(toHex(xOf(key)));
      if (place !== undefined) provider.merge(wallet.keys.expand(place, withSecrets).provider);
    }
  }
  provider.merge(providerFor(wallet, outputs, withSecrets));
  return provider;
}

/** True if the PSBT is complete. @throws WalletError if the sighash types contradict each other */
export async function fillPsbt(wallet: Wallet, psbt: Psbt, options: FillOptions): Promise<boolean> {
  addPrevious(wallet, psbt);
  const provider = providerOf(wallet, psbt, options.sign);
  if (!options.derivations) provider.forgetOrigins();
  return fillWith(psbt, provider, options);
}

const isFinal = (input: PsbtMap): boolean =>
  input.has(INPUT.FINAL_SCRIPTSIG) || input.has(INPUT.FINAL_WITNESS);

/** Signs and describes with what a provider knows. @returns whether all inputs are final, and spend what they say */
export function fillWith(psbt: Psbt, provider: SigningProvider, options: FillOptions): boolean {
  const context = sighashContext(psbt);
  for (const [index, input] of psbt.inputs.entries()) {
    if (isFinal(input)) continue;
    const { sighashType, finalize } = options;
    const { result } = signInput(psbt, index, provider, context, { sighashType, finalize });
    if (result === 'sighash mismatch')
      throw new WalletError('Specified sighash value does not match value stored in PSBT', 'text');
  }
  for (const index of psbt.outputs.keys()) updateOutput(psbt, index, provider);
  dropNeedlessTransactions(psbt);
  return (
    context !== null &&
    psbt.inputs.every((input, index) => isFinal(input) && isSignedAndVerified(psbt, index, context))
  );
}
