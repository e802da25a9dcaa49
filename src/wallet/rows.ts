/** What a transaction moved for a wallet, output by output (Core's ListTransactions). */
import { encodeAddress } from '../core/script/address.ts';
import { totalValue } from '../core/transaction/amount.ts';
import { isChange } from './coins.ts';
import type { WalletTransaction } from './history.ts';
import type { Wallet } from './wallet.ts';

export interface Row {
  readonly category: 'send' | 'receive' | 'generate' | 'immature' | 'orphan';
  readonly address: string | undefined;
  readonly label: string | undefined;
  readonly vout: number;
  /** Satoshis, negative where they were sent; so is the fee, which only such rows tell. */
  readonly value: bigint;
  readonly fee?: bigint;
  /** The descriptor that the script comes from, where it was received. */
  readonly parent?: string;
  readonly abandoned: boolean;
}

/**
 * What it pays to others, then what it pays to us. @param label only what has it
 * @param withLost what another transaction took the place of has not been received, unless this says so
 */
export function rowsOf(
  wallet: Wallet,
  entry: WalletTransaction,
  label: string | null,
  includeChange = false,
  withLost = false,
): Row[] {
  const { tx, abandoned } = entry;
  const isReceived = withLost || wallet.history.depth(entry) >= 0;
  const debit = wallet.history.debit(tx);
  const fee = totalValue(tx.outputs) - debit;
  const sent: Row[] = [];
  const received: Row[] = [];
  for (const [vout, { value, scriptPubKey }] of tx.outputs.entries()) {
    const place = wallet.keys.place(scriptPubKey);
    const address = encodeAddress(scriptPubKey, wallet.parts.parameters) ?? undefined;
    const known = address === undefined ? undefined : wallet.labels.get(address)?.label;
    if (debit > 0n ? !includeChange && isChange(wallet, scriptPubKey) : place === undefined) continue;
    const common = { address, label: known, vout, abandoned };
    if (debit > 0n && label === null) sent.push({ ...common, category: 'send', value: -value, fee });
    if (place === undefined || !isReceived || (label !== null && known !== label)) continue;
    received.push({ ...common, category: incoming(wallet, entry), value, parent: place.own.shown });
  }
  return [...sent, ...received];
}

function incoming({ history }: Wallet, entry: WalletTransaction): Row['category'] {
  if (!entry.tx.isCoinbase) return 'receive';
  if (history.depth(entry) < 1) return 'orphan';
  return history.blocksToMaturity(entry) > 0 ? 'immature' : 'generate';
}
