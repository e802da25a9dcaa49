/** Numbers on the stack: little endian, sign in the top bit, no longer than they need to be. */
import { EMPTY } from '../encoding/bytes.ts';
import { ScriptFailure } from './errors.ts';

/** Bytes that an operand of arithmetic may have; results may be longer. */
const DEFAULT_NUMBER_SIZE = 4;

export function encodeScriptNumber(value: bigint): Uint8Array {
  if (value === 0n) return EMPTY;
  const bytes: number[] = [];
  for (let rest = value < 0n ? -value : value; rest > 0n; rest >>= 8n) bytes.push(Number(rest & 0xffn));
  // The top bit is the sign: where the magnitude uses it, one more byte holds the sign.
  if (bytes[bytes.length - 1]! & 0x80) bytes.push(0);
  if (value < 0n) bytes[bytes.length - 1]! |= 0x80;
  return Uint8Array.from(bytes);
}

/** @throws ScriptFailure SCRIPTNUM if longer than `maxSize` bytes, or not minimal where that is required. */
export function decodeScriptNumber(
  bytes: Uint8Array,
  requireMinimal: boolean,
  maxSize = DEFAULT_NUMBER_SIZE,
): bigint {
  const { length } = bytes;
  if (length > maxSize) throw new ScriptFailure('SCRIPTNUM');
  if (length === 0) return 0n;
  const top = bytes[length - 1]!;
  // The last byte may only be a bare sign if the byte before needs its top bit.
  if (requireMinimal && (top & 0x7f) === 0 && (length === 1 || (bytes[length - 2]! & 0x80) === 0))
    throw new ScriptFailure('SCRIPTNUM');
  let magnitude = BigInt(top & 0x7f);
  for (let i = length - 2; i >= 0; i--) magnitude = (magnitude << 8n) | BigInt(bytes[i]!);
  return top & 0x80 ? -magnitude : magnitude;
}

/** Any non-zero byte makes a value true, except the sign of a negative zero. */
export function isTrue(bytes: Uint8Array): boolean {
  const last = bytes.length - 1;
  for (let i = 0; i <= last; i++) if (bytes[i] !== 0) return i !== last || bytes[i] !== 0x80;
  return false;
}
