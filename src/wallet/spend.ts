/**
 * Plans transactions that pay from a wallet: fee, change and their places. The coins are `spendable.ts`'s,
 * signing is `solving.ts`'s.
 */

import { EMPTY } from '../core/encoding/bytes.ts';
import { compactSizeLength } from '../core/encoding/writer.ts';
import {
  dustThreshold,
  MAX_STANDARD_TX_WEIGHT,
  MIN_STANDARD_TX_NONWITNESS_SIZE,
  TRUC_MAX_SIZE,
  TRUC_VERSION,
} from '../core/script/standard.ts';
import { solve } from '../core/script/templates.ts';
import { isMoney, totalValue } from '../core/transaction/amount.ts';
import {
  DUST_RELAY_FEE_RATE,
  type FeeRate,
  feeAt,
  higherRate,
  LONGEST_TARGET,
} from '../core/transaction/fee-rate.ts';
import {
  NO_WITNESS,
  SEQUENCE_NOT_FINAL,
  SEQUENCE_REPLACEABLE,
  Transaction,
  type TxIn,
  type TxOut,
  WITNESS_SCALE_FACTOR,
} from '../core/transaction/transaction.ts';
import type { Spendable } from './coin-groups.ts';
import type { OutputType } from './descriptors/kinds.ts';
import { shuffled } from './shuffle.ts';
import { signedWeight } from './solving.ts';
import type { SpendRequest } from './spend-request.ts';
import { LONG_TERM_RATE, type Need, Purse, TOO_HEAVY } from './spendable.ts';
import type { Wallet } from './wallet.ts';
import { WalletError } from './wallet-error.ts';

export interface PlannedTransaction {
  /** Without signatures. */
  readonly tx: Transaction;
  /** Outputs spent, in the order of the inputs. */
  readonly spent: readonly TxOut[];
  /** Satoshis */
  readonly fee: bigint;
  /** -1 without change. */
  readonly changePosition: number;
}

/** Satoshis: what change is made worth by a random draw, so that it can be told from nothing. */
const CHANGE_TARGET = 50_000n;
/** A tip older than this says that the chain is not up to date: no lock time then. Seconds. */
const MAX_TIP_AGE = 8 * 60 * 60;
/** Bytes of an input that is not known how to be spent, as those of `sh(wpkh())`. */
const DRAFT_SPEND_SIZE = 91;
const MIN_STANDARD_TX_WEIGHT = WITNESS_SCALE_FACTOR * MIN_STANDARD_TX_NONWITNESS_SIZE;
export const TRUC_MAX_WEIGHT = WITNESS_SCALE_FACTOR * TRUC_MAX_SIZE;

export const FEE_TOO_HIGH = 'Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)';

/** Plans a payment without signing it. @throws WalletError in Core's words */
export function planTransaction(wallet: Wallet, request: SpendRequest): PlannedTransaction {
  const { groupsCoins, maximumGroupFee } = wallet.parts.policy;
  const planner = new Planner(wallet, request);
  const grouped = request.avoidsReuse || groupsCoins;
  const plan = planner.plan(grouped);
  const isTried = !grouped && plan.fee > 0n && maximumGroupFee >= 0n;
  const other = isTried ? planner.planGrouped() : undefined;
  if (other === undefined) return planner.finish(plan);
  const isBetter = other.fee <= plan.fee + maximumGroupFee;
  const words = `Fee non-grouped = ${plan.fee}, grouped = ${other.fee}, using ${isBetter ? 'grouped' : 'non-grouped'}`;
  wallet.parts.logger.log('info', 'wallet', `[${wallet.name}] ${words}`);
  return planner.finish(isBetter ? other : plan);
}

class Planner {
  readonly #wallet: Wallet;
  readonly #request: SpendRequest;
  readonly #purse: Purse;
  readonly #outputs: readonly TxOut[];
  readonly #need: Need;
  /** What change is paid to, or why there is nothing; what is left must be worth more than this to become change. */
  readonly #change: { readonly script: Uint8Array; readonly problem?: string };
  readonly #leastChange: bigint;

  constructor(wallet: Wallet, request: SpendRequest) {
    this.#wallet = wallet;
    this.#request = request;
    const { recipients, feeRate } = request;
    if (recipients.length === 0) throw new WalletError('Transaction must have at least one recipient');
    const paid = totalValue(recipients);
    if (recipients.some(({ value }) => value < 0n) || !isMoney(paid))
      throw new WalletError('Transaction amounts must not be negative');
    const asked = request.maximumWeight ?? MAX_STANDARD_TX_WEIGHT;
    if (asked < MIN_STANDARD_TX_WEIGHT || asked > MAX_STANDARD_TX_WEIGHT)
      throw new WalletError(
        `Maximum transaction weight must be between ${MIN_STANDARD_TX_WEIGHT} and ${MAX_STANDARD_TX_WEIGHT}`,
      );
    if (recipients.some(({ value, script }) => value < dustThreshold(script)))
      throw new WalletError('Transaction amount too small');
    this.#purse = new Purse(wallet, request);
    this.#outputs = recipients.map(({ script, value }) => ({ scriptPubKey: script, value }));
    this.#change = this.#draftChange();
    // The count of the inputs is in it, and what marks a transaction with witnesses, as a whole byte.
    const baseWeight = signedWeight(this.#outputs, []) + WITNESS_SCALE_FACTOR;
    const baseFee = feeAt(feeRate, baseWeight / WITNESS_SCALE_FACTOR);
    const { script } = this.#change;
    const [changeSize, discardRate] = [
      8 + compactSizeLength(script.length) + script.length,
      this.#discardRate(),
    ];
    const makingChange = feeAt(feeRate, changeSize);
    const spendingChange = feeAt(discardRate, this.#purse.spendSize(script) ?? DRAFT_SPEND_SIZE);
    const dust = dustThreshold(script, discardRate);
    this.#leastChange = dust > spendingChange ? dust : spendingChange + 1n;
    this.#need = {
      paid,
      target: this.#subtracts ? paid : paid + baseFee,
      baseFee,
      baseWeight,
      maximumWeight: request.version === TRUC_VERSION ? Math.min(asked, TRUC_MAX_WEIGHT) : asked,
      changeWeight: WITNESS_SCALE_FACTOR * changeSize,
      costOfChange: makingChange + spendingChange,
      changeTarget: CHANGE_TARGET + makingChange,
    };
    if (this.#need.target === 0n && this.#purse.preset.length === 0)
      throw new WalletError(
        'Transaction requires one destination of non-zero value, a non-zero feerate, or a pre-selected input',
      );
  }

  get #subtracts(): boolean {
    return this.#request.recipients.some(({ subtractFee }) => subtractFee);
  }

  #draftChange() {
    if (this.#request.changeScript !== undefined) return { script: this.#request.changeScript };
    try {
      return { script: this.#wallet.keys.next(this.#changeType(), true).script };
    } catch (error) {
      if (!(error instanceof WalletError)) throw error;
      const problem = `Transaction needs a change address, but we can't generate it. ${error.message}`;
      return { script: EMPTY, problem };
    }
  }

  /** @param grouped spend all coins of an address or none */
  plan(grouped: boolean): PlannedTransaction {
    const chosen = this.#purse.choose(this.#need, grouped);
    // Inputs given keep their order at the front.
    const given = this.#purse.preset.length;
    return this.#assemble([
      ...chosen.slice(0, given),
      ...shuffled(chosen.slice(given), this.#wallet.parts.random),
    ]);
  }

  /** The same with coins grouped, where that is another way and one that works. */
  planGrouped(): PlannedTransaction | undefined {
    if (!this.#purse.hasGroups) return undefined;
    try {
      return this.plan(true);
    } catch (error) {
      if (error instanceof WalletError) return undefined;
      throw error;
    }
  }

  #assemble(chosen: readonly Spendable[]): PlannedTransaction {
    const { feeRate } = this.#request;
    const { script, problem } = this.#change;
    const available = totalValue(chosen);
    const outpoints = chosen.map(({ outpoint }) => outpoint);
    const bump = this.#wallet.parts.chain.bumpFee(outpoints, feeRate);
    const feeOf = (all: readonly TxOut[]): bigint =>
      bump + feeAt(feeRate, Math.ceil(signedWeight(all, chosen) / WITNESS_SCALE_FACTOR));
    const withChange = feeOf([...this.#outputs, { value: 0n, scriptPubKey: script }]);
    const change = available - this.#need.paid - (this.#subtracts ? 0n : withChange);
    let position = -1;
    let all = [...this.#outputs];
    if (change >= this.#leastChange) {
      position = this.#request.changePosition ?? this.#wallet.parts.random.below(all.length + 1);
      if (position < 0 || position > all.length)
        throw new WalletError('Transaction change output index out of range', 'parameter');
      all.splice(position, 0, { value: change, scriptPubKey: script });
    }
    const needed = position < 0 ? feeOf(all) : withChange;
    let fee = available - totalValue(all);
    if (this.#subtracts) {
      all = this.#takeFee(all, position, needed - fee);
      fee = available - totalValue(all);
    }
    if (fee < needed) throw new WalletError('Insufficient funds', 'funds');
    if (position >= 0 && problem !== undefined) throw new WalletError(problem);
    const weight = signedWeight(all, chosen);
    if (weight > MAX_STANDARD_TX_WEIGHT) throw new WalletError('Transaction too large');
    if (weight > this.#need.maximumWeight) throw new WalletError(TOO_HEAVY);
    if (fee > this.#wallet.parts.policy.maximumFee) throw new WalletError(FEE_TOO_HIGH);
    const standard = { scriptSig: EMPTY, sequence: this.#sequence(), witness: NO_WITNESS };
    const inputs = chosen.map(({ outpoint: prevout, given }) => ({ prevout, ...standard, ...given }));
    const { version = 2, lockTime = lockTimeFor(this.#wallet, inputs) } = this.#request;
    const tx = Transaction.from({ version, lockTime, inputs, outputs: all });
    const { parts } = this.#wallet;
    if (parts.policy.rejectLongChains && parts.chain.exceedsCluster(tx))
      throw new WalletError('too many unconfirmed transactions in cluster', 'funds');
    return { tx, spent: chosen.map(({ output }) => output), fee, changePosition: position };
  }

  /** A change address is only used up when nothing can go wrong any more. */
  finish(plan: PlannedTransaction): PlannedTransaction {
    const isDrafted = plan.changePosition >= 0 && this.#request.changeScript === undefined;
    if (isDrafted) this.#wallet.keys.take(this.#changeType(), true);
    return plan;
  }

  /** What is worth less than spending it in calm times goes to the fee. */
  #discardRate(): FeeRate {
    const calm = this.#wallet.parts.chain.estimateFeeRate(LONGEST_TARGET, false) ?? LONG_TERM_RATE;
    return calm > LONG_TERM_RATE ? LONG_TERM_RATE : higherRate(calm, DUST_RELAY_FEE_RATE);
  }

  /** Shares a fee among the recipients that pay it; the first of them bears what does not divide. */
  #takeFee(all: readonly TxOut[], changePosition: number, fee: bigint): TxOut[] {
    if (fee <= 0n) return [...all];
    const payers = this.#request.recipients.filter(({ subtractFee }) => subtractFee).length;
    const share = fee / BigInt(payers);
    let rest = fee - share * BigInt(payers);
    let recipient = 0;
    return all.map((output, index) => {
      if (index === changePosition) return output;
      const { subtractFee } = this.#request.recipients[recipient++]!;
      if (!subtractFee) return output;
      const value = output.value - share - rest;
      rest = 0n;
      if (value < 0n) throw new WalletError('The transaction amount is too small to pay the fee');
      if (value < dustThreshold(output.scriptPubKey))
        throw new WalletError('The transaction amount is too small to send after the fee has been deducted');
      return { ...output, value };
    });
  }

  /** As asked, or like what is paid, so that change does not stand out; the newest kind otherwise. */
  #changeType(): OutputType {
    const { addressType, changeType } = this.#wallet.parts.policy;
    const asked = this.#request.changeType ?? changeType;
    if (asked !== null) return asked;
    if (addressType === 'legacy') return 'legacy';
    const paid = new Set<string>(this.#request.recipients.map(({ script }) => solve(script).type));
    const has = (type: OutputType): boolean => this.#wallet.keys.activeOf(type, true) !== undefined;
    const usable = CHANGE_KINDS.filter(({ type }) => has(type));
    const alike = usable.find(({ script }) => paid.has(script));
    return (alike ?? usable.find(({ type }) => type.startsWith('bech32')))?.type ?? addressType;
  }

  #sequence(): number {
    return sequenceFor(this.#request.replaceable ?? this.#wallet.parts.policy.replaceable);
  }
}

export const sequenceFor = (replaceable: boolean): number =>
  replaceable ? SEQUENCE_REPLACEABLE : SEQUENCE_NOT_FINAL;

/** Locks to the tip, so that nobody gains by mining again what was mined; sometimes a bit lower. */
export function lockTimeFor({ parts: { chain, clock, random } }: Wallet, inputs: readonly TxIn[]): number {
  // Who chose sequences of his own wants them to be judged by his lock time.
  if (!inputs.every(({ sequence }) => [SEQUENCE_REPLACEABLE, SEQUENCE_NOT_FINAL].includes(sequence)))
    return 0;
  const tip = chain.tip();
  if (clock.seconds() - tip.time > MAX_TIP_AGE) return 0;
  return random.below(10) === 0 ? Math.max(0, tip.height - random.below(100)) : tip.height;
}

/** Newest first, with the scripts among which they do not stand out. */
const CHANGE_KINDS = [
  { type: 'bech32m', script: 'witness_v1_taproot' },
  { type: 'bech32', script: 'witness_v0_keyhash' },
  { type: 'p2sh-segwit', script: 'scripthash' },
  { type: 'legacy', script: 'pubkeyhash' },
] as const;
