/** Witness programs by themselves, whose scripts are not run because they only push: as if they were. */
import { expect, test } from 'vitest';
import { EMPTY } from '../../../src/core/encoding/bytes.ts';
import { MANDATORY_FLAGS, ScriptFlag } from '../../../src/core/script/flags.ts';
import { evalScript } from '../../../src/core/script/interpreter.ts';
import { OP } from '../../../src/core/script/opcodes.ts';
import { pushData } from '../../../src/core/script/script.ts';
import { isTrue } from '../../../src/core/script/script-number.ts';
import type { SignatureChecker } from '../../../src/core/script/signature-checker.ts';
import { verifyScript } from '../../../src/core/script/verify.ts';

const checker = {} as SignatureChecker;

test('a program that is false fails, as its script would', () => {
  for (const last of [0, 0x80, 1, 0x81])
    for (let version = 0; version <= 16; version++)
      for (const length of [2, 20, 32, 33, 40]) {
        const program = new Uint8Array(length);
        program[length - 1] = last;
        const opcode = version === 0 ? OP.OP_0 : OP.OP_1 - 1 + version;
        const script = Uint8Array.of(opcode, ...pushData(program));
        const stack: Uint8Array[] = [];
        evalScript(stack, script, MANDATORY_FLAGS | ScriptFlag.MINIMALDATA, checker, 'base');
        const ran = isTrue(stack.at(-1)!);
        const verdict = verifyScript(EMPTY, script, [], MANDATORY_FLAGS | ScriptFlag.MINIMALDATA, checker);
        expect(verdict === 'EVAL_FALSE', `${version} ${length} ${last}`).toBe(!ran);
      }
});
