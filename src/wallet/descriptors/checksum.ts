/** BIP380 checksums: eight characters that catch typing errors in descriptors. */
import { CHARSET } from '../../core/encoding/bech32.ts';
import { DescriptorError } from './descriptor-error.ts';

const INPUT =
  '0123456789()[],\'/*abcdefgh@:$%{}IJKLMNOPQRSTUVWXYZ&+-.;<=>?!^_|~ijklmnopqrstuvwxyzABCDEFGH`#"\\ ';
const GENERATOR = [0xf5dee51989n, 0xa9fdca3312n, 0x1bab10e32dn, 0x3706b1677an, 0x644d626ffdn] as const;
// The 40-bit state in two halves of 20 bits: RPCs show a descriptor with every output of a block, and
// numbers are a hundred times faster here than bigints. Tables say what the five bits that leave it do.
const feedback = (part: (word: bigint) => bigint): Int32Array =>
  Int32Array.from({ length: 32 }, (_, top) =>
    Number(GENERATOR.reduce((sum, word, i) => ((top >> i) & 1 ? sum ^ part(word) : sum), 0n)),
  );
const FEEDBACK_HIGH = feedback((word) => word >> 20n);
const FEEDBACK_LOW = feedback((word) => word & 0xfffffn);

/** Position in INPUT by character code; -1 for what no descriptor may have. */
const POSITION = Int8Array.from({ length: 128 }, (_, code) => INPUT.indexOf(String.fromCharCode(code)));

class State {
  high = 0;
  low = 1;

  add(value: number): void {
    const top = this.high >> 15;
    this.high = (((this.high & 0x7fff) << 5) | (this.low >> 15)) ^ FEEDBACK_HIGH[top]!;
    this.low = ((this.low & 0x7fff) << 5) ^ value ^ FEEDBACK_LOW[top]!;
  }

  /** Eight characters of five bits. */
  toString(): string {
    const low = this.low ^ 1;
    let text = '';
    for (const half of [this.high, low])
      for (let shift = 15; shift >= 0; shift -= 5) text += CHARSET[(half >> shift) & 31];
    return text;
  }
}

/** Eight characters, or null if the text has a character that no descriptor may have. */
function descriptorChecksum(text: string): string | null {
  const state = new State();
  let group = 0;
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const position = POSITION[text.charCodeAt(i)] ?? -1;
    if (position < 0) return null;
    state.add(position & 31);
    group = group * 3 + (position >> 5);
    if (++count === 3) {
      state.add(group);
      group = 0;
      count = 0;
    }
  }
  if (count > 0) state.add(group);
  for (let i = 0; i < 8; i++) state.add(0);
  return state.toString();
}

export function withChecksum(text: string): string {
  return `${text}#${descriptorChecksum(text)}`;
}

/** Characters: ten times what a thousand keys take. */
const LONGEST = 2_000_000;

/** The descriptor without its checksum, and the right checksum. @throws DescriptorError */
export function splitChecksum(text: string, required: boolean): { payload: string; checksum: string } {
  if (text.length > LONGEST) throw new DescriptorError(`${text.length} characters are too many`);
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
