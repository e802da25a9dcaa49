/** The money of a wallet: what can be spent, what will be, and what is change. */
import { encodeAddress } from '../core/script/address.ts';
import type { OwnOutput } from './history.ts';
import type { ScriptPlace } from './key-ring.ts';
import type { Wallet } from './wallet.ts';

export interface Balances {
  readonly trusted: bigint;
  readonly pending: bigint;
  readonly immature: bigint;
}

/** An own output that is unspent, with what coin control asks about it. */
export interface Coin extends OwnOutput {
  readonly place: ScriptPlace;
  readonly depth: number;
  readonly trusted: boolean;
  readonly locked: boolean;
}

/** Unspent outputs, unconfirmed ones of the mempool included. */
export function listCoins({ history, keys, locks }: Wallet, includeImmature = false): Coin[] {
  const coins: Coin[] = [];
  for (const { parent, outpoint, output } of history.outputs()) {
    const depth = history.depth(parent);
    if (depth < 0 || (depth === 0 && !history.inMempool(parent))) continue;
    if (history.isSpent(outpoint)) continue;
    if (!includeImmature && history.blocksToMaturity(parent) > 0) continue;
    const place = keys.place(output.scriptPubKey)!;
    const [trusted, locked] = [history.isTrusted(parent), locks.has(outpoint)];
    coins.push({ outpoint, output, parent, place, depth, trusted, locked });
  }
  return coins;
}

/** @param minimumDepth confirmations that count as trusted */
export function balances({ history }: Wallet, minimumDepth = 0): Balances {
  let [trusted, pending, immature] = [0n, 0n, 0n];
  for (const { parent, outpoint, output } of history.outputs()) {
    if (history.isSpent(outpoint)) continue;
    const depth = history.depth(parent);
    if (history.blocksToMaturity(parent) > 0) {
      if (depth > 0) immature += output.value;
    } else if (history.isTrusted(parent)) {
      if (depth >= minimumDepth) trusted += output.value;
    } else if (depth === 0 && history.inMempool(parent)) pending += output.value;
  }
  return { trusted, pending, immature };
}

/** An own output that nobody was told of: it goes back to us from our own spending. */
export function isChange({ keys, labels, parts }: Wallet, script: Uint8Array): boolean {
  if (keys.place(script) === undefined) return false;
  const address = encodeAddress(script, parts.parameters);
  return address === null || labels.get(address) === undefined;
}
