/**
 * Which coins may pay for a transaction and what each of them costs: those that the caller chose, and those
 * that the wallet may add to them (Core's SelectCoins). Which of these are best is `coin-selection.ts`'s.
 */

import { toHex } from '../core/encoding/bytes.ts';
import { TRUC_CHILD_MAX_SIZE, TRUC_VERSION } from '../core/script/standard.ts';
import { formatMoney, totalValue } from '../core/transaction/amount.ts';
import { feeAt, satPerKvB } from '../core/transaction/fee-rate.ts';
import {
  type OutPoint,
  outPointText,
  type TxOut,
  WITNESS_SCALE_FACTOR,
} from '../core/transaction/transaction.ts';
import { type Choice, groupedByAddress, type Spendable, selectAlike, weigh } from './coin-groups.ts';
import type { Candidate, SelectionGoal } from './coin-selection.ts';
import { listCoins } from './coins.ts';
import type { WalletTransaction } from './history.ts';
import { type InputSize, inputSize } from './solving.ts';
import type { PresetInput, SpendRequest } from './spend-request.ts';
import type { Wallet } from './wallet.ts';
import { WalletError } from './wallet-error.ts';

/** What the coins together must reach, and may not exceed. */
export interface Need extends Omit<SelectionGoal, 'room'> {
  /** Satoshis of the recipients. */
  readonly paid: bigint;
  /** Satoshis of fee for all but the inputs. */
  readonly baseFee: bigint;
  /** Weight of all but inputs and change. */
  readonly baseWeight: number;
  /** Weight that the transaction may have. */
  readonly maximumWeight: number;
}

/** What coins can be joined for in calm times. */
export const LONG_TERM_RATE = satPerKvB(10_000n);
const CONSOLIDATE = "Please try sending a smaller amount or manually consolidating your wallet's UTXOs";
export const TOO_HEAVY = `The inputs size exceeds the maximum weight. ${CONSOLIDATE}`;
const FAILURES = Object.freeze({
  short: undefined,
  heavy: TOO_HEAVY,
  full: 'Maximum transaction weight is less than transaction weight without inputs',
  changeless: 'Maximum transaction weight is too low, can not accommodate change output',
});

/** Unconfirmed transactions that may hang together where nodes still count ancestors. */
const MAX_CHAIN = 25;

/**
 * From own and others' confirmations, and how many unconfirmed transactions may hang together: strictest
 * first, and of one kind of address if that will do, lest it be told whose the kinds are. Only what cannot be paid
 * otherwise takes the rest of a group, or goes as far as this node's mempool does: older nodes may not relay it.
 */
const TIERS: readonly Tier[] = [
  { own: 1, others: 6, chain: 0, isPure: true },
  { own: 1, others: 1, chain: 0 },
  { own: 0, others: 1, chain: 2 },
  { own: 0, others: 1, chain: 4 },
  { own: 0, others: 1, chain: Math.floor(MAX_CHAIN / 2) },
  { own: 0, others: 1, chain: MAX_CHAIN - 1, takesRests: true },
  { own: 0, others: 0, chain: MAX_CHAIN - 1, takesRests: true },
  { own: 0, others: 0, chain: Number.POSITIVE_INFINITY, takesRests: true },
];
interface Tier {
  readonly own: number;
  readonly others: number;
  readonly chain: number;
  readonly isPure?: boolean;
  readonly takesRests?: boolean;
}

const effective = (coins: readonly Candidate[]): bigint =>
  coins.reduce((sum, { value, fee }) => sum + value - fee, 0n);

export class Purse {
  readonly #wallet: Wallet;
  readonly #request: SpendRequest;
  readonly #sizes = new Map<string, InputSize | null>();
  /** By weight: few are different, and many coins are asked about. */
  readonly #fees = new Map<number, Pick<Candidate, 'fee' | 'longTermFee'>>();
  readonly #preset: readonly Spendable[];
  #choices: readonly Choice[] | undefined;
  /** Satoshis of coins whose size cannot be told. */
  #unsolvable = 0n;

  constructor(wallet: Wallet, request: SpendRequest) {
    this.#wallet = wallet;
    this.#request = request;
    // A coin is spent once, however often it is named; the last time counts, as for its sequence.
    const chosen = new Map<string, PresetInput>();
    for (const input of request.inputs ?? []) {
      const id = outPointText(input.outpoint);
      chosen.delete(id);
      chosen.set(id, input);
    }
    this.#preset = Array.from(chosen.values(), (input) => this.#presetSpendable(input));
  }

  /** Coins that the caller chose, each once. */
  get preset(): readonly Spendable[] {
    return this.#preset;
  }

  #presetSpendable({ outpoint, given, weight, external, size: hint }: PresetInput): Spendable {
    const own = this.#wallet.history.output(outpoint);
    // It may be spent already: that is what a replacement does.
    if (own !== undefined) this.#requireSameKind(own.parent);
    const output = own?.output ?? external;
    const solved = own && this.#sizeOf(own.output.scriptPubKey);
    const told = weight === undefined ? hint : { weight, hasWitness: (solved ?? hint)?.hasWitness || null };
    const known = told ?? solved;
    if (output === undefined || !known) {
      const [txid, vout] = outPointText(outpoint).split(':');
      const name = `COutPoint(${txid!.slice(0, 10)}, ${vout})`;
      throw new WalletError(`Not solvable pre-selected input ${name}`);
    }
    return { ...this.#spendable(outpoint, output, known), ...(given && { given }) };
  }

  /** BIP431: version 3 spends no unconfirmed transaction of another version, nor the other way round. */
  #requireSameKind(parent: WalletTransaction): void {
    const { history } = this.#wallet;
    const { version = 2 } = this.#request;
    const { version: spent } = parent.tx;
    if ((version === TRUC_VERSION) === (spent === TRUC_VERSION) || history.depth(parent) !== 0) return;
    throw new WalletError(
      `Can't spend unconfirmed version ${spent} pre-selected input with a version ${version} tx`,
    );
  }

  #spendable(outpoint: OutPoint, output: TxOut, size: InputSize): Spendable {
    const { fee, longTermFee } = this.#feesOf(size.weight);
    const bump = this.#wallet.parts.chain.bumpFee([outpoint], this.#request.feeRate);
    return { ...size, outpoint, output, value: output.value, fee: fee + bump, longTermFee };
  }

  #feesOf(weight: number): Pick<Candidate, 'fee' | 'longTermFee'> {
    const known = this.#fees.get(weight);
    if (known !== undefined) return known;
    const size = Math.ceil(weight / 4);
    // Where recipients pay the fee, inputs cost the sender nothing.
    const subtracts = this.#request.recipients.some(({ subtractFee }) => subtractFee);
    const fees = {
      fee: subtracts ? 0n : feeAt(this.#request.feeRate, size),
      longTermFee: subtracts ? 0n : feeAt(LONG_TERM_RATE, size),
    };
    this.#fees.set(weight, fees);
    return fees;
  }

  /** The same for all scripts of one descriptor. */
  #sizeOf(script: Uint8Array, place = this.#wallet.keys.place(script)): InputSize | null {
    if (place === undefined) return null;
    const id = `${place.own.id}:${script.length}`;
    let size = this.#sizes.get(id);
    if (size === undefined) {
      const { keys, hasPrivateKeys } = this.#wallet;
      size = inputSize(script, keys.expand(place, false).provider, hasPrivateKeys);
      this.#sizes.set(id, size);
    }
    return size;
  }

  /** Bytes of an input that spends this script; undefined if it cannot be told. */
  spendSize(script: Uint8Array): number | undefined {
    const size = this.#sizeOf(script);
    return size === null ? undefined : Math.ceil(size.weight / 4);
  }

  /** Coins that pay for all, the preset ones first. @param grouped by address @throws WalletError in Core's words */
  choose(need: Need, grouped: boolean): readonly Spendable[] {
    const preset = this.#preset;
    const target = need.target - effective(preset);
    if (target <= 0n && (preset.length > 0 || this.#request.addInputs === false)) return preset;
    if (this.#request.addInputs === false)
      throw new WalletError(
        'The preselected coins total amount does not cover the transaction target. Please allow other inputs to be automatically selected or include more coins manually',
        'funds',
      );
    const { random, policy } = this.#wallet.parts;
    const isUnbounded = !policy.rejectLongChains;
    const all = this.#all;
    const choices = grouped ? this.#groups() : all;
    let failure: string | undefined;
    let tried = 0;
    for (const tier of policy.spendUnconfirmedChange ? TIERS : TIERS.slice(0, 2)) {
      const eligible = choices.filter(
        ({ depth, own, cluster, places, isRest }) =>
          depth >= (own ? tier.own : tier.others) &&
          cluster <= tier.chain &&
          (!isRest || tier.takesRests) &&
          (places > 0 || (isUnbounded && tier.chain === Number.POSITIVE_INFINITY)),
      );
      // Each tier has what those before it had; the second mixes kinds.
      if (eligible.length === tried && tier !== TIERS[1]) continue;
      tried = eligible.length;
      const room = this.#maximumWeight(need, tier) - need.baseWeight;
      const selection = selectAlike(eligible, { ...need, target, room }, random, !tier.isPure);
      if (typeof selection === 'string') {
        failure ??= FAILURES[selection];
        continue;
      }
      const coins = selection.coins.flatMap((choice) => choice.group ?? [choice]);
      if (preset.length > 0 && weigh(preset) + weigh(coins) > need.maximumWeight - need.baseWeight)
        throw new WalletError(
          `The combination of the pre-selected inputs and the wallet automatic inputs selection exceeds the transaction maximum weight. ${CONSOLIDATE}`,
          'funds',
        );
      return [...preset, ...coins];
    }
    if (effective(all) + this.#unsolvable >= target && this.#unsolvable > 0n)
      throw new WalletError('Missing solving data for estimating transaction size');
    throw new WalletError(failure ?? whyShort([...preset, ...all], need), 'funds');
  }

  #maximumWeight({ maximumWeight }: Need, tier: Tier): number {
    const child = this.#request.version === TRUC_VERSION && Math.min(tier.own, tier.others) === 0;
    return child ? Math.min(maximumWeight, WITNESS_SCALE_FACTOR * TRUC_CHILD_MAX_SIZE) : maximumWeight;
  }

  /** All that may be added, however it hangs together with others; null if the size of some cannot be told. */
  get available(): readonly Choice[] | null {
    const choices = this.#all;
    return this.#unsolvable > 0n ? null : choices;
  }

  get #all(): readonly Choice[] {
    this.#choices ??= this.#find();
    return this.#choices;
  }

  /** Are there coins that would be grouped with others? */
  get hasGroups(): boolean {
    return this.#groups().length < this.#all.length;
  }

  /** What is spent together, as one choice each; not what costs more than it is worth. */
  #groups(): Choice[] {
    const coins = this.#all.filter(({ value, fee }) => value > fee);
    const { random } = this.#wallet.parts;
    return groupedByAddress(coins, random);
  }

  /** Coins that the request allows, but for those that it names. */
  #find(): Choice[] {
    const taken = new Set(this.#preset.map(({ outpoint }) => outPointText(outpoint)));
    const {
      minimumDepth = 0,
      maximumDepth = Number.POSITIVE_INFINITY,
      includeUnsafe = false,
      avoidsReuse = false,
    } = this.#request;
    /** Many coins may come from one transaction. */
    const known = new Map<WalletTransaction, Pick<Choice, 'own' | 'cluster' | 'places'> | null>();
    const choices: Choice[] = [];
    for (const coin of listCoins(this.#wallet)) {
      const { outpoint, output, place, depth, safe, locked, parent } = coin;
      if (avoidsReuse && coin.isReused) continue;
      if (locked || depth < minimumDepth || depth > maximumDepth || !(safe || includeUnsafe)) continue;
      if (taken.size > 0 && taken.has(outPointText(outpoint))) continue;
      let judged = known.get(parent);
      if (judged === undefined) {
        judged = this.#judge(parent, depth);
        known.set(parent, judged);
      }
      if (judged === null) continue;
      const { value } = output;
      const size = this.#sizeOf(output.scriptPubKey, place);
      if (size === null) {
        this.#unsolvable += value;
        continue;
      }
      const { weight, hasWitness } = size;
      const { fee, longTermFee } = this.#feesOf(weight);
      const { own, cluster, places } = judged;
      const bump = depth > 0 ? 0n : this.#wallet.parts.chain.bumpFee([outpoint], this.#request.feeRate);
      // Written out: to spread objects took as long as all the rest.
      choices.push({
        outpoint,
        output,
        value,
        fee: fee + bump,
        longTermFee,
        weight,
        hasWitness,
        depth,
        own,
        cluster,
        places,
        type: place.own.descriptor.outputType,
      });
    }
    return this.#request.version === TRUC_VERSION ? this.#oneParent(choices) : choices;
  }

  /** BIP431: a child has one unconfirmed parent. That which pays most is chosen before anything else. */
  #oneParent(choices: readonly Choice[]): Choice[] {
    const values = new Map<string, bigint>();
    const parentOf = ({ outpoint }: Choice): string => toHex(outpoint.txid);
    const waiting = choices.filter(({ depth }) => depth === 0);
    for (const coin of waiting) values.set(parentOf(coin), (values.get(parentOf(coin)) ?? 0n) + coin.value);
    const [best] = [...values].sort(([, a], [, b]) => (a < b ? 1 : -1));
    return choices.filter((coin) => coin.depth > 0 || parentOf(coin) === best?.[0]);
  }

  /** Null if what this transaction pays is not to be spent. */
  #judge(parent: WalletTransaction, depth: number): Pick<Choice, 'own' | 'cluster' | 'places'> | null {
    const { version } = this.#request;
    const own = this.#wallet.history.spendsOurs(parent.tx);
    if (depth > 0) return { own, cluster: 0, places: 1 };
    const relatives = this.#wallet.parts.chain.mempoolRelatives(parent.tx.txid);
    if (relatives === undefined || (version === TRUC_VERSION) !== (parent.tx.version === TRUC_VERSION))
      return null;
    // Of version 3 no more than a parent and a child hang together.
    if (version === TRUC_VERSION && relatives.cluster > 1) return null;
    return { own, cluster: relatives.cluster, places: relatives.room };
  }
}

/** @param available all that could be spent if what hangs together unconfirmed had no limit */
function whyShort(available: readonly Spendable[], { paid, target, baseFee }: Need): string {
  if (effective(available) >= target)
    return 'Unconfirmed UTXOs are available, but spending them creates a chain of transactions that will be rejected by the mempool';
  if (totalValue(available) >= paid)
    return `The total exceeds your balance when the ${formatMoney(baseFee)} transaction fee is included.`;
  return 'Insufficient funds';
}
