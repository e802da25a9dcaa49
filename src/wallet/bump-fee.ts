/** Replaces a payment that waits by one that pays more (BIP125, Core's feebumper). */
import type { TxOut } from '../core/transaction/transaction.ts';
import { isChange } from './coins.ts';
import { feeAt } from './dust.ts';
import { feeRateFor } from './fee-rate.ts';
import type { WalletTransaction } from './history.ts';
import { type PlannedTransaction, planTransaction, RBF_SEQUENCE, type SpendRequest } from './spend.ts';
import type { Wallet } from './wallet.ts';
import { WalletError } from './wallet-error.ts';

/** Satoshis per 1,000 vbytes: what a replacement must add at least, for the network's work. */
const INCREMENTAL_RATE = 1000n;
/** What a wallet adds of itself, lest the network's minimum rises meanwhile. */
const WALLET_INCREMENTAL_RATE = 5000n;
const DEFAULT_TARGET = 6;

interface BumpOptions {
  /** Satoshis per 1,000 vbytes; estimated if not given. */
  readonly feeRate?: bigint | undefined;
  readonly replaceable?: boolean | undefined;
  /** In place of the outputs that are no change. */
  readonly outputs?: readonly TxOut[] | undefined;
}

interface BumpedTransaction {
  readonly plan: PlannedTransaction;
  /** Satoshis */
  readonly oldFee: bigint;
}

/** @throws WalletError in Core's words */
function requireReplaceable(wallet: Wallet, entry: WalletTransaction): void {
  const { history } = wallet;
  const refuse = (kind: 'parameter' | 'wallet', message: string): WalletError =>
    new WalletError(kind, message);
  const relatives = wallet.parts.chain.mempoolRelatives(entry.tx.txid);
  if (history.descendants(entry).size > 1)
    throw refuse('parameter', 'Transaction has descendants in the wallet');
  if (relatives !== undefined && relatives.descendants > 1)
    throw refuse('parameter', 'Transaction has descendants in the mempool');
  if (history.depth(entry) !== 0)
    throw refuse('wallet', 'Transaction has been mined, or is conflicted with a mined transaction');
  if (entry.replacedBy !== undefined)
    throw refuse(
      'wallet',
      `Cannot bump transaction ${entry.tx.txid} which was already bumped by transaction ${entry.replacedBy}`,
    );
  if (!entry.tx.inputs.every(({ prevout }) => history.output(prevout) !== undefined))
    throw refuse('wallet', "Transaction contains inputs that don't belong to this wallet");
}

/** @throws WalletError in Core's words */
export function bumpFee(wallet: Wallet, entry: WalletTransaction, options: BumpOptions): BumpedTransaction {
  requireReplaceable(wallet, entry);
  const { tx } = entry;
  const oldFee = wallet.history.debit(tx) - tx.outputs.reduce((sum, { value }) => sum + value, 0n);
  const least = oldFee + feeAt(INCREMENTAL_RATE, tx.virtualSize);
  const feeRate = options.feeRate ?? betterRate(wallet, oldFee, tx.virtualSize);
  const offered = feeAt(feeRate, tx.virtualSize);
  if (offered < least)
    throw new WalletError(
      'wallet',
      `Insufficient total fee ${bitcoin(offered)}, must be at least ${bitcoin(least)} (oldFee ${bitcoin(oldFee)}, incrementalFee ${bitcoin(least - oldFee)})`,
    );
  const change = tx.outputs.find(({ scriptPubKey }) => isChange(wallet, scriptPubKey));
  const outputs = options.outputs ?? tx.outputs.filter((output) => output !== change);
  const sequence = (options.replaceable ?? true) ? RBF_SEQUENCE : RBF_SEQUENCE + 1;
  const request: SpendRequest = {
    // Someone who pays only himself pays to what was his change.
    recipients: (outputs.length > 0 ? outputs : tx.outputs).map(({ scriptPubKey, value }) => ({
      script: scriptPubKey,
      value,
      subtractFee: outputs.length === 0,
    })),
    feeRate,
    inputs: tx.inputs.map(({ prevout }) => ({ outpoint: prevout, sequence })),
    addInputs: true,
    // A replacement may not bring new unconfirmed inputs (BIP125 rule 2).
    minimumDepth: 1,
    ...(change === undefined || outputs.length === 0 ? {} : { changeScript: change.scriptPubKey }),
  };
  return { plan: planTransaction(wallet, request), oldFee };
}

/** Above the old rate by what replacing costs, and not below what the times ask for. */
function betterRate(wallet: Wallet, oldFee: bigint, size: number): bigint {
  const oldRate = (oldFee * 1000n) / BigInt(size);
  const raised = oldRate + 1n + WALLET_INCREMENTAL_RATE;
  const { chain, fallbackFee } = wallet.parts;
  const known =
    chain.estimateFeeRate(DEFAULT_TARGET, false) !== null || fallbackFee > 0n || wallet.payFeeRate > 0n;
  const current = known ? feeRateFor(wallet, DEFAULT_TARGET, false).rate : 0n;
  return raised > current ? raised : current;
}

const bitcoin = (satoshis: bigint): string => {
  const digits = satoshis.toString().padStart(9, '0');
  return `${digits.slice(0, -8)}.${digits.slice(-8)}`;
};
