/** Plans transactions that pay from a wallet: chooses coins, fee and change. Signing is in `solving.ts`. */
import { EMPTY } from '../core/encoding/bytes.ts';
import { compactSizeLength } from '../core/encoding/writer.ts';
import { decodeAddress } from '../core/script/address.ts';
import { isMoney } from '../core/transaction/amount.ts';
import {
  NO_WITNESS,
  type OutPoint,
  outPointText,
  Transaction,
  type TxOut,
} from '../core/transaction/transaction.ts';
import { type Candidate, selectCoins } from './coin-selection.ts';
import { listCoins } from './coins.ts';
import { type OutputType, outputTypeOfScript } from './descriptors/descriptor.ts';
import { dustThreshold, feeAt } from './dust.ts';
import type { WalletTransaction } from './history.ts';
import { inputWeight } from './solving.ts';
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
  /** Output spent, where it is not the wallet's; with the weight of what will spend it. */
  readonly external?: { readonly output: TxOut; readonly weight: number };
}

export interface SpendRequest {
  readonly recipients: readonly Recipient[];
  /** Satoshis per 1,000 vbytes */
  readonly feeRate: bigint;
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

/** What waits to be spent, as the selection and the plan see it. */
interface Spendable extends Candidate {
  readonly outpoint: OutPoint;
  readonly output: TxOut;
  readonly sequence: number | undefined;
  readonly weight: number;
}

/** A coin that may be chosen, with what the tiers ask about it. */
interface Choice extends Spendable {
  readonly depth: number;
  /** Does it come from our own spending? */
  readonly own: boolean;
  /** Unconfirmed transactions that hang together with it; 0 for a confirmed one. */
  readonly cluster: number;
  /** How many more the mempool lets hang together with them. */
  readonly room: number;
}

export const RBF_SEQUENCE = 0xfffffffd;
const NON_RBF_SEQUENCE = 0xfffffffe;
/** Satoshis per 1,000 vbytes that coins can be joined for in calm times. */
const LONG_TERM_RATE = 10_000n;
/** Satoshis: what change is made worth by a random draw, so that it can be told from nothing. */
const CHANGE_TARGET = 50_000n;
/** Satoshis: a fee above this is taken for a mistake. */
export const MAX_FEE = 10_000_000n;
/** A tip older than this says that the chain is not up to date: no lock time then. Milliseconds. */
const MAX_TIP_AGE = 8 * 60 * 60 * 1000;
/** So many that their number takes three bytes: before they are chosen, the worst is assumed. */
const MANY_INPUTS = 253;
/** Weight of a transaction that nodes relay. */
const MAX_STANDARD_WEIGHT = 400_000;
/** Unconfirmed transactions that may hang together where nodes still count ancestors. */
const MAX_CHAIN = 25;

/**
 * From own and others' confirmations, and how many unconfirmed transactions may hang together: strictest
 * first. Only what cannot be paid otherwise goes as far as this node's mempool does: older nodes may not relay it.
 */
const TIERS = [
  { own: 1, others: 6, chain: 0 },
  { own: 1, others: 1, chain: 0 },
  { own: 0, others: 1, chain: 2 },
  { own: 0, others: 1, chain: 4 },
  { own: 0, others: 1, chain: Math.floor(MAX_CHAIN / 2) },
  { own: 0, others: 1, chain: MAX_CHAIN - 1 },
  { own: 0, others: 0, chain: MAX_CHAIN - 1 },
  { own: 0, others: 0, chain: Number.POSITIVE_INFINITY },
];

/** Plans a payment without signing it. @throws WalletError in Core's words */
export function planTransaction(wallet: Wallet, request: SpendRequest): PlannedTransaction {
  return new Planner(wallet, request).plan();
}

class Planner {
  readonly #wallet: Wallet;
  readonly #request: SpendRequest;
  readonly #weights = new Map<string, number | null>();

  constructor(wallet: Wallet, request: SpendRequest) {
    this.#wallet = wallet;
    this.#request = request;
  }

  get #subtracts(): boolean {
    return this.#request.recipients.some(({ subtractFee }) => subtractFee);
  }

  plan(): PlannedTransaction {
    const { recipients, feeRate } = this.#request;
    if (recipients.length === 0)
      throw new WalletError('wallet', 'Transaction must have at least one recipient');
    const paid = recipients.reduce((sum, { value }) => sum + value, 0n);
    if (recipients.some(({ value }) => value < 0n) || !isMoney(paid))
      throw new WalletError('wallet', 'Transaction amounts must not be negative');
    if (recipients.some(({ value, script, subtractFee }) => !subtractFee && value < dustThreshold(script)))
      throw new WalletError('wallet', 'Transaction amount too small');
    const preset = (this.#request.inputs ?? []).map((input) => this.#presetSpendable(input));
    const changeScript = this.#request.changeScript ?? null;
    const outputs = recipients.map(({ script, value }) => ({ scriptPubKey: script, value }));
    const baseFee = feeAt(feeRate, Math.ceil(baseWeight(outputs, MANY_INPUTS) / 4));
    const target = this.#subtracts ? paid : paid + baseFee;
    const chosen = this.#choose(preset, target);
    return this.#assemble(chosen, outputs, changeScript);
  }

  #presetSpendable(input: PresetInput): Spendable {
    const own = this.#wallet.history.output(input.outpoint);
    if (own !== undefined) {
      // It may be spent already: that is what a replacement does.
      const weight = this.#weightOf(own.output.scriptPubKey);
      if (weight !== null) return this.#spendable(own.outpoint, own.output, weight, input.sequence);
    }
    if (input.external === undefined)
      throw new WalletError('wallet', `Not solvable pre-selected input ${outPointText(input.outpoint)}`);
    return this.#spendable(input.outpoint, input.external.output, input.external.weight, input.sequence);
  }

  #spendable(outpoint: OutPoint, output: TxOut, weight: number, sequence?: number): Spendable {
    const size = Math.ceil(weight / 4);
    // Where recipients pay the fee, inputs cost the sender nothing.
    const fee = this.#subtracts ? 0n : feeAt(this.#request.feeRate, size);
    const longTermFee = this.#subtracts ? 0n : feeAt(LONG_TERM_RATE, size);
    return { outpoint, output, value: output.value, fee, longTermFee, sequence, weight };
  }

  /** The same for all scripts of one descriptor. */
  #weightOf(script: Uint8Array): number | null {
    const place = this.#wallet.keys.place(script);
    if (place === undefined) return null;
    const id = `${place.own.id}:${script.length}`;
    let weight = this.#weights.get(id);
    if (weight === undefined) {
      weight = inputWeight(script, this.#wallet.keys.expand(place, false).provider);
      this.#weights.set(id, weight);
    }
    return weight;
  }

  #choose(preset: readonly Spendable[], target: bigint): readonly Spendable[] {
    const covered = preset.reduce((sum, coin) => sum + coin.value - coin.fee, 0n);
    if (covered >= target && preset.length > 0) return preset;
    if (this.#request.addInputs === false)
      throw new WalletError(
        'funds',
        'The preselected coins total amount does not cover the transaction target. Please allow other inputs to be automatically selected or include more coins manually',
      );
    const { random } = this.#wallet.parts;
    const choices = this.#choices(new Set(preset.map(({ outpoint }) => outPointText(outpoint))));
    const goal = {
      target: target - covered,
      costOfChange: this.#costOfChange(),
      changeTarget: CHANGE_TARGET,
    };
    let tried = 0;
    for (const tier of TIERS) {
      const eligible = choices.filter(
        ({ depth, own, cluster, room }) =>
          depth >= (own ? tier.own : tier.others) && cluster <= tier.chain && room > 0,
      );
      // Each tier has what those before it had.
      if (eligible.length === tried) continue;
      tried = eligible.length;
      const selection = selectCoins(eligible, goal, random);
      if (selection !== null) return [...preset, ...selection.coins];
    }
    const all = choices.reduce((sum, { value, fee }) => sum + value - fee, 0n);
    throw new WalletError(
      'funds',
      tried < choices.length && all > goal.target
        ? 'Unconfirmed UTXOs are available, but spending them creates a chain of transactions that will be rejected by the mempool'
        : 'Insufficient funds',
    );
  }

  /** Coins that the request allows. @param taken those that it names, by their text */
  #choices(taken: ReadonlySet<string>): Choice[] {
    const { history, parts } = this.#wallet;
    const {
      minimumDepth = 0,
      maximumDepth = Number.POSITIVE_INFINITY,
      includeUnsafe = false,
    } = this.#request;
    /** Many coins may come from one transaction. */
    const known = new Map<WalletTransaction, Pick<Choice, 'own' | 'cluster' | 'room'> | null>();
    const judge = (parent: WalletTransaction, depth: number) => {
      const own = history.spendsOurs(parent.tx);
      if (depth > 0) return { own, cluster: 0, room: 1 };
      // Whoever is to replace a transaction must not be surprised by what hangs on it.
      if ((parent.replacedBy !== undefined || parent.replaces !== undefined) && !includeUnsafe) return null;
      const relatives = parts.chain.mempoolRelatives(parent.tx.txid);
      return relatives === undefined ? null : { own, ...relatives };
    };
    const choices: Choice[] = [];
    for (const { outpoint, output, depth, trusted, locked, parent } of listCoins(this.#wallet)) {
      if (locked || depth < minimumDepth || depth > maximumDepth || !(trusted || includeUnsafe)) continue;
      if (taken.size > 0 && taken.has(outPointText(outpoint))) continue;
      let judged = known.get(parent);
      if (judged === undefined) {
        judged = judge(parent, depth);
        known.set(parent, judged);
      }
      const weight = judged === null ? null : this.#weightOf(output.scriptPubKey);
      if (weight !== null) choices.push({ ...this.#spendable(outpoint, output, weight), ...judged!, depth });
    }
    return choices;
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
  ): PlannedTransaction {
    const { feeRate } = this.#request;
    const paid = outputs.reduce((sum, { value }) => sum + value, 0n);
    const available = chosen.reduce((sum, { value }) => sum + value, 0n);
    const inputsWeight = chosen.reduce((sum, { weight }) => sum + weight, 0);
    const feeOf = (all: readonly TxOut[]): bigint =>
      feeAt(feeRate, Math.ceil((baseWeight(all, chosen.length) + inputsWeight) / 4));
    // Only a script of the right size is needed to know whether there will be change.
    const draftScript = changeScript ?? draftLike(this.#changeType());
    const withDraft = feeOf([...outputs, { value: 0n, scriptPubKey: draftScript }]);
    const change = available - paid - (this.#subtracts ? 0n : withDraft);
    const worthwhile = change >= dustThreshold(draftScript);
    let position = -1;
    let all = [...outputs];
    if (worthwhile) {
      position = this.#request.changePosition ?? this.#wallet.parts.random.below(outputs.length + 1);
      if (position < 0 || position > outputs.length)
        throw new WalletError('parameter', 'Transaction change output index out of range');
      all.splice(position, 0, { value: change, scriptPubKey: draftScript });
    }
    const needed = worthwhile ? withDraft : feeOf(outputs);
    let fee = available - all.reduce((sum, { value }) => sum + value, 0n);
    if (this.#subtracts) {
      all = this.#takeFee(all, position, needed - fee);
      fee = available - all.reduce((sum, { value }) => sum + value, 0n);
    }
    if (fee < needed) throw new WalletError('funds', 'Insufficient funds');
    if (fee > MAX_FEE)
      throw new WalletError('wallet', 'Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)');
    if (baseWeight(all, chosen.length) + inputsWeight > MAX_STANDARD_WEIGHT)
      throw new WalletError('wallet', 'Transaction too large');
    // A change address is only used up when nothing can go wrong any more.
    if (position >= 0 && changeScript === null)
      all[position] = { ...all[position]!, scriptPubKey: this.#newChangeScript() };
    const order = this.#shuffle(chosen);
    const tx = Transaction.from({
      version: this.#request.version ?? 2,
      lockTime: this.#request.lockTime ?? this.#antiSnipingLockTime(),
      inputs: order.map(({ outpoint, sequence }) => ({
        prevout: outpoint,
        scriptSig: EMPTY,
        sequence: sequence ?? this.#sequence(),
        witness: NO_WITNESS,
      })),
      outputs: all,
    });
    return { tx, spent: order.map(({ output }) => output), fee, changePosition: position };
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
      if (value < 0n) throw new WalletError('wallet', 'The transaction amount is too small to pay the fee');
      if (value < dustThreshold(output.scriptPubKey))
        throw new WalletError(
          'wallet',
          'The transaction amount is too small to send after the fee has been deducted',
        );
      return { ...output, value };
    });
  }

  /** As asked, or like what is paid, so that change does not stand out; the default otherwise. */
  #changeType(): OutputType {
    const { changeType, recipients } = this.#request;
    if (changeType !== undefined) return changeType;
    const paid = recipients.map(({ script }) => outputTypeOfScript(script));
    const has = (type: OutputType): boolean => this.#wallet.keys.activeOf(type, true) !== undefined;
    if (paid.includes('bech32m') && has('bech32m')) return 'bech32m';
    return 'bech32';
  }

  #newChangeScript(): Uint8Array {
    return decodeAddress(this.#wallet.changeAddress(this.#changeType()), this.#wallet.parts.parameters);
  }

  #sequence(): number {
    return (this.#request.replaceable ?? true) ? RBF_SEQUENCE : NON_RBF_SEQUENCE;
  }

  /** Inputs given keep their order at the front. */
  #shuffle(chosen: readonly Spendable[]): readonly Spendable[] {
    const preset = this.#request.inputs?.length ?? 0;
    const rest = chosen.slice(preset);
    for (let i = rest.length - 1; i > 0; i--) {
      const j = this.#wallet.parts.random.below(i + 1);
      [rest[i], rest[j]] = [rest[j]!, rest[i]!];
    }
    return [...chosen.slice(0, preset), ...rest];
  }

  /** Locks to the tip, so that nobody gains by mining again what was mined; sometimes a bit lower. */
  #antiSnipingLockTime(): number {
    const { chain, clock, random } = this.#wallet.parts;
    const tip = chain.tip();
    if (clock.now() - tip.time * 1000 > MAX_TIP_AGE) return 0;
    return random.below(10) === 0 ? Math.max(0, tip.height - random.below(100)) : tip.height;
  }
}

/** Weight without inputs, counting the two bytes that a witness needs somewhere. */
function baseWeight(outputs: readonly TxOut[], inputCount: number): number {
  const empty = Transaction.from({ version: 2, inputs: [], outputs, lockTime: 0 });
  return empty.weight + 2 + 4 * (compactSizeLength(inputCount) - 1);
}

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
