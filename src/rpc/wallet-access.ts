/** Finds the wallet a call is about, and reads what several wallet methods take. */
import type { Txid } from '../core/transaction/transaction.ts';
import type { OutputType } from '../wallet/descriptors/kinds.ts';
import type { WalletTransaction } from '../wallet/history.ts';
import type { Wallet } from '../wallet/wallet.ts';
import type { RpcContext } from './context.ts';
import { refuse } from './errors.ts';
import type { RpcRequest } from './registry.ts';
import * as t from './schema.ts';

/** The wallet named in the request's path, or the only one. @throws RpcError -18, -19; WalletError if it cannot be used */
export function walletOf({ wallets }: RpcContext, request: RpcRequest): Wallet {
  const { walletName } = request;
  if (walletName !== null) {
    const named = wallets.get(walletName);
    if (named === undefined)
      throw refuse.wallet_not_found('Requested wallet does not exist or is not loaded');
    return named;
  }
  const [only, ...others] = wallets.names;
  if (only === undefined)
    throw refuse.wallet_not_found(
      'No wallet is loaded. Load a wallet using loadwallet or create a new one with createwallet. (Note: A default wallet is no longer automatically created)',
    );
  if (others.length > 0)
    throw refuse.wallet_not_specified(
      'Multiple wallets are loaded. Please select which wallet to use by requesting the RPC through the /wallet/<walletname> URI path.',
    );
  return wallets.get(only)!;
}

/** @throws RpcError -5 */
export function findTransaction(wallet: Wallet, txid: Txid): WalletTransaction {
  const entry = wallet.history.get(txid);
  if (entry === undefined) throw refuse.key('Invalid or non-wallet transaction id');
  return entry;
}

/** A handler that chooses coins: in the wallet's turn, when all that the mempool was given by then is known. */
export const inTurn =
  <A, H>(handler: (parameters: A, wallet: Wallet, context: RpcContext) => Promise<H>) =>
  (parameters: A, wallet: Wallet, context: RpcContext): Promise<H> =>
    wallet.outbox.inTurn(async () => {
      await context.mempool.settled();
      return handler(parameters, wallet, context);
    });

const ADDRESS_TYPES: readonly string[] = ['legacy', 'p2sh-segwit', 'bech32', 'bech32m'];

/** @throws RpcError -5 */
export function addressTypeFrom(text: string, what = 'address'): OutputType {
  if (!ADDRESS_TYPES.includes(text)) throw refuse.key(`Unknown ${what} type '${text}'`);
  return text as OutputType;
}

/** @throws RpcError -11 */
export function labelFrom(value: string): string {
  if (value === '*') throw refuse.wallet_invalid_label_name('Invalid label name');
  return value;
}

/** Addresses with this label, and what is kept of them. */
export const underLabel = (wallet: Wallet, label: string) =>
  [...wallet.labels.entries].filter(([, record]) => record.label === label);

export const avoidReuse = t.optional(
  t.boolean(
    'Without what addresses were paid after they were spent from; only where the wallet keeps such apart',
  ),
  'as setwalletflag has it',
);
/** Whether to leave such coins out. @throws RpcError -4 */
export function avoidsReuse(wallet: Wallet, asked: boolean | undefined): boolean {
  if (asked && !wallet.avoidsReuse)
    throw refuse.wallet('wallet does not have the "avoid reuse" feature enabled');
  return asked ?? wallet.avoidsReuse;
}

/** Confirmations that nothing has more of. */
export const MAX_DEPTH = 9_999_999;

/** Where the wallet stands, as several answers end. */
export const lastProcessed = t.view<[Wallet]>()(
  {
    hash: [t.hex(), ({ follower }) => follower.last.hash],
    height: [t.integer(), ({ follower }) => follower.last.height],
  },
  'The block up to which this is true',
);

/** Bitcoin Core's wallets had keys that were only watched. */
export const watchOnly = t.flag('Without effect');
