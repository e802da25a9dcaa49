/**
 * Chooses coins to spend: branch and bound for a set that needs no change (Murch 2016), else a single
 * random draw or the fewest that do, by what they waste. Pure: all fees are part of the numbers it is given.
 */
import { countLeading } from '../core/encoding/sorted.ts';
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

export interface Selection<C extends Candidate> {
  readonly coins: readonly C[];
  readonly algorithm: 'bnb' | 'srd' | 'few';
  /** Satoshis that it costs beyond what is paid; less is better. */
  readonly waste: number;
}

/** Why nothing is chosen: too little money, coins too heavy, no room for any input, or none beside the change. */
export type SelectionFailure = 'short' | 'heavy' | 'full' | 'changeless';

/** Tries before branch and bound gives up. */
const MAX_TRIES = 100_000;

/** A candidate as the ways count it: satoshis as numbers, which hold all that there are exactly. */
interface Item<C extends Candidate> {
  readonly coin: C;
  /** Its value less what spending it costs now. */
  readonly effective: number;
  readonly fee: number;
  /** What spending it now costs more than later. */
  readonly timing: number;
  readonly weight: number;
}

/** Those that are worth spending. */
function worthwhile<C extends Candidate>(candidates: readonly C[]): Item<C>[] {
  const items: Item<C>[] = [];
  for (const coin of candidates) {
    const fee = Number(coin.fee);
    const effective = Number(coin.value) - fee;
    if (effective <= 0) continue;
    items.push({ coin, effective, fee, timing: fee - Number(coin.longTermFee), weight: coin.weight });
  }
  return items;
}

const sumEffective = (items: readonly Item<Candidate>[]): number =>
  items.reduce((sum, { effective }) => sum + effective, 0);

/**
 * What a selection costs beyond what is paid: inputs now against later, then change or what is left to fees.
 * @param change satoshis that making and later spending change costs; null without change
 */
function selectionWaste(items: readonly Item<Candidate>[], target: number, change: number | null): number {
  const timing = items.reduce((sum, item) => sum + item.timing, 0);
  return timing + (change ?? sumEffective(items) - target);
}

/** @returns coins worth the target and at most the cost of change more; null if none are found */
function exactly<C extends Candidate>(items: readonly Item<C>[], goal: SelectionGoal): Item<C>[] | null {
  const target = Number(goal.target);
  const upper = target + Number(goal.costOfChange);
  let available = sumEffective(items);
  if (available < target) return null;
  const coins = [...items].sort((a, b) => b.effective - a.effective);
  const expensive = coins.length > 0 && coins[0]!.timing > 0;
  /** Chosen indexes, ascending. */
  const chosen: number[] = [];
  let best: { readonly indexes: readonly number[]; readonly waste: number } | null = null;
  let value = 0;
  let waste = 0;
  let weight = 0;
  let next = 0;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    let backtrack = false;
    if (
      value + available < target ||
      value > upper ||
      weight > goal.room ||
      (best !== null && expensive && waste > best.waste)
    )
      backtrack = true;
    else if (value >= target) {
      const total = waste + value - target;
      if (best === null || total <= best.waste) best = { indexes: [...chosen], waste: total };
      backtrack = true;
    } else if (next >= coins.length) backtrack = true;
    if (backtrack) {
      const last = chosen.pop();
      if (last === undefined) break;
      // What lies beyond the last chosen becomes available again, but it itself is left out.
      for (next--; next > last; next--) available += coins[next]!.effective;
      value -= coins[last]!.effective;
      waste -= coins[last]!.timing;
      weight -= coins[last]!.weight;
      next = last + 1;
      continue;
    }
    const coin = coins[next]!;
    available -= coin.effective;
    // A coin just like one that was left out would only repeat what was tried.
    const twin = next > 0 && chosen.at(-1) !== next - 1 ? coins[next - 1] : undefined;
    if (
      twin === undefined ||
      twin.effective !== coin.effective ||
      twin.fee !== coin.fee ||
      twin.weight !== coin.weight
    ) {
      chosen.push(next);
      value += coin.effective;
      waste += coin.timing;
      weight += coin.weight;
    }
    next++;
  }
  return best === null ? null : best.indexes.map((index) => coins[index]!);
}

/** As `selectCoins` tries it first. */
export function branchAndBound<C extends Candidate>(
  candidates: readonly C[],
  goal: SelectionGoal,
): C[] | null {
  return exactly(worthwhile(candidates), goal)?.map(({ coin }) => coin) ?? null;
}

/**
 * Coins in random order until they pay for the target and for change worth having; null if they never do.
 * When they grow too heavy the least of them are put aside.
 */
function draw<C extends Candidate>(
  items: readonly Item<C>[],
  goal: SelectionGoal,
  random: Random,
): Item<C>[] | null {
  const left = [...items];
  const wanted = Number(goal.target + goal.changeTarget);
  const room = goal.room - goal.changeWeight;
  /** Once there is no more room, by falling value. */
  const drawn: Item<C>[] = [];
  let value = 0;
  let weight = 0;
  let isFull = false;
  while (left.length > 0 && value < wanted) {
    const at = random.below(left.length);
    const item = left[at]!;
    left[at] = left.at(-1)!;
    left.pop();
    if (isFull) drawn.splice(placeFor(item, drawn), 0, item);
    else drawn.push(item);
    value += item.effective;
    weight += item.weight;
    if (weight > room && !isFull) {
      drawn.sort((a, b) => b.effective - a.effective);
      isFull = true;
    }
    while (weight > room && drawn.length > 0) {
      const least = drawn.pop()!;
      value -= least.effective;
      weight -= least.weight;
    }
  }
  // Short of worthwhile change, all coins together may still pay exactly.
  return value >= Number(goal.target) && drawn.length > 0 ? drawn : null;
}

/**
 * As few coins as pay for the target and for change worth having: the greatest, and for the last of them the least
 * that is enough; null if they do not fit.
 */
function fewest<C extends Candidate>(items: readonly Item<C>[], goal: SelectionGoal): Item<C>[] | null {
  const wanted = Number(goal.target + goal.changeTarget);
  const falling = [...items].sort((a, b) => b.effective - a.effective);
  let [count, missing] = [0, wanted];
  while (count < falling.length && falling[count]!.effective < missing)
    missing -= falling[count++]!.effective;
  const last = falling.findLast(({ effective }) => effective >= missing);
  if (count === falling.length || last === undefined) return null;
  const chosen = [...falling.slice(0, count), last];
  const weight = chosen.reduce((sum, item) => sum + item.weight, goal.changeWeight);
  return weight > goal.room ? null : chosen;
}

/** Where it belongs among those of falling value. */
const placeFor = ({ effective }: Item<Candidate>, sorted: readonly Item<Candidate>[]): number =>
  countLeading(sorted, (item) => item.effective >= effective);

/** As `selectCoins` tries it second. */
export function singleRandomDraw<C extends Candidate>(
  candidates: readonly C[],
  goal: SelectionGoal,
  random: Random,
): C[] | null {
  return draw(worthwhile(candidates), goal, random)?.map(({ coin }) => coin) ?? null;
}

/** The best of the three ways, or why there is none. */
export function selectCoins<C extends Candidate>(
  candidates: readonly C[],
  goal: SelectionGoal,
  random: Random,
): Selection<C> | SelectionFailure {
  if (goal.room <= 0) return 'full';
  const items = worthwhile(candidates);
  const target = Number(goal.target);
  const exact = exactly(items, goal);
  const drawn = draw(items, goal, random);
  const few = fewest(items, goal);
  if (exact === null && drawn === null && few === null) {
    if (goal.room < goal.changeWeight) return 'changeless';
    return sumEffective(items) < target ? 'short' : 'heavy';
  }
  const waste = (chosen: readonly Item<C>[] | null, change: number | null): number =>
    chosen === null ? Number.POSITIVE_INFINITY : selectionWaste(chosen, target, change);
  const change = Number(goal.costOfChange);
  const ways = [
    { algorithm: 'bnb', items: exact, waste: waste(exact, null) },
    { algorithm: 'few', items: few, waste: waste(few, change) },
    { algorithm: 'srd', items: drawn, waste: waste(drawn, change) },
  ] as const;
  const best = ways.reduce((a, b) => (b.waste < a.waste ? b : a));
  return { ...best, coins: best.items!.map(({ coin }) => coin) };
}
