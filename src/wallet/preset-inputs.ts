/** Inputs that a payment spends in any case, those among them that are not the wallet's. */
import { outPointText, type Transaction } from '../core/transaction/transaction.ts';
import type { SigningProvider } from './signing/provider.ts';
import { inputSize } from './solving.ts';
import type { PresetInput } from './spend-request.ts';
import type { Wallet } from './wallet.ts';
import { WalletError } from './wallet-error.ts';

/** By outpoint: what is spent in any case and weighs so much. */
export type WeighedInputs = ReadonlyMap<string, Pick<PresetInput, 'outpoint' | 'weight'>>;

/** Those of a draft and those weighed; foreign ones with the weight told, or what solving data tells. @throws WalletError -4 */
export async function presetInputs(
  wallet: Wallet,
  draft: Transaction,
  weights: WeighedInputs,
  provider: SigningProvider,
): Promise<PresetInput[]> {
  const inputs = new Map<string, PresetInput>();
  for (const { prevout: outpoint, ...given } of draft.inputs) {
    const id = outPointText(outpoint);
    inputs.delete(id);
    inputs.set(id, { ...weights.get(id), outpoint, given });
  }
  for (const [id, input] of weights) if (!inputs.has(id)) inputs.set(id, input);
  const presets = [...inputs.values()];
  const coins = await wallet.parts.chain.coins(presets.map(({ outpoint }) => outpoint));
  return presets.map((preset, i) => {
    if (wallet.history.output(preset.outpoint) !== undefined) return preset;
    const external = coins[i]?.output;
    if (external === undefined) throw new WalletError('Unable to find UTXO for external input');
    const size = inputSize(external.scriptPubKey, provider, false);
    return size === null ? { ...preset, external } : { ...preset, external, size };
  });
}
