/** A payment that spends what another one spends, back to its payer: for `doublespend`. */
import type { HeaderEntry } from '../chain/header-entry.ts';
import { isUnspendable } from '../core/script/script.ts';
import { totalValue } from '../core/transaction/amount.ts';
import { feeAt, satPerKvB } from '../core/transaction/fee-rate.ts';
import {
  outPointText,
  prevoutsOf,
  SEQUENCE_NOT_FINAL,
  Transaction,
  type Txid,
  type TxOut,
} from '../core/transaction/transaction.ts';
import type { RpcContext } from '../rpc/context.ts';
import { refuse } from '../rpc/errors.ts';
import { signTransaction } from '../wallet/signing/sign-transaction.ts';
import { providerFor } from '../wallet/solving.ts';
import { devParts } from './dev-parts.ts';

interface Conflict {
  readonly conflict: Transaction;
  /** The block of the payment; null if it waits in the mempool. */
  readonly entry: HeaderEntry | null;
  /** What of the mempool it spends from, directly or not; parents first. To be asked when the block is left. */
  ancestors(): readonly Transaction[];
}

interface Found {
  readonly tx: Transaction;
  readonly spent: readonly TxOut[];
  readonly entry: HeaderEntry | null;
}

const FEE_RATE = satPerKvB(20_000n);

/** @throws RpcError */
export async function conflictWith(txid: Txid, context: RpcContext): Promise<Conflict> {
  const { mempool } = context;
  const waiting = mempool.get(txid);
  const { tx, entry, spent }: Found =
    waiting === undefined
      ? await confirmed(txid, context)
      : { ...(await pending(waiting.tx, context)), entry: null };
  const scriptPubKey = spent[0]!.scriptPubKey;
  const value = totalValue(spent) - feeAt(FEE_RATE, tx.virtualSize + 50);
  if (value <= 1_000n || isUnspendable(scriptPubKey))
    throw refuse.misc('The payment is too small to be replaced');
  const inputs = tx.inputs.map((input) => ({
    ...input,
    ...{ scriptSig: new Uint8Array(), witness: [], sequence: SEQUENCE_NOT_FINAL },
  }));
  const unsigned = Transaction.from({ version: 2, inputs, outputs: [{ value, scriptPubKey }], lockTime: 0 });
  const conflict = await sign(unsigned, spent, context);
  const ancestors = () => {
    const now = mempool.get(txid);
    if (now === undefined) return [];
    const all = mempool.ancestors(now);
    return mempool.sorted().flatMap((other) => (all.has(other) ? [other.tx] : []));
  };
  return { conflict, entry, ancestors };
}

async function pending(tx: Transaction, { mempool }: RpcContext): Promise<Omit<Found, 'entry'>> {
  const coins = await mempool.coins(prevoutsOf(tx));
  return { tx, spent: coins.map((coin) => coin!.output) };
}

/** From the wallets' histories, an index, or the last blocks. */
async function confirmed(
  txid: Txid,
  { chain, wallets, indexes }: RpcContext,
): Promise<Found & { readonly entry: HeaderEntry }> {
  const known = wallets.list().flatMap((name) => wallets.get(name)?.history.get(txid)?.block?.hash ?? []);
  const found =
    known[0] === undefined ? (await indexes.transactions?.find(txid))?.entry : chain.entry(known[0]);
  for (let at = found ?? chain.tip; at.height > 0 && chain.isActive(at); at = at.parent!) {
    const { transactions } = await chain.blocks.readBlock(at);
    const index = transactions.findIndex((tx) => tx.txid === txid);
    if (index === 0) throw refuse.parameter('A coinbase spends nothing that could be spent otherwise');
    if (index > 0) {
      const undo = await chain.blocks.readUndo(at);
      return { tx: transactions[index]!, entry: at, spent: undo[index - 1]!.map(({ output }) => output) };
    }
    if (found !== undefined) break;
  }
  throw refuse.key('No such mempool or blockchain transaction');
}

async function sign(tx: Transaction, spent: readonly TxOut[], context: RpcContext): Promise<Transaction> {
  const { wallets } = context;
  const provider = devParts(context).faucet.provider();
  for (const name of wallets.list()) {
    const wallet = wallets.get(name);
    if (wallet !== undefined && !wallet.vault.locked) provider.merge(providerFor(wallet, spent, true));
  }
  const signed = await signTransaction(tx, spent, provider, null);
  const [input] = signed.errors.keys();
  if (input !== undefined)
    throw refuse.misc(`No loaded wallet can sign for ${outPointText(tx.inputs[input]!.prevout)}`);
  return signed.tx;
}
