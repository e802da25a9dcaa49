/** Plans the transaction that spends all that a wallet has, or all of some coins (Core's sendall). */
import { EMPTY } from '../core/encoding/bytes.ts';
import {
  dustThreshold,
  MAX_STANDARD_TX_WEIGHT,
  TRUC_CHILD_MAX_SIZE,
  TRUC_VERSION,
} from '../core/script/standard.ts';
import { totalValue } from '../core/transaction/amount.ts';
import { feeAt } from '../core/transaction/fee-rate.ts';
import {
  NO_WITNESS,
  outPointText,
  Transaction,
  type TxIn,
  type TxOut,
  WITNESS_SCALE_FACTOR,
} from '../core/transaction/transaction.ts';
import type { Spendable } from './coin-groups.ts';
import { inputSize, providerFor, signedWeight } from './solving.ts';
import { FEE_TOO_HIGH, lockTimeFor, type PlannedTransaction, sequenceFor, TRUC_MAX_WEIGHT } from './spend.ts';
import type { SpendRequest } from './spend-request.ts';
import { Purse } from './spendable.ts';
import type { Wallet } from './wallet.ts';
import { WalletError } from './wallet-error.ts';

interface SweepRequest extends Pick<SpendRequest, 'feeRate' | 'lockTime' | 'minimumDepth' | 'maximumDepth'> {
  /** What is paid; null shares what is left with the others. */
  readonly recipients: readonly {
    readonly address: string;
    readonly script: Uint8Array;
    readonly value: bigint | null;
  }[];
  /** Exactly these are spent; null for all that there are. */
  readonly inputs: readonly Pick<TxIn, 'prevout' | 'sequence'>[] | null;
  readonly replaceable: boolean;
  readonly version: number;
  /** Leave out coins that cost more than they are worth. */
  readonly onlyWorthwhile: boolean;
}

const short = (message: string) => new WalletError(message, 'funds');
const UNSOLVABLE =
  'Unable to determine the size of the transaction, the wallet contains unsolvable descriptors';
const TOO_LOW = 'Total value of UTXO pool too low to pay for transaction';

/** @throws WalletError in Core's words */
export function planSweep(wallet: Wallet, request: SweepRequest): PlannedTransaction {
  const { recipients, feeRate, replaceable, version, onlyWorthwhile } = request;
  const coins = coinsOf(wallet, request);
  const outputs = recipients.map(
    ({ script, value }): TxOut => ({ scriptPubKey: script, value: value ?? 0n }),
  );
  const weight = signedWeight(outputs, coins);
  const ownFee = feeAt(feeRate, Math.ceil(weight / WITNESS_SCALE_FACTOR));
  const bump = wallet.parts.chain.bumpFee(
    coins.map(({ outpoint }) => outpoint),
    feeRate,
  );
  const total = totalValue(coins);
  const usable = total - ownFee - bump;
  if (ownFee > wallet.parts.policy.maximumFee) throw new WalletError(FEE_TOO_HIGH);
  if (usable <= 0n)
    throw short(
      onlyWorthwhile
        ? `${TOO_LOW}, try using lower feerate.`
        : `${TOO_LOW}. Try using lower feerate or excluding uneconomic UTXOs with 'send_max' option.`,
    );
  if (weight > maximumWeight(wallet, version, coins)) throw new WalletError('Transaction too large.');
  const claimed = totalValue(outputs);
  if (claimed > total) throw short('Assigned more value to outputs than available funds.');
  const left = usable - claimed;
  if (left < 0n) throw short('Insufficient funds for fees after creating specified outputs.');
  const sharers = BigInt(recipients.filter(({ value }) => value === null).length);
  let rest = left % sharers;
  const paid = recipients.map(({ address, script, value }): TxOut => {
    const isDust = (amount: bigint) => amount < dustThreshold(script);
    if (value !== null) {
      if (isDust(value))
        throw new WalletError(`Specified output amount to ${address} is below dust threshold.`, 'parameter');
      return { scriptPubKey: script, value };
    }
    const share = left / sharers + rest;
    rest = 0n;
    if (isDust(share)) throw short('Dynamically assigned remainder results in dust output.');
    return { scriptPubKey: script, value: share };
  });
  const standard = { sequence: sequenceFor(replaceable), scriptSig: EMPTY, witness: NO_WITNESS };
  const inputs = coins.map(({ outpoint: prevout, given }) => ({ prevout, ...standard, ...given }));
  const { lockTime = lockTimeFor(wallet, inputs) } = request;
  const tx = Transaction.from({ version, inputs, outputs: paid, lockTime });
  return { tx, spent: coins.map(({ output }) => output), fee: total - totalValue(paid), changePosition: -1 };
}

function coinsOf(wallet: Wallet, request: SweepRequest): readonly Spendable[] {
  const { inputs, feeRate, version, minimumDepth, maximumDepth, onlyWorthwhile } = request;
  for (const { prevout } of inputs ?? []) {
    const [text, own] = [outPointText(prevout), wallet.history.output(prevout)];
    const unfit = (what: string) => new WalletError(what, 'parameter');
    if (wallet.history.isSpent(prevout))
      throw unfit(`Input not available. UTXO (${text}) was already spent.`);
    if (own === undefined) throw unfit(`Input not found. UTXO (${text}) is not part of wallet.`);
    const { output } = own;
    if (inputSize(output.scriptPubKey, providerFor(wallet, [output], false), true) === null)
      throw new WalletError(UNSOLVABLE);
  }
  const named = inputs?.map(({ prevout, sequence }) => ({ outpoint: prevout, given: { sequence } }));
  const purse = new Purse(wallet, {
    recipients: [],
    feeRate,
    version,
    ...(named && { inputs: named }),
    ...(minimumDepth !== undefined && { minimumDepth }),
    ...(maximumDepth !== undefined && { maximumDepth }),
  });
  if (named) return purse.preset;
  const all = purse.available;
  if (all === null) throw new WalletError(UNSOLVABLE);
  return onlyWorthwhile ? all.filter(({ value, fee }) => fee <= value) : all;
}

function maximumWeight({ history }: Wallet, version: number, coins: readonly Spendable[]): number {
  if (version !== TRUC_VERSION) return MAX_STANDARD_TX_WEIGHT;
  const isChild = coins.some(({ outpoint }) => {
    const own = history.output(outpoint);
    return own !== undefined && history.depth(own.parent) === 0;
  });
  return isChild ? WITNESS_SCALE_FACTOR * TRUC_CHILD_MAX_SIZE : TRUC_MAX_WEIGHT;
}
