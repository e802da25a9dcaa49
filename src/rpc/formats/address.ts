/** What an output script tells about its address (Core's DescribeAddress). */
import { toHex } from '../../core/encoding/bytes.ts';
import { isPayToScriptHash, isWitnessProgram } from '../../core/script/script.ts';
import * as t from '../schema.ts';

/** Fields that validateaddress and getaddressinfo share. */
export function describeScript(script: Uint8Array) {
  const witness = isWitnessProgram(script);
  if (witness === null) return { isscript: isPayToScriptHash(script), iswitness: false };
  const { version, program } = witness;
  const fields = { iswitness: true, witness_version: version, witness_program: toHex(program) };
  // Of a program of a later version nobody can say whether it is a script.
  const known = (version === 0 && program.length <= 32) || (version === 1 && program.length === 32);
  const isAnchor = version === 1 && toHex(program) === '4e73';
  return known || isAnchor ? { isscript: program.length === 32 || isAnchor, ...fields } : fields;
}

export const scriptDescription = {
  isscript: t.optional(t.boolean('Pays to a script; absent where nobody can tell')),
  iswitness: t.boolean(),
  witness_version: t.optional(t.integer()),
  witness_program: t.optional(t.hex()),
};
