/**
 * Plans transactions that pay from a wallet: fee, change and their places. The coins are `spendable.ts`'s,
 * signing is `solving.ts`'s.
 */

import { EMPTY } from '../core/encoding/bytes.ts';
import { compactSizeLength } from '../core/encoding/writer.ts';
import { decodeAddress } from '../core/script/address.ts';
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
  type OutPoint,
  SEQUENCE_NOT_FINAL,
  SEQUENCE_REPLACEABLE,
  Transaction,
  type TxIn,
  type TxOut,
  WITNESS_SCALE_FACTOR,
} from '../core/transaction/transaction.ts';
import type { OutputType } from './descriptors/kinds.ts';
import { shuffled } from './shuffle.ts';
import { LONG_TERM_RATE, Purse, type Spendable, TOO_HEAVY } from './spendable.ts';
import type { Wallet } from './wallet.ts';
import { WalletError } from './wallet-error.ts';

export interface Recipient {
  readonly script: Uint8Array;
  /** Satoshis */
  readonly value: bigint;
  /** The fee is taken from what this recipient gets. */
  readonly subtractFee: boolean;
}

export interface PresetInput {
  readonly outpoint: OutPoint;
  readonly sequence?: number;
  /** Of what will spend it; known without being told where the wallet can solve it. */
  readonly weight?: number;
  /** Output spent, where it is not the wallet's. */
  readonly external?: TxOut;
}

export interface SpendRequest {
  readonly recipients: readonly Recipient[];
  readonly feeRate: FeeRate;
  /** A set: a coin named twice is spent once. */
  readonly inputs?: readonly PresetInput[];
  /** May coins be added to the inputs given? */
  readonly addInputs?: boolean;
  readonly changeScript?: Uint8Array;
  readonly changeType?: OutputType;
  /** Index of the change output; drawn if not given. */
  readonly changePosition?: number;
  /** BIP125 */
  readonly replaceable?: boolean;
  readonly lockTime?: number;
  readonly version?: number;
  readonly includeUnsafe?: boolean;
  readonly minimumDepth?: number;
  readonly maximumDepth?: number;
  /** Weight that the signed transaction may have. */
  readonly maximumWeight?: number;
}

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
/** So many that their number takes three bytes: before they are chosen, the worst is assumed. */
const MANY_INPUTS = 253;
const MIN_STANDARD_TX_WEIGHT = WITNESS_SCALE_FACTOR * MIN_STANDARD_TX_NONWITNESS_SIZE;
export const TRUC_MAX_WEIGHT = WITNESS_SCALE_FACTOR * TRUC_MAX_SIZE;

export const FEE_TOO_HIGH = 'Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)';

/** Plans a payment without signing it. @throws WalletError in Core's words */
export function planTransaction(wallet: Wallet, request: SpendRequest): PlannedTransaction {
  return new Planner(wallet, request).plan();
}

class Planner {
  readonly #wallet: Wallet;
  readonly #request: SpendRequest;

  constructor(wallet: Wallet, request: SpendRequest) {
    this.#wallet = wallet;
    this.#request = request;
  }

  get #subtracts(): boolean {
    return this.#request.recipients.some(({ subtractFee }) => subtractFee);
  }

  plan(): PlannedTransaction {
    const { recipients, feeRate } = this.#request;
    if (recipients.length === 0) throw new WalletError('Transaction must have at least one recipient');
    const paid = totalValue(recipients);
    if (recipients.some(({ value }) => value < 0n) || !isMoney(paid))
      throw new WalletError('Transaction amounts must not be negative');
    const asked = this.#request.maximumWeight ?? MAX_STANDARD_TX_WEIGHT;
    if (asked < MIN_STANDARD_TX_WEIGHT || asked > MAX_STANDARD_TX_WEIGHT)
      throw new WalletError(
        `Maximum transaction weight must be between ${MIN_STANDARD_TX_WEIGHT} and ${MAX_STANDARD_TX_WEIGHT}`,
      );
    const maximumWeight = this.#request.version === TRUC_VERSION ? Math.min(asked, TRUC_MAX_WEIGHT) : asked;
    if (recipients.some(({ value, script }) => value < dustThreshold(script)))
      throw new WalletError('Transaction amount too small');
    const purse = new Purse(this.#wallet, this.#request);
    const changeScript = this.#request.changeScript ?? null;
    const outputs = recipients.map(({ script, value }) => ({ scriptPubKey: script, value }));
    const fee = feeAt(feeRate, Math.ceil(baseWeight(outputs, MANY_INPUTS) / 4));
    const target = this.#subtracts ? paid : paid + fee;
    if (target === 0n && purse.preset.length === 0)
      throw new WalletError(
        'Transaction requires one destination of non-zero value, a non-zero feerate, or a pre-selected input',
      );
    const draft = changeScript ?? draftLike(this.#changeType());
    const weight = baseWeight(outputs, 0) + 2;
    const chosen = purse.choose({
      paid,
      target,
      baseFee: feeAt(feeRate, weight / 4),
      baseWeight: weight,
      maximumWeight,
      changeWeight: 4 * (9 + draft.length),
      costOfChange: this.#costOfChange(),
      changeTarget: CHANGE_TARGET,
    });
    // Inputs given keep their order at the front.
    const given = purse.preset.length;
    const order = [...chosen.slice(0, given), ...shuffled(chosen.slice(given), this.#wallet.parts.random)];
    return this.#assemble(order, outputs, changeScript, maximumWeight);
  }

  /** Making a change output now and spending it later; that of the wallet's own change. */
  #costOfChange(): bigint {
    const spendLater = feeAt(LONG_TERM_RATE, 68);
    return feeAt(this.#request.feeRate, 31) + spendLater;
  }

  #assemble(
    chosen: readonly Spendable[],
    outputs: readonly TxOut[],
    changeScript: Uint8Array | null,
    maximumWeight: number,
  ): PlannedTransaction {
    const { feeRate } = this.#request;
    const paid = totalValue(outputs);
    const available = totalValue(chosen);
    const inputsWeight = chosen.reduce((sum, { weight }) => sum + weight, 0);
    const outpoints = chosen.map(({ outpoint }) => outpoint);
    const bump = this.#wallet.parts.chain.bumpFee(outpoints, feeRate);
    const feeOf = (all: readonly TxOut[]): bigint =>
      bump + feeAt(feeRate, Math.ceil((baseWeight(all, chosen.length) + inputsWeight) / 4));
    // Only a script of the right size is needed to know whether there will be change.
    const draftScript = changeScript ?? draftLike(this.#changeType());
    const withDraft = feeOf([...outputs, { value: 0n, scriptPubKey: draftScript }]);
    const change = available - paid - (this.#subtracts ? 0n : withDraft);
    const worthwhile = change >= dustThreshold(draftScript, this.#discardRate());
    let position = -1;
    let all = [...outputs];
    if (worthwhile) {
      position = this.#request.changePosition ?? this.#wallet.parts.random.below(outputs.length + 1);
      if (position < 0 || position > outputs.length)
        throw new WalletError('Transaction change output index out of range', 'parameter');
      all.splice(position, 0, { value: change, scriptPubKey: draftScript });
    }
    const needed = worthwhile ? withDraft : feeOf(outputs);
    let fee = available - totalValue(all);
    if (this.#subtracts) {
      all = this.#takeFee(all, position, needed - fee);
      fee = available - totalValue(all);
    }
    if (fee < needed) throw new WalletError('Insufficient funds', 'funds');
    const weight = baseWeight(all, chosen.length) + inputsWeight;
    if (weight > MAX_STANDARD_TX_WEIGHT) throw new WalletError('Transaction too large');
    if (weight > maximumWeight) throw new WalletError(TOO_HEAVY);
    if (fee > this.#wallet.parts.policy.maximumFee) throw new WalletError(FEE_TOO_HIGH);
    // A change address is only used up when nothing can go wrong any more.
    if (position >= 0 && changeScript === null)
      all[position] = { ...all[position]!, scriptPubKey: this.#newChangeScript() };
    const inputs = chosen.map(({ outpoint, sequence = this.#sequence() }) => ({
      prevout: outpoint,
      scriptSig: EMPTY,
      sequence,
      witness: NO_WITNESS,
    }));
    const { version = 2, lockTime = lockTimeFor(this.#wallet, inputs) } = this.#request;
    const tx = Transaction.from({ version, lockTime, inputs, outputs: all });
    if (this.#wallet.parts.policy.rejectLongChains && this.#wallet.parts.chain.exceedsCluster(tx))
      throw new WalletError('too many unconfirmed transactions in cluster', 'funds');
    return { tx, spent: chosen.map(({ output }) => output), fee, changePosition: position };
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

  #newChangeScript(): Uint8Array {
    return decodeAddress(this.#wallet.changeAddress(this.#changeType()), this.#wallet.parts.parameters);
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

/** Weight without inputs, counting the two bytes that a witness needs somewhere. */
export function baseWeight(outputs: readonly TxOut[], inputCount: number): number {
  const empty = Transaction.from({ version: 2, inputs: [], outputs, lockTime: 0 });
  return empty.weight + 2 + 4 * (compactSizeLength(inputCount) - 1);
}

/** Newest first, with the scripts among which they do not stand out. */
const CHANGE_KINDS = [
  { type: 'bech32m', script: 'witness_v1_taproot' },
  { type: 'bech32', script: 'witness_v0_keyhash' },
  { type: 'p2sh-segwit', script: 'scripthash' },
  { type: 'legacy', script: 'pubkeyhash' },
] as const;

const CHANGE_SIZE: Readonly<Record<OutputType, number>> = Object.freeze({
  legacy: 25,
  'p2sh-segwit': 23,
  bech32: 22,
  bech32m: 34,
});

/** A script that is judged like one of this type. */
function draftLike(type: OutputType): Uint8Array {
  const script = new Uint8Array(CHANGE_SIZE[type]);
  if (type.startsWith('bech32')) script.set(type === 'bech32' ? [0, 20] : [0x51, 32]);
  return script;
}
