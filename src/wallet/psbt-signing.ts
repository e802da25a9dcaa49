/** What a wallet does to a PSBT: tells what it knows, and signs what it can. */

import { toDisplayHex } from '../core/encoding/bytes.ts';
import { isWitnessProgram } from '../core/script/script.ts';
import type { Txid } from '../core/transaction/transaction.ts';
import type { Psbt } from './psbt/psbt.ts';
import { INPUT } from './psbt/psbt-fields.ts';
import { encodeOutput } from './psbt/psbt-values.ts';
import { dropNeedlessTransactions, sighashContext, signInput, updateOutput } from './psbt/roles.ts';
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

/** Adds the outputs spent that the wallet or the chain knows. */
async function addUtxos(wallet: Wallet, psbt: Psbt): Promise<void> {
  const outpoints = psbt.inputs.map((_, index) => psbt.outpoint(index));
  const coins = await wallet.parts.chain.coins(outpoints);
  for (const [index, input] of psbt.inputs.entries()) {
    const { txid } = outpoints[index]!;
    const id = toDisplayHex(txid) as Txid;
    const previous = wallet.history.get(id)?.tx ?? wallet.parts.chain.mempoolTransaction(id);
    if (!input.has(INPUT.NON_WITNESS_UTXO) && previous !== undefined)
      input.set(INPUT.NON_WITNESS_UTXO, previous.bytes);
    const output = coins[index]?.output;
    if (psbt.utxo(index) === null && output !== undefined && isWitnessProgram(output.scriptPubKey) !== null)
      input.set(INPUT.WITNESS_UTXO, encodeOutput(output));
  }
}

/** True if the PSBT is complete. @throws WalletError if the sighash types contradict each other */
export async function fillPsbt(wallet: Wallet, psbt: Psbt, options: FillOptions): Promise<boolean> {
  await addUtxos(wallet, psbt);
  const spent = psbt.inputs.map((_, index) => psbt.utxo(index)).filter((output) => output !== null);
  const outputs = psbt.outputs.map((_, index) => psbt.outputAt(index));
  const provider = new SigningProvider();
  provider.merge(providerFor(wallet, [...spent, ...outputs], options.sign));
  if (!options.derivations) provider.forgetOrigins();
  return fillWith(psbt, provider, options);
}

/** Signs and describes with what a provider knows. */
export function fillWith(psbt: Psbt, provider: SigningProvider, options: FillOptions): boolean {
  const context = sighashContext(psbt);
  let complete = true;
  for (const index of psbt.inputs.keys()) {
    const { sighashType, finalize } = options;
    const { result } = signInput(psbt, index, provider, context, { sighashType, finalize });
    if (result === 'sighash mismatch')
      throw new WalletError('Specified sighash value does not match value stored in PSBT', 'parameter');
    if (result !== 'ok') complete = false;
  }
  for (const index of psbt.outputs.keys()) updateOutput(psbt, index, provider);
  dropNeedlessTransactions(psbt);
  return complete;
}
