/** BIP32 key paths as text. A step is a uint32, hardened ones with the top bit set. */
import { toHex } from '../../core/encoding/bytes.ts';
import { DescriptorError } from './descriptor-error.ts';

export const HARDENED = 0x80000000;

/** Where a key came from: the first 4 bytes of the master key's hash160, and the steps from there. */
export interface KeyOrigin {
  readonly fingerprint: Uint8Array;
  readonly path: readonly number[];
}

/** One step, hardened by ' or h. @throws DescriptorError */
export function parseStep(text: string): number {
  const hardened = /['h]$/.test(text);
  const digits = hardened ? text.slice(0, -1) : text;
  const value = /^[0-9]+$/.test(digits) ? BigInt(digits) : -1n;
  if (value < 0n || value > 0xffffffffn)
    throw new DescriptorError(`Key path value '${text}' is not a valid uint32`);
  if (value >= HARDENED) throw new DescriptorError(`Key path value ${value} is out of range`);
  return Number(value) + (hardened ? HARDENED : 0);
}

/** A path like `m/84'/0h/5`, as Core's ParseHDKeypath reads it. @throws DescriptorError */
export function parseKeyPath(text: string): number[] {
  if (text === 'm') return [];
  const steps = text.replace(/^m\//, '').replace(/\/$/, '');
  return steps === '' ? [] : steps.split('/').map(parseStep);
}

/** `/1/2h`: each step with its slash. */
export function formatSteps(path: readonly number[], marker: "'" | 'h' = 'h'): string {
  return path.map((step) => (step >= HARDENED ? `/${step - HARDENED}${marker}` : `/${step}`)).join('');
}

export function formatOrigin(origin: KeyOrigin, marker: "'" | 'h' = 'h'): string {
  return `${toHex(origin.fingerprint)}${formatSteps(origin.path, marker)}`;
}
