/** Replaces a payment that waits by one that pays more (BIP125, Core's feebumper). */

import { encodeAddress } from '../core/script/address.ts';
import { scriptOperations } from '../core/script/script.ts';
import { formatMoney, totalValue } from '../core/transaction/amount.ts';
import { type FeeRate, feeAt, feeRateOf, higherRate, satPerKvB } from '../core/transaction/fee-rate.ts';
import { outPointText, prevoutsOf, Transaction, type TxOut } from '../core/transaction/transaction.ts';
import { isChange } from './coins.ts';
import { type FeeChoice, feeRateFor, requiredFeeRate, wantedRate } from './fee-rate.ts';
import type { WalletTransaction } from './history.ts';
import { signedWeight } from './solving.ts';
import { type PlannedTransaction, planTransaction } from './spend.ts';
import type { PresetInput, Recipient } from './spend-request.ts';
import { Purse } from './spendable.ts';
import type { Wallet } from './wallet.ts';
import { WalletError } from './wallet-error.ts';

/** What a wallet adds at least, lest the network's minimum rises meanwhile. */
const WALLET_INCREMENTAL_RATE = satPerKvB(5000n);

interface BumpOptions extends FeeChoice {
  readonly replaceable: boolean;
  /** In place of the outputs; none keeps them. */
  readonly outputs: readonly TxOut[];
  /** Output of the old transaction that pays the difference; found by itself if not given. */
  readonly changeIndex: number | undefined;
  /** Inputs that are not the wallet's: somebody else will sign them. */
  readonly allowForeign: boolean;
}

interface BumpedTransaction {
  readonly plan: PlannedTransaction;
  /** Satoshis */
  readonly oldFee: bigint;
}

/** @throws WalletError in Core's words */
function requireBumpable(wallet: Wallet, entry: WalletTransaction, allowForeign: boolean): void {
  const { history } = wallet;
  const relatives = wallet.parts.chain.mempoolRelatives(entry.tx.txid);
  const { txidBytes: txid, outputs } = entry.tx;
  if (outputs.some((_, vout) => history.isSpent({ txid, vout })))
    throw new WalletError('Transaction has descendants in the wallet', 'parameter');
  if (relatives !== undefined && relatives.descendants > 1)
    throw new WalletError('Transaction has descendants in the mempool', 'parameter');
  if (history.depth(entry) !== 0)
    throw new WalletError('Transaction has been mined, or is conflicted with a mined transaction');
  if (entry.replacedBy !== undefined)
    throw new WalletError(
      `Cannot bump transaction ${entry.tx.txid} which was already bumped by transaction ${entry.replacedBy}`,
    );
  if (!allowForeign && !entry.tx.inputs.every(({ prevout }) => history.output(prevout) !== undefined))
    throw new WalletError("Transaction contains inputs that don't belong to this wallet");
}

/** @throws WalletError in Core's words */
export async function bumpFee(
  wallet: Wallet,
  entry: WalletTransaction,
  options: BumpOptions,
): Promise<BumpedTransaction> {
  const { tx } = entry;
  const { changeIndex, replaceable } = options;
  if (options.outputs.length > 0 && changeIndex !== undefined)
    throw new WalletError(
      "The options 'outputs' and 'original_change_index' are incompatible. You can only either specify a new set of outputs, or designate a change output to be recycled.",
      'parameter',
    );
  if (changeIndex !== undefined && changeIndex >= tx.outputs.length)
    throw new WalletError('Change position is out of range', 'parameter');
  const coins = await wallet.parts.chain.coins(prevoutsOf(tx));
  const inputs = tx.inputs.map(({ prevout }, i): PresetInput => {
    const output = coins[i]?.output;
    if (output === undefined) throw new WalletError(`${outPointText(prevout)} is already spent`, 'misc');
    if (wallet.history.output(prevout) !== undefined) return { outpoint: prevout };
    return { outpoint: prevout, external: output, weight: weightOfSigned(tx, i) };
  });
  requireBumpable(wallet, entry, options.allowForeign);
  const spent = coins.reduce((sum, coin) => sum + coin!.output.value, 0n);
  const oldFee = spent - totalValue(tx.outputs);

  const outputs = options.outputs.length > 0 ? options.outputs : tx.outputs;
  const isItChange = ({ scriptPubKey }: TxOut, i: number): boolean =>
    changeIndex === undefined ? isChange(wallet, scriptPubKey) : i === changeIndex;
  let changeScript = outputs.findLast(isItChange)?.scriptPubKey;
  let recipients = outputs
    .filter((output, i) => !isItChange(output, i))
    .map(({ scriptPubKey, value }): Recipient => ({ script: scriptPubKey, value, subtractFee: false }));
  if (recipients.length === 0) {
    // Someone who pays only himself pays to what was his change.
    if (changeScript === undefined || encodeAddress(changeScript, wallet.parts.parameters) === null)
      throw new WalletError(
        'Unable to create transaction. Transaction must have at least one recipient',
        'parameter',
      );
    const value = totalValue(outputs);
    recipients = [{ script: changeScript, value, subtractFee: true }];
    changeScript = undefined;
  }
  const feeRate = options.feeRate ?? betterRate(wallet, oldFee, tx.virtualSize, options);
  const request = {
    recipients,
    feeRate,
    inputs,
    replaceable,
    addInputs: true,
    // A replacement may not bring new unconfirmed inputs (BIP125 rule 2).
    minimumDepth: 1,
    ...(changeScript === undefined ? {} : { changeScript }),
  };
  if (options.feeRate !== undefined) {
    const size = Math.ceil(signedWeight(outputs, new Purse(wallet, request).preset) / 4);
    const bump = wallet.parts.chain.bumpFee(prevoutsOf(tx), options.feeRate);
    checkRate(wallet, options.feeRate, size, bump, oldFee);
  }
  try {
    return { plan: planTransaction(wallet, request), oldFee };
  } catch (error) {
    if (!(error instanceof WalletError)) throw error;
    throw new WalletError(`Unable to create transaction. ${error.message}`);
  }
}

/** Would a transaction of this size and rate be accepted, and is it meant? */
function checkRate(wallet: Wallet, rate: FeeRate, size: number, bump: bigint, oldFee: bigint): void {
  const { chain, policy } = wallet.parts;
  const minimum = chain.minimumFeeRate();
  // Below what nodes relay at all the fee itself is too low, which says more.
  if (rate < minimum && minimum > chain.relayFeeRate())
    throw new WalletError(
      `New fee rate (${formatMoney(rate)}) is lower than the minimum fee rate (${formatMoney(minimum)}) to get into the mempool -- `,
    );
  const offered = feeAt(rate, size) + bump;
  const increment = feeAt(chain.incrementalFeeRate(), size);
  if (offered < oldFee + increment)
    throw new WalletError(
      `Insufficient total fee ${formatMoney(offered)}, must be at least ${formatMoney(oldFee + increment)} (oldFee ${formatMoney(oldFee)} + incrementalFee ${formatMoney(increment)})`,
      'parameter',
    );
  const required = feeAt(requiredFeeRate(wallet), size);
  if (offered < required)
    throw new WalletError(
      `Insufficient total fee (cannot be less than required fee ${formatMoney(required)})`,
      'parameter',
    );
  if (offered > policy.maximumFee)
    throw new WalletError(
      `Specified or calculated fee ${formatMoney(offered)} is too high (cannot be higher than -maxtxfee ${formatMoney(policy.maximumFee)})`,
    );
}

/** Above the old rate by what replacing costs, and not below what the times ask for. */
function betterRate(
  wallet: Wallet,
  oldFee: bigint,
  size: number,
  { target, conservative }: BumpOptions,
): FeeRate {
  const added = higherRate(wallet.parts.chain.incrementalFeeRate(), WALLET_INCREMENTAL_RATE);
  const raised = satPerKvB(feeRateOf(oldFee, size) + 1n + added);
  if (wantedRate(wallet, target, conservative) === null) return raised;
  return higherRate(raised, feeRateFor(wallet, target, conservative).rate);
}

/** Weight of a signed input with its signatures at their longest: DER drops leading zeros. */
function weightOfSigned(tx: Transaction, index: number): number {
  const input = tx.inputs[index]!;
  const { version, lockTime } = tx;
  const alone = Transaction.from({ version, inputs: [input], outputs: [], lockTime }).weight;
  const empty = Transaction.from({ version, inputs: [], outputs: [], lockTime }).weight;
  const missing = (items: readonly (Uint8Array | null)[]): number =>
    items
      .filter((item) => item?.[0] === 0x30 && item.length >= 67)
      .reduce((sum, item) => sum + Math.max(0, 72 - item!.length), 0);
  const pushed = Array.from(scriptOperations(input.scriptSig), ({ data }) => data);
  const counts = input.witness.length > 0 ? -2 : 1;
  return alone - empty + counts + missing(input.witness) + 4 * missing(pushed);
}
