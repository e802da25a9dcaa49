/**
 * White paper section 11: the chance that an attacker with a share `q` of the hash rate replaces a payment
 * that has `z` confirmations. The paper's figure takes the time that z blocks need to be what it is on
 * average; the exact one does not, and is higher.
 */
import type { Random } from '../seams.ts';

/** The paper's C program: Poisson with mean zq/p. */
export function paperProbability(q: number, z: number): number {
  const p = 1 - q;
  if (q >= p) return 1;
  const lambda = (z * q) / p;
  let sum = 1;
  let poisson = Math.exp(-lambda);
  for (let k = 0; k <= z; k++) {
    if (k > 0) poisson *= lambda / k;
    sum -= poisson * (1 - (q / p) ** (z - k));
  }
  return sum;
}

/** While the honest miners find z blocks, the attacker finds k with the negative binomial's chance. */
export function exactProbability(q: number, z: number): number {
  const p = 1 - q;
  if (q >= p) return 1;
  let sum = 1;
  let chance = p ** z;
  for (let k = 0; k <= z; k++) {
    if (k > 0) chance *= (q * (z + k - 1)) / k;
    sum -= chance * (1 - (q / p) ** (z - k));
  }
  return sum;
}

/** One race, block by block. The attacker wins by drawing level, as in the paper, and gives up `limit` behind. */
function race(random: Random, q: number, z: number, limit = 50): boolean {
  const attackerFinds = (): boolean => random.below(2 ** 32) < q * 2 ** 32;
  let attacker = 0;
  for (let honest = 0; honest < z; ) {
    if (attackerFinds()) attacker++;
    else honest++;
  }
  for (let behind = z - attacker; behind > 0; ) {
    if (behind > limit) return false;
    behind += attackerFinds() ? -1 : 1;
  }
  return true;
}

/** The share of so many races that the attacker wins. */
export function raceProbability(random: Random, q: number, z: number, trials: number): number {
  let won = 0;
  for (let i = 0; i < trials; i++) if (race(random, q, z)) won++;
  return won / trials;
}
