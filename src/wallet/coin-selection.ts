/**
 * Chooses coins to spend: branch and bound for a set that needs no change (Murch 2016), else a single
 * random draw. Pure: all fees are part of the numbers it is given.
 */
import type { Random } from '../seams.ts';

export interface Candidate {
  /** Satoshis */
  readonly value: bigint;
  /** Satoshis that spending it costs now. */
  readonly fee: bigint;
  /** Satoshis that spending it would cost at the rate of calm times. */
  readonly longTermFee: bigint;
  /** Weight of the input that spends it. */
  readonly weight: number;
}

export interface SelectionGoal {
  /** Satoshis to pay with the fee of all but the inputs. */
  readonly target: bigint;
  /** Satoshis of fee that a change output adds now, and that spending it costs later. */
  readonly costOfChange: bigint;
  /** Satoshis that change should have at least when coins are drawn, its own fee included. */
  readonly changeTarget: bigint;
  /** Weight that the inputs, and the change output if there is one, may have together. */
  readonly room: number;
  /** Weight of a change output. */
  readonly changeWeight: number;
}

interface Selection<C extends Candidate> {
  readonly coins: readonly C[];
  readonly algorithm: 'bnb' | 'srd';
}

/** Why nothing is chosen: too little money, coins too heavy, no room for any input, or none beside the change. */
type SelectionFailure = 'short' | 'heavy' | 'full' | 'changeless';

/** Tries before branch and bound gives up. */
const MAX_TRIES = 100_000;

const effective = (coin: Candidate): bigint => coin.value - coin.fee;
const sumEffective = (coins: readonly Candidate[]): bigint =>
  coins.reduce((sum, coin) => sum + effective(coin), 0n);

/**
 * What a selection costs beyond what is paid: inputs now against later, then change or what is left to fees.
 * @param change satoshis that making and later spending change costs; null without change
 */
function selectionWaste(coins: readonly Candidate[], target: bigint, change: bigint | null): bigint {
  const timing = coins.reduce((sum, coin) => sum + coin.fee - coin.longTermFee, 0n);
  return timing + (change ?? sumEffective(coins) - target);
}

/** @returns coins worth the target and at most the cost of change more; null if none are found */
export function branchAndBound<C extends Candidate>(
  candidates: readonly C[],
  goal: SelectionGoal,
): C[] | null {
  const coins = candidates
    .filter((coin) => effective(coin) > 0n)
    .sort((a, b) => Number(effective(b) - effective(a)));
  const upper = goal.target + goal.costOfChange;
  let available = sumEffective(coins);
  if (available < goal.target) return null;
  const expensive = coins.length > 0 && coins[0]!.fee > coins[0]!.longTermFee;
  /** Chosen indexes, ascending. */
  const chosen: number[] = [];
  let best: { readonly indexes: readonly number[]; readonly waste: bigint } | null = null;
  let value = 0n;
  let waste = 0n;
  let weight = 0;
  let next = 0;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    let backtrack = false;
    if (
      value + available < goal.target ||
      value > upper ||
      weight > goal.room ||
      (best !== null && expensive && waste > best.waste)
    )
      backtrack = true;
    else if (value >= goal.target) {
      const total = waste + value - goal.target;
      if (best === null || total <= best.waste) best = { indexes: [...chosen], waste: total };
      backtrack = true;
    } else if (next >= coins.length) backtrack = true;
    if (backtrack) {
      const last = chosen.pop();
      if (last === undefined) break;
      // What lies beyond the last chosen becomes available again, but it itself is left out.
      for (next--; next > last; next--) available += effective(coins[next]!);
      value -= effective(coins[last]!);
      waste -= coins[last]!.fee - coins[last]!.longTermFee;
      weight -= coins[last]!.weight;
      next = last + 1;
      continue;
    }
    const coin = coins[next]!;
    available -= effective(coin);
    // A coin just like one that was left out would only repeat what was tried.
    const twin = next > 0 && chosen.at(-1) !== next - 1 ? coins[next - 1] : undefined;
    if (
      twin === undefined ||
      effective(twin) !== effective(coin) ||
      twin.fee !== coin.fee ||
      twin.weight !== coin.weight
    ) {
      chosen.push(next);
      value += effective(coin);
      waste += coin.fee - coin.longTermFee;
      weight += coin.weight;
    }
    next++;
  }
  return best === null ? null : best.indexes.map((index) => coins[index]!);
}

/**
 * Coins in random order until they pay for the target and for change worth having; null if they never do.
 * When they grow too heavy the least of them are put aside.
 */
export function singleRandomDraw<C extends Candidate>(
  candidates: readonly C[],
  goal: SelectionGoal,
  random: Random,
): C[] | null {
  const left = candidates.filter((coin) => effective(coin) > 0n);
  const wanted = goal.target + goal.changeTarget;
  const room = goal.room - goal.changeWeight;
  let drawn: C[] = [];
  let value = 0n;
  let weight = 0;
  while (left.length > 0 && value < wanted) {
    const [coin] = left.splice(random.below(left.length), 1);
    drawn.push(coin!);
    value += effective(coin!);
    weight += coin!.weight;
    while (weight > room && drawn.length > 0) {
      const least = drawn.reduce((a, b) => (effective(b) < effective(a) ? b : a));
      drawn = drawn.filter((other) => other !== least);
      value -= effective(least);
      weight -= least.weight;
    }
  }
  // Short of worthwhile change, all coins together may still pay exactly.
  return value >= goal.target && drawn.length > 0 ? drawn : null;
}

/** The better of both ways, or why there is none. */
export function selectCoins<C extends Candidate>(
  candidates: readonly C[],
  goal: SelectionGoal,
  random: Random,
): Selection<C> | SelectionFailure {
  if (goal.room <= 0) return 'full';
  const exact = branchAndBound(candidates, goal);
  const drawn = singleRandomDraw(candidates, goal, random);
  if (exact === null && drawn === null) {
    if (goal.room < goal.changeWeight) return 'changeless';
    return sumEffective(candidates.filter((coin) => effective(coin) > 0n)) < goal.target ? 'short' : 'heavy';
  }
  if (drawn === null) return { coins: exact!, algorithm: 'bnb' };
  if (exact === null) return { coins: drawn, algorithm: 'srd' };
  const exactWaste = selectionWaste(exact, goal.target, null);
  const drawnWaste = selectionWaste(drawn, goal.target, goal.costOfChange);
  return exactWaste <= drawnWaste ? { coins: exact, algorithm: 'bnb' } : { coins: drawn, algorithm: 'srd' };
}
