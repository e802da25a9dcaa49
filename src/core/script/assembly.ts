/** Scripts as text for people: Bitcoin Core's `asm`. */
import { concatBytes, fromHex, isHex, toHex } from '../encoding/bytes.ts';
import { OP, opcodeName } from './opcodes.ts';
import { isUnspendable, pushMinimal, pushNumber, ScriptCursor } from './script.ts';
import { decodeScriptNumber } from './script-number.ts';
import { sighashName } from './sighash-type.ts';
import { isStandardSignature } from './signature-encoding.ts';

/**
 * Core's ScriptToAsmStr: pushes of up to 4 bytes as numbers, longer ones as hex.
 * @param decodeSighash show the hash type of what looks like a signature, as in scriptSigs.
 */
export function toAssembly(script: Uint8Array, decodeSighash = false): string {
  let text = '';
  const cursor = new ScriptCursor(script);
  // Data after OP_RETURN may look like a signature by chance.
  const mayHoldSignatures = decodeSighash && !isUnspendable(script);
  while (cursor.next()) {
    const { opcode, data } = cursor;
    if (text !== '') text += ' ';
    if (opcode > OP.PUSHDATA4 || data === null) text += opcodeName(opcode);
    else if (data.length <= 4) text += decodeScriptNumber(data, false);
    else text += mayHoldSignatures ? signatureText(data) : toHex(data);
  }
  if (!cursor.malformed) return text;
  return text === '' ? '[error]' : `${text} [error]`;
}

const OPCODES: ReadonlyMap<string, number> = new Map(
  Object.values(OP).flatMap((opcode) => [
    [opcodeName(opcode), opcode],
    [`OP_${opcodeName(opcode).replace(/^-1$/, '1NEGATE')}`, opcode],
  ]),
);

/**
 * The way back: names of opcodes, numbers of up to four bytes, and hex of what is pushed, which `0x` tells from a
 * number; pushes are the shortest.
 * @throws RangeError that names a word which is none of them
 */
export function fromAssembly(text: string): Uint8Array {
  const parts = text.split(/\s+/).filter((word) => word !== '');
  return concatBytes(
    ...parts.map((word) => {
      const opcode = OPCODES.get(word.toUpperCase());
      if (opcode !== undefined && !/^\d/.test(word)) return Uint8Array.of(opcode);
      if (/^-?\d{1,10}$/.test(word) && Math.abs(Number(word)) < 2 ** 31) return pushNumber(Number(word));
      const digits = word.replace(/^0x/i, '');
      if (digits !== '' && isHex(digits)) return pushMinimal(fromHex(digits));
      throw new RangeError(`${word} is no opcode, number or hex`);
    }),
  );
}

function signatureText(data: Uint8Array): string {
  const type = isStandardSignature(data) ? sighashName(data[data.length - 1]!) : undefined;
  return type === undefined ? toHex(data) : `${toHex(data.subarray(0, -1))}[${type}]`;
}
