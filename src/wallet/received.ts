/** What own addresses were paid in all, spent or not. */
import { encodeAddress } from '../core/script/address.ts';
import type { Wallet } from './wallet.ts';

export interface Received {
  /** Satoshis */
  amount: bigint;
  /** Of the newest. */
  confirmations: number;
  readonly txids: string[];
}

/** By address. Coinbases count once they are mature. @param minimum confirmations */
export function receivedByAddress(
  { history, parts }: Wallet,
  minimum: number,
  includeImmature: boolean,
): ReadonlyMap<string, Received> {
  const received = new Map<string, Received>();
  for (const { parent, output } of history.outputs()) {
    const depth = history.depth(parent);
    if (depth < minimum || parent.abandoned || (parent.tx.isCoinbase && depth < 1)) continue;
    if (!includeImmature && history.blocksToMaturity(parent) > 0) continue;
    const address = encodeAddress(output.scriptPubKey, parts.parameters);
    if (address === null) continue;
    const entry = received.get(address) ?? { amount: 0n, confirmations: depth, txids: [] };
    entry.amount += output.value;
    entry.confirmations = Math.min(entry.confirmations, depth);
    entry.txids.push(parent.tx.txid);
    received.set(address, entry);
  }
  return received;
}
