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

const NOTHING: Received = { amount: 0n, confirmations: 0, txids: [] };

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

/** Addresses that were handed out, with what they received; those that received nothing only if asked for. */
export const paidAddresses = (
  wallet: Wallet,
  minimum: number,
  includeImmature: boolean,
  includeEmpty: boolean,
) => {
  const received = receivedByAddress(wallet, minimum, includeImmature);
  return [...wallet.labels.entries]
    .filter(([address, { purpose }]) => purpose === 'receive' && (includeEmpty || received.has(address)))
    .map(([address, { label }]) => ({ address, label, ...(received.get(address) ?? NOTHING) }));
};

/** The same by label. */
export function paidLabels(...asked: Parameters<typeof paidAddresses>) {
  const byLabel = new Map<string, { amount: bigint; confirmations: number }>();
  for (const { label, amount, confirmations, txids } of paidAddresses(...asked)) {
    const sum = byLabel.get(label) ?? { amount: 0n, confirmations: Number.POSITIVE_INFINITY };
    if (txids.length > 0) sum.confirmations = Math.min(sum.confirmations, confirmations);
    sum.amount += amount;
    byLabel.set(label, sum);
  }
  return Array.from(byLabel, ([label, { amount, confirmations }]) => {
    return { amount, confirmations: Number.isFinite(confirmations) ? confirmations : 0, label };
  });
}
