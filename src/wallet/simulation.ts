/** What transactions would do to a wallet if they were confirmed, one after the other. */
import {
  type OutPoint,
  outPointText,
  prevoutsOf,
  type Transaction,
} from '../core/transaction/transaction.ts';
import type { Wallet } from './wallet.ts';
import { WalletError } from './wallet-error.ts';

/**
 * By how much the balance changes, in satoshis.
 * @param read gives a transaction when it is its turn
 * @param isTaken whether the mempool spends an output
 * @throws WalletError -8
 */
export async function changeBy(
  wallet: Wallet,
  texts: readonly string[],
  read: (text: string) => Transaction,
  isTaken: (outpoint: OutPoint) => boolean,
): Promise<bigint> {
  /** Outputs of those before, and what they are worth to the wallet. */
  const made = new Map<string, bigint>();
  const spent = new Set<string>();
  let change = 0n;
  for (const text of texts) {
    const tx = read(text);
    const coins = await wallet.parts.chain.coins(prevoutsOf(tx));
    for (const [i, { prevout }] of tx.inputs.entries()) {
      const id = outPointText(prevout);
      if (spent.has(id))
        throw new WalletError('Transaction(s) are spending the same output more than once', 'parameter');
      spent.add(id);
      const value = made.get(id);
      if (value === undefined && (coins[i] === undefined || isTaken(prevout)))
        throw new WalletError(
          'One or more transaction inputs are missing or have been spent already',
          'parameter',
        );
      change -= value ?? wallet.history.output(prevout)?.output.value ?? 0n;
    }
    for (const [vout, { scriptPubKey, value }] of tx.outputs.entries()) {
      const worth = wallet.keys.place(scriptPubKey) === undefined ? 0n : value;
      made.set(`${tx.txid}:${vout}`, worth);
      change += worth;
    }
  }
  return change;
}
