/** The assembly language of Bitcoin Core's test vectors ("ParseScript"). */
import { concatBytes, fromHex } from '../../src/core/encoding/bytes.ts';
import { OP } from '../../src/core/script/opcodes.ts';
import { pushData, pushNumber } from '../../src/core/script/script.ts';

const OPCODES: ReadonlyMap<string, number> = (() => {
  const opcodes = new Map<string, number>([
    ['NOP2', OP.CHECKLOCKTIMEVERIFY],
    ['NOP3', OP.CHECKSEQUENCEVERIFY],
  ]);
  for (const [name, opcode] of Object.entries(OP))
    if (opcode === OP.RESERVED || (opcode >= OP.NOP && opcode <= OP.NOP10))
      opcodes.set(name.replace(/^OP_/, ''), opcode);
  return opcodes;
})();

export function parseAssembly(text: string): Uint8Array {
  const words = text.split(/[ \t\n]+/).filter((word) => word !== '');
  return concatBytes(...words.map(parseWord));
}

function parseWord(word: string): Uint8Array {
  if (/^-?\d+$/.test(word)) return pushNumber(BigInt(word));
  if (word.startsWith('0x')) return fromHex(word.slice(2));
  if (word.startsWith("'")) return pushData(new TextEncoder().encode(word.slice(1, -1)));
  const opcode = OPCODES.get(word.replace(/^OP_/, ''));
  if (opcode === undefined) throw new Error(`unknown word ${word}`);
  return Uint8Array.of(opcode);
}
