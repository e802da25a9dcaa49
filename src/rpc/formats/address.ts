/** What an output script tells about its address (Core's DescribeAddress). */
import { toHex } from '../../core/encoding/bytes.ts';
import { isPayToScriptHash, isWitnessProgram } from '../../core/script/script.ts';
import type { JsonWritable } from '../json.ts';
import { result } from '../result.ts';

/** Fields that validateaddress and getaddressinfo share. */
export function describeScript(script: Uint8Array): { readonly [key: string]: JsonWritable } {
  const witness = isWitnessProgram(script);
  if (witness === null) return { isscript: isPayToScriptHash(script), iswitness: false };
  const { version, program } = witness;
  const fields = { iswitness: true, witness_version: version, witness_program: toHex(program) };
  // Of a program of a later version nobody can say whether it is a script.
  const known = (version === 0 && program.length <= 32) || (version === 1 && program.length === 32);
  const isAnchor = version === 1 && toHex(program) === '4e73';
  return known || isAnchor ? { isscript: program.length === 32 || isAnchor, ...fields } : fields;
}

export const describeScriptResult = [
  result.boolean('isscript', 'If the key is a script', { optional: true }),
  result.boolean('iswitness', 'If the address is a witness address'),
  result.number('witness_version', 'The version number of the witness program', { optional: true }),
  result.hex('witness_program', 'The hex value of the witness program', { optional: true }),
];
