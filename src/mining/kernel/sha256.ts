/** SHA-256's compression (FIPS 180-4) over words that may be constants, known early, or emitted code. */
import { constant, type Word, type WordEmitter } from './words.ts';

/** The first 32 bits of the fractional parts of cube or square roots of the first primes. */
function rootsOfPrimes(count: number, root: (prime: number) => number): number[] {
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  return primes.map((prime) => ((root(prime) % 1) * 0x100000000) >>> 0);
}

const ROUND_CONSTANTS = rootsOfPrimes(64, Math.cbrt);
export const INITIAL_STATE: readonly number[] = rootsOfPrimes(8, Math.sqrt);

const bigSigma0 = (w: WordEmitter, x: Word) => w.mix(x, [2, 13, 22]);
const bigSigma1 = (w: WordEmitter, x: Word) => w.mix(x, [6, 11, 25]);
const smallSigma0 = (w: WordEmitter, x: Word) => w.mix(x, [7, 18], 3);
const smallSigma1 = (w: WordEmitter, x: Word) => w.mix(x, [17, 19], 10);

/** The word of the message schedule for each round, made when it is first needed. */
function schedule(w: WordEmitter, block: readonly Word[]): (round: number) => Word {
  const words = [...block];
  return (round) => {
    for (let t = words.length; t <= round; t++)
      words.push(
        w.add(words[t - 16]!, smallSigma0(w, words[t - 15]!), words[t - 7]!, smallSigma1(w, words[t - 2]!)),
      );
    return words[round]!;
  };
}

/**
 * Runs rounds on a state. The order of summands is the one for which V8 spills the fewest registers.
 * @param block 16 words. @param rounds 64, or fewer if not all of the result is wanted.
 * @returns a to h, before the initial state is added.
 */
export function runRounds(
  w: WordEmitter,
  state: readonly Word[],
  block: readonly Word[],
  rounds: number,
): Word[] {
  const message = schedule(w, block);
  let [a, b, c, d, e, f, g, h] = state as [Word, Word, Word, Word, Word, Word, Word, Word];
  // Maj(a, b, c) = b ^ ((a ^ b) & (b ^ c)), and b ^ c is the a ^ b of the round before.
  let bc = w.xor(b, c);
  for (let round = 0; round < rounds; round++) {
    const choice = w.select(e, f, g);
    const t1 = w.add(h, constant(ROUND_CONSTANTS[round]!), message(round), bigSigma1(w, e), choice);
    const ab = w.xor(a, b);
    const majority = w.xor(b, w.and(ab, bc));
    [a, b, c, d, e, f, g, h] = [w.add(t1, majority, bigSigma0(w, a)), a, b, c, w.add(d, t1), e, f, g];
    bc = ab;
  }
  return [a, b, c, d, e, f, g, h];
}
