/** BIP380 checksums: eight characters that catch typing errors in descriptors. */
import { DescriptorError } from './descriptor-error.ts';

const INPUT =
  '0123456789()[],\'/*abcdefgh@:$%{}IJKLMNOPQRSTUVWXYZ&+-.;<=>?!^_|~ijklmnopqrstuvwxyzABCDEFGH`#"\\ ';
const OUTPUT = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const GENERATOR = [0xf5dee51989n, 0xa9fdca3312n, 0x1bab10e32dn, 0x3706b1677an, 0x644d626ffdn] as const;

function step(state: bigint, value: number): bigint {
  const top = state >> 35n;
  let next = ((state & 0x7ffffffffn) << 5n) ^ BigInt(value);
  for (let i = 0; i < 5; i++) if ((top >> BigInt(i)) & 1n) next ^= GENERATOR[i]!;
  return next;
}

/** Eight characters, or null if the text has a character that no descriptor may have. */
export function descriptorChecksum(text: string): string | null {
  let state = 1n;
  let group = 0;
  let count = 0;
  for (const character of text) {
    const position = INPUT.indexOf(character);
    if (position < 0) return null;
    state = step(state, position & 31);
    group = group * 3 + (position >> 5);
    if (++count === 3) {
      state = step(state, group);
      group = 0;
      count = 0;
    }
  }
  if (count > 0) state = step(state, group);
  for (let i = 0; i < 8; i++) state = step(state, 0);
  state ^= 1n;
  let checksum = '';
  for (let i = 0; i < 8; i++) checksum += OUTPUT[Number((state >> BigInt(5 * (7 - i))) & 31n)];
  return checksum;
}

export function withChecksum(text: string): string {
  return `${text}#${descriptorChecksum(text)}`;
}

/** The descriptor without its checksum, and the right checksum. @throws DescriptorError */
export function splitChecksum(text: string, required: boolean): { payload: string; checksum: string } {
  const [payload, given, ...more] = text.split('#');
  if (more.length > 0) throw new DescriptorError("Multiple '#' symbols");
  if (given === undefined && required) throw new DescriptorError('Missing checksum');
  if (given !== undefined && given.length !== 8)
    throw new DescriptorError(`Expected 8 character checksum, not ${given.length} characters`);
  const checksum = descriptorChecksum(payload!);
  if (checksum === null) throw new DescriptorError('Invalid characters in payload');
  if (given !== undefined && given !== checksum)
    throw new DescriptorError(`Provided checksum '${given}' does not match computed checksum '${checksum}'`);
  return { payload: payload!, checksum };
}
