/** The smallest output worth making: below it, spending would cost more than a third of it (Core's dust). */

import { compactSizeLength } from '../core/encoding/writer.ts';
import { isUnspendable, isWitnessProgram } from '../core/script/script.ts';

/** Satoshis per 1,000 vbytes; nodes refuse to relay outputs that are dust at this rate. */
export const DUST_RELAY_RATE = 3000n;

/** Satoshis. @param rate satoshis per 1,000 vbytes that spending it is reckoned to cost */
export function dustThreshold(scriptPubKey: Uint8Array, rate = DUST_RELAY_RATE): bigint {
  if (isUnspendable(scriptPubKey)) return 0n;
  const output = 8 + compactSizeLength(scriptPubKey.length) + scriptPubKey.length;
  // Outpoint, length, script with a signature and a key (a quarter of it in a witness), sequence.
  const input = 32 + 4 + 1 + Math.floor(107 / (isWitnessProgram(scriptPubKey) === null ? 1 : 4)) + 4;
  return feeAt(rate, output + input);
}

/** Satoshis for this many vbytes, rounded up. @param rate satoshis per 1,000 vbytes */
export function feeAt(rate: bigint, virtualSize: number): bigint {
  return (rate * BigInt(virtualSize) + 999n) / 1000n;
}
