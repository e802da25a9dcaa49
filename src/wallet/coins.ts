/** The money of a wallet: what can be spent, what will be, and what is change. */
import { toHex } from '../core/encoding/bytes.ts';
import { encodeAddress } from '../core/script/address.ts';
import type { History, OwnOutput, WalletTransaction } from './history.ts';
import type { ScriptPlace } from './key-ring.ts';
import type { Wallet } from './wallet.ts';

export interface Balances {
  readonly trusted: bigint;
  readonly pending: bigint;
  readonly immature: bigint;
  /** Of all of these: paid to addresses that were spent from before, in a wallet that keeps such apart. */
  readonly used: bigint;
  /** Not positive: what of the others is spent by own transactions that wait outside the mempool. */
  readonly outside: bigint;
}

/** An own output that is unspent, with what coin control asks about it. */
export interface Coin extends OwnOutput {
  readonly place: ScriptPlace;
  readonly depth: number;
  /** Confirmed, or unconfirmed change of a payment that no other replaces or is replaced by. */
  readonly safe: boolean;
  readonly locked: boolean;
  /** Paid to an address that was spent from, in a wallet that keeps such apart. */
  readonly isReused: boolean;
}

const NONE: ReadonlySet<string> = new Set();
const reusedScripts = ({ avoidsReuse, history }: Wallet) => (avoidsReuse ? history.spentScripts() : NONE);
const isIn = (reused: ReadonlySet<string>, script: Uint8Array) =>
  reused.size > 0 && reused.has(toHex(script));

/** Unspent outputs, unconfirmed ones of the mempool included. */
export function listCoins(wallet: Wallet, includeImmature = false): Coin[] {
  const { history, keys, locks } = wallet;
  const reused = reusedScripts(wallet);
  const coins: Coin[] = [];
  for (const { parent, outpoint, output } of history.outputs()) {
    const depth = history.depth(parent);
    if (depth < 0 || (depth === 0 && !history.inMempool(parent))) continue;
    if (history.isSpent(outpoint)) continue;
    if (!includeImmature && history.blocksToMaturity(parent) > 0) continue;
    const place = keys.place(output.scriptPubKey)!;
    // Whoever replaces a transaction must not be surprised by what hangs on either.
    const isRival = depth === 0 && (parent.replaces ?? parent.replacedBy) !== undefined;
    const [safe, locked] = [history.isTrusted(parent) && !isRival, locks.has(outpoint)];
    const isReused = isIn(reused, output.scriptPubKey);
    coins.push({ outpoint, output, parent, place, depth, safe, locked, isReused });
  }
  return coins;
}

interface Counting {
  /** Confirmations that count as trusted. */
  readonly minimumDepth?: number;
  /** Count what is spent only outside the mempool, and as `outside` too. */
  readonly waiting?: boolean;
  /** Count as `used` what is paid to addresses that were spent from, where the wallet keeps such apart. */
  readonly apart?: boolean;
}

export function balances(
  wallet: Wallet,
  { minimumDepth = 0, waiting = false, apart = true }: Counting = {},
): Balances {
  const { history } = wallet;
  const reused = apart ? reusedScripts(wallet) : NONE;
  const sums = { trusted: 0n, pending: 0n, immature: 0n, used: 0n, outside: 0n };
  for (const { parent, outpoint, output } of history.outputs()) {
    const spending = history.spending(outpoint);
    if (spending === 'settled' || (spending !== null && !waiting)) continue;
    const kind = balanceKind(history, parent, minimumDepth);
    if (kind === null) continue;
    sums[isIn(reused, output.scriptPubKey) ? 'used' : kind] += output.value;
    if (spending !== null) sums.outside -= output.value;
  }
  return sums;
}

function balanceKind(history: History, parent: WalletTransaction, minimumDepth: number) {
  const depth = history.depth(parent);
  if (history.blocksToMaturity(parent) > 0) return depth > 0 ? 'immature' : null;
  if (history.isTrusted(parent)) return depth >= minimumDepth ? 'trusted' : null;
  return depth === 0 && history.inMempool(parent) ? 'pending' : null;
}

/** An own output that nobody was told of: it goes back to us from our own spending. */
export function isChange({ keys, labels, parts }: Wallet, script: Uint8Array): boolean {
  if (keys.place(script) === undefined) return false;
  const address = encodeAddress(script, parts.parameters);
  return address === null || labels.get(address) === undefined;
}
