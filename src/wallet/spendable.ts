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
import { type Candidate, type SelectionGoal, selectCoins } from './coin-selection.ts';
import { listCoins } from './coins.ts';
import type { WalletTransaction } from './history.ts';
import { inputWeight } from './solving.ts';
import type { PresetInput, SpendRequest } from './spend.ts';
import type { Wallet } from './wallet.ts';
import { WalletError } from './wallet-error.ts';

/** What waits to be spent, as the selection and the plan see it. */
export interface Spendable extends Candidate {
  readonly outpoint: OutPoint;
  readonly output: TxOut;
  readonly sequence: number | undefined;
}

/** A coin that may be chosen, with what the tiers ask about it. */
interface Choice extends Spendable {
  readonly depth: number;
  /** Does it come from our own spending? */
  readonly own: boolean;
  /** Unconfirmed transactions that hang together with it; 0 for a confirmed one. */
  readonly cluster: number;
  /** How many more the mempool lets hang together with them. */
  readonly places: number;
}

/** What the coins together must reach, and may not exceed. */
interface Need extends Omit<SelectionGoal, 'room'> {
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
type Tier = (typeof TIERS)[number];

const effective = (coins: readonly Candidate[]): bigint =>
  coins.reduce((sum, { value, fee }) => sum + value - fee, 0n);

export class Purse {
  readonly #wallet: Wallet;
  readonly #request: SpendRequest;
  readonly #weights = new Map<string, number | null>();
  /** By weight: few are different, and many coins are asked about. */
  readonly #fees = new Map<number, Pick<Candidate, 'fee' | 'longTermFee'>>();
  readonly #preset: readonly Spendable[];
  #hasUnsolvable = false;

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

  #presetSpendable({ outpoint, sequence, weight, external }: PresetInput): Spendable {
    const own = this.#wallet.history.output(outpoint);
    // It may be spent already: that is what a replacement does.
    if (own !== undefined) this.#requireSameKind(own.parent);
    const output = own?.output ?? external;
    const known = weight ?? (own && this.#weightOf(own.output.scriptPubKey)) ?? null;
    if (output === undefined || known === null) {
      const [txid, vout] = outPointText(outpoint).split(':');
      const name = `COutPoint(${txid!.slice(0, 10)}, ${vout})`;
      throw new WalletError(`Not solvable pre-selected input ${name}`);
    }
    return this.#spendable(outpoint, output, known, sequence);
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

  #spendable(outpoint: OutPoint, output: TxOut, weight: number, sequence?: number): Spendable {
    const { fee, longTermFee } = this.#feesOf(weight);
    const bump = this.#wallet.parts.chain.bumpFee([outpoint], this.#request.feeRate);
    return { outpoint, output, value: output.value, fee: fee + bump, longTermFee, sequence, weight };
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
  #weightOf(script: Uint8Array, place = this.#wallet.keys.place(script)): number | null {
    if (place === undefined) return null;
    const id = `${place.own.id}:${script.length}`;
    let weight = this.#weights.get(id);
    if (weight === undefined) {
      weight = inputWeight(script, this.#wallet.keys.expand(place, false).provider);
      this.#weights.set(id, weight);
    }
    return weight;
  }

  /** Coins that pay for all, the preset ones first. @throws WalletError in Core's words */
  choose(need: Need): readonly Spendable[] {
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
    const choices = this.#choices(new Set(preset.map(({ outpoint }) => outPointText(outpoint))));
    let failure: string | undefined;
    let tried = 0;
    for (const tier of policy.spendUnconfirmedChange ? TIERS : TIERS.slice(0, 2)) {
      const eligible = choices.filter(
        ({ depth, own, cluster, places }) =>
          depth >= (own ? tier.own : tier.others) &&
          cluster <= tier.chain &&
          (places > 0 || (isUnbounded && tier.chain === Number.POSITIVE_INFINITY)),
      );
      // Each tier has what those before it had.
      if (eligible.length === tried) continue;
      tried = eligible.length;
      const room = this.#maximumWeight(need, tier) - need.baseWeight;
      const selection = selectCoins(eligible, { ...need, target, room }, random);
      if (typeof selection === 'string') {
        failure ??= FAILURES[selection];
        continue;
      }
      if (preset.length > 0 && weigh(preset) + weigh(selection.coins) > need.maximumWeight - need.baseWeight)
        throw new WalletError(
          `The combination of the pre-selected inputs and the wallet automatic inputs selection exceeds the transaction maximum weight. ${CONSOLIDATE}`,
          'funds',
        );
      return [...preset, ...selection.coins];
    }
    throw new WalletError(failure ?? whyShort([...preset, ...choices], need), 'funds');
  }

  #maximumWeight({ maximumWeight }: Need, tier: Tier): number {
    const child = this.#request.version === TRUC_VERSION && Math.min(tier.own, tier.others) === 0;
    return child ? Math.min(maximumWeight, WITNESS_SCALE_FACTOR * TRUC_CHILD_MAX_SIZE) : maximumWeight;
  }

  /** All that may be added, however it hangs together with others; null if the size of some cannot be told. */
  get available(): readonly Choice[] | null {
    const choices = this.#choices(new Set());
    return this.#hasUnsolvable ? null : choices;
  }

  /** Coins that the request allows. @param taken those that it names, by their text */
  #choices(taken: ReadonlySet<string>): Choice[] {
    const {
      minimumDepth = 0,
      maximumDepth = Number.POSITIVE_INFINITY,
      includeUnsafe = false,
    } = this.#request;
    /** Many coins may come from one transaction. */
    const known = new Map<WalletTransaction, Pick<Choice, 'own' | 'cluster' | 'places'> | null>();
    const choices: Choice[] = [];
    for (const { outpoint, output, place, depth, trusted, locked, parent } of listCoins(this.#wallet)) {
      if (locked || depth < minimumDepth || depth > maximumDepth || !(trusted || includeUnsafe)) continue;
      if (taken.size > 0 && taken.has(outPointText(outpoint))) continue;
      let judged = known.get(parent);
      if (judged === undefined) {
        judged = this.#judge(parent, depth);
        known.set(parent, judged);
      }
      if (judged === null) continue;
      const weight = this.#weightOf(output.scriptPubKey, place);
      if (weight === null) {
        this.#hasUnsolvable = true;
        continue;
      }
      const { fee, longTermFee } = this.#feesOf(weight);
      const { own, cluster, places } = judged;
      const { value } = output;
      const bump = depth > 0 ? 0n : this.#wallet.parts.chain.bumpFee([outpoint], this.#request.feeRate);
      // Written out: to spread objects took as long as all the rest.
      choices.push({
        outpoint,
        output,
        value,
        fee: fee + bump,
        longTermFee,
        sequence: undefined,
        weight,
        depth,
        own,
        cluster,
        places,
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
    const { includeUnsafe = false, version } = this.#request;
    const own = this.#wallet.history.spendsOurs(parent.tx);
    if (depth > 0) return { own, cluster: 0, places: 1 };
    // Whoever is to replace a transaction must not be surprised by what hangs on it.
    if ((parent.replacedBy !== undefined || parent.replaces !== undefined) && !includeUnsafe) return null;
    const relatives = this.#wallet.parts.chain.mempoolRelatives(parent.tx.txid);
    if (relatives === undefined || (version === TRUC_VERSION) !== (parent.tx.version === TRUC_VERSION))
      return null;
    // Of version 3 no more than a parent and a child hang together.
    if (version === TRUC_VERSION && relatives.cluster > 1) return null;
    return { own, cluster: relatives.cluster, places: relatives.room };
  }
}

const weigh = (coins: readonly Candidate[]): number => coins.reduce((sum, { weight }) => sum + weight, 0);

/** @param available all that could be spent if what hangs together unconfirmed had no limit */
function whyShort(available: readonly Spendable[], { paid, target, baseFee }: Need): string {
  if (effective(available) >= target)
    return 'Unconfirmed UTXOs are available, but spending them creates a chain of transactions that will be rejected by the mempool';
  if (totalValue(available) >= paid)
    return `The total exceeds your balance when the ${formatMoney(baseFee)} transaction fee is included.`;
  return 'Insufficient funds';
}
