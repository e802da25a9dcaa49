/** Scripts as text for people: Bitcoin Core's `asm`. */
import { toHex } from '../encoding/bytes.ts';
import { OP, opcodeName } from './opcodes.ts';
import { isUnspendable, ScriptCursor } from './script.ts';
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

function signatureText(data: Uint8Array): string {
  const type = isStandardSignature(data) ? sighashName(data[data.length - 1]!) : undefined;
  return type === undefined ? toHex(data) : `${toHex(data.subarray(0, -1))}[${type}]`;
}
