/**
 * White paper section 4: which difficulty the next block must have. One function for each rule that a
 * network file may choose; what bits mean is the business of `block/target`.
 */
import { bitsFromTarget, targetFromBits } from '../block/target.ts';
import type { IntervalRule, LwmaRule, NetworkParameters } from '../parameters/network.ts';
import type { HeaderLink } from './header-link.ts';

/** Bits of the block after `parent` with the given time (seconds). */
export function nextWorkRequired(parent: HeaderLink, time: number, parameters: NetworkParameters): number {
  const rule = parameters.difficulty;
  switch (rule.kind) {
    case 'none':
      return parameters.genesis.bits;
    case 'interval':
      return nextByInterval(rule, parent, time, parameters);
    case 'lwma':
      return nextByLwma(rule, parent, parameters);
  }
}

function nextByInterval(
  rule: IntervalRule,
  parent: HeaderLink,
  time: number,
  parameters: NetworkParameters,
): number {
  const { interval } = rule;
  const { powLimit, targetSpacing } = parameters;
  if ((parent.height + 1) % interval !== 0) {
    if (rule.minimumDifficultyAfter === 0) return parent.header.bits;
    const limitBits = bitsFromTarget(powLimit);
    if (time > parent.header.time + rule.minimumDifficultyAfter) return limitBits;
    // The difficulty of the last block that did not take the easy way.
    let link = parent;
    while (link.parent !== null && link.height % interval !== 0 && link.header.bits === limitBits)
      link = link.parent;
    return link.header.bits;
  }
  // Bitcoin's off-by-one: the time is taken over interval - 1 solve times.
  const first = parent.ancestor(parent.height - (interval - 1));
  return retarget(
    rule,
    rule.bip94 ? first.header.bits : parent.header.bits,
    parent.header.time - first.header.time,
    interval * targetSpacing,
    powLimit,
  );
}

function retarget(
  { clamp }: IntervalRule,
  bits: number,
  actual: number,
  wanted: number,
  powLimit: bigint,
): number {
  const timespan = Math.min(Math.max(actual, Math.floor(wanted / clamp)), wanted * clamp);
  const target = (targetFromBits(bits).target * BigInt(timespan)) / BigInt(wanted);
  return bitsFromTarget(target < powLimit ? target : powLimit);
}

/** LWMA-1: a solve time counts at most this many target spacings. */
const LWMA_LONGEST = 6;

/**
 * Zawy's LWMA-1 (zawy12/difficulty-algorithms, issue 3): the average target of the last `window` blocks,
 * times their solve times weighted 1 to `window`, the newest most. While there are fewer blocks, the
 * genesis block's bits are the guess that its author recommends in place of the limit.
 */
function nextByLwma({ window }: LwmaRule, parent: HeaderLink, parameters: NetworkParameters): number {
  const { powLimit, targetSpacing } = parameters;
  if (parent.height < window) return parameters.genesis.bits;

  const blocks: HeaderLink[] = [];
  for (let link = parent; blocks.length < window; link = link.parent!) blocks.push(link);
  blocks.reverse();

  // One average would divide by this; divided early, as published, so that every digit is the same.
  const divisor = BigInt(((window * (window + 1)) / 2) * targetSpacing);
  let averageTarget = 0n;
  let weightedTimes = 0;
  let previous = blocks[0]!.parent!.header.time;
  blocks.forEach(({ header }, i) => {
    // A clock that goes back counts as one second on, and what it took back is taken from the next.
    const at = Math.max(header.time, previous + 1);
    weightedTimes += Math.min(at - previous, LWMA_LONGEST * targetSpacing) * (i + 1);
    previous = at;
    averageTarget += targetFromBits(header.bits).target / BigInt(window) / divisor;
  });
  const target = averageTarget * BigInt(weightedTimes);
  return bitsFromTarget(target < powLimit ? target : powLimit);
}
