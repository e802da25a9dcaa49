/** The Updater (BIP174): tells a PSBT what it spends. */
import { toDisplayHex } from '../../core/encoding/bytes.ts';
import { isWitnessProgram } from '../../core/script/script.ts';
import { solve } from '../../core/script/templates.ts';
import type { Coin } from '../../core/transaction/coin.ts';
import type { OutPoint, Transaction, Txid } from '../../core/transaction/transaction.ts';
import type { SigningProvider } from '../signing/provider.ts';
import type { Psbt } from './psbt.ts';
import { INPUT } from './psbt-fields.ts';
import { encodeOutput } from './psbt-values.ts';

/** What is known of what is spent. */
interface Known {
  coins(outpoints: readonly OutPoint[]): Promise<(Coin | undefined)[]>;
  transaction(txid: Txid): Promise<Transaction | undefined>;
}

/** Also inside P2SH, as far as that is known. */
function isSegwit(script: Uint8Array, provider: SigningProvider): boolean {
  const { type, solutions } = solve(script);
  const inner = type === 'scripthash' ? provider.scriptByHash(solutions[0]!) : script;
  return inner !== undefined && isWitnessProgram(inner) !== null;
}

/** Adds previous transactions, and the outputs of those that witnesses spend. */
export async function addUtxos(psbt: Psbt, provider: SigningProvider, known: Known): Promise<void> {
  const outpoints = psbt.inputs.map((_, index) => psbt.outpoint(index));
  const coins = await known.coins(outpoints);
  for (const [index, input] of psbt.inputs.entries()) {
    if (input.has(INPUT.NON_WITNESS_UTXO)) continue;
    const previous = await known.transaction(toDisplayHex(outpoints[index]!.txid) as Txid);
    if (previous !== undefined) input.set(INPUT.NON_WITNESS_UTXO, previous.bytes);
    const output = coins[index]?.output;
    if (input.has(INPUT.WITNESS_UTXO) || output === undefined || !isSegwit(output.scriptPubKey, provider))
      continue;
    input.set(INPUT.WITNESS_UTXO, encodeOutput(output));
  }
}
