/**
 * Coins as choices, with what choosing asks about them; what of them is spent together, lest it be told later that it
 * belongs together: coins of one address, and of one kind of address.
 */
import { toHex } from '../core/encoding/bytes.ts';
import { totalValue } from '../core/transaction/amount.ts';
import type { OutPoint, TxIn, TxOut } from '../core/transaction/transaction.ts';
import type { Random } from '../seams.ts';
import {
  type Candidate,
  type Selection,
  type SelectionFailure,
  type SelectionGoal,
  selectCoins,
} from './coin-selection.ts';
import type { OutputType } from './descriptors/kinds.ts';
import { shuffled } from './shuffle.ts';
import type { InputSize } from './solving.ts';

/** What waits to be spent, as the selection and the plan see it. */
export interface Spendable extends Candidate, InputSize {
  readonly outpoint: OutPoint;
  readonly output: TxOut;
  /** What the input that spends it has already. */
  readonly given?: Partial<Omit<TxIn, 'prevout'>>;
}

/** A coin that may be chosen, with what the tiers ask about it. */
export interface Choice extends Spendable {
  readonly depth: number;
  /** Does it come from our own spending? */
  readonly own: boolean;
  /** Unconfirmed transactions that hang together with it; 0 for a confirmed one. */
  readonly cluster: number;
  /** How many more the mempool lets hang together with them. */
  readonly places: number;
  readonly type: OutputType | null;
  /** What is spent with it or not at all, itself included, where coins are grouped by address. */
  readonly group?: readonly Choice[];
  /** Others of its address stand in groups that are full. */
  readonly isRest?: boolean;
}

/** Coins of one address that are spent together at most. */
const GROUP_SIZE = 100;

export const weigh = (coins: readonly Candidate[]): number =>
  coins.reduce((sum, { weight }) => sum + weight, 0);

/** Coins of each address as one choice, or as several where they are many. */
export function groupedByAddress(coins: readonly Choice[], random: Random): Choice[] {
  const byScript = new Map<string, Choice[]>();
  for (const coin of coins.length > GROUP_SIZE ? shuffled(coins, random) : coins) {
    const id = toHex(coin.output.scriptPubKey);
    const others = byScript.get(id);
    if (others === undefined) byScript.set(id, [coin]);
    else others.push(coin);
  }
  return [...byScript.values()].flatMap((alike) =>
    Array.from({ length: Math.ceil(alike.length / GROUP_SIZE) }, (_, i) => {
      const group = alike.slice(i * GROUP_SIZE, (i + 1) * GROUP_SIZE);
      return joined(group, i > 0 && group.length < GROUP_SIZE);
    }),
  );
}

const joined = (group: readonly Choice[], isRest: boolean): Choice => ({
  ...group[0]!,
  group,
  isRest,
  value: totalValue(group),
  fee: group.reduce((sum, { fee }) => sum + fee, 0n),
  longTermFee: group.reduce((sum, { longTermFee }) => sum + longTermFee, 0n),
  weight: weigh(group),
  depth: Math.min(...group.map(({ depth }) => depth)),
  own: group.every(({ own }) => own),
  cluster: Math.max(...group.map(({ cluster }) => cluster)),
  places: Math.min(...group.map(({ places }) => places)),
});

/** The best selection of one kind of address. @param mixes several kinds will do, where none will alone */
export function selectAlike(
  choices: readonly Choice[],
  goal: SelectionGoal,
  random: Random,
  mixes: boolean,
): Selection<Choice> | SelectionFailure {
  const types = new Set(choices.map(({ type }) => type));
  let best: Selection<Choice> | undefined;
  let failure: SelectionFailure = 'short';
  for (const type of types) {
    const alike = types.size === 1 ? choices : choices.filter((choice) => choice.type === type);
    const found = selectCoins(alike, goal, random);
    if (typeof found !== 'string') best = best === undefined || found.waste < best.waste ? found : best;
    else if (found !== 'short') failure = found;
  }
  return best ?? (types.size > 1 && mixes ? selectCoins(choices, goal, random) : failure);
}
