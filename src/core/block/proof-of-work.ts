/** White paper section 4: does a header's hash meet the target it claims? */
import { bigintFromLittleEndian } from '../encoding/bytes.ts';
import type { NetworkParameters } from '../parameters/network.ts';
import { targetFromBits } from './target.ts';

/** The target that `bits` stand for, or null if no header of this network may claim them. */
export function allowedTarget(bits: number, parameters: Pick<NetworkParameters, 'powLimit'>): bigint | null {
  const { target, negative, overflow } = targetFromBits(bits);
  if (negative || overflow || target === 0n || target > parameters.powLimit) return null;
  return target;
}

/** @param hashBytes the header's hash in internal order. */
export function checkProofOfWork(
  hashBytes: Uint8Array,
  bits: number,
  parameters: Pick<NetworkParameters, 'powLimit'>,
): boolean {
  const target = allowedTarget(bits, parameters);
  return target !== null && bigintFromLittleEndian(hashBytes) <= target;
}
