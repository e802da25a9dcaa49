/** Every opcode and limit of the interpreter, in Core's assembly language. Signatures have their own file. */
import { describe, expect, test } from 'vitest';
import { parseAssembly } from '../../../scripts/conformance/assembly.ts';
import { toHex } from '../../../src/core/encoding/bytes.ts';
import { ScriptFailure } from '../../../src/core/script/errors.ts';
import { flagsFromNames } from '../../../src/core/script/flags.ts';
import { evalScript } from '../../../src/core/script/interpreter.ts';
import type { SignatureChecker, SigVersion } from '../../../src/core/script/machine.ts';

/** Times are satisfied up to 100; signatures are never asked for here. */
const checker: SignatureChecker = {
  checkEcdsa: () => false,
  checkSchnorr: () => {},
  checkTweak: () => false,
  checkLockTime: (lockTime) => lockTime <= 100n,
  checkSequence: (sequence) => sequence <= 100n,
};

/** The stack that the script leaves, as hex from the bottom, or the name of its error. */
function run(script: string | Uint8Array, flags = '', sigVersion: SigVersion = 'base'): string {
  const stack: Uint8Array[] = [];
  const bytes = typeof script === 'string' ? parseAssembly(script) : script;
  const tapscript = { annexHash: null, leafHash: new Uint8Array(32), validationWeight: 0 };
  try {
    const set = flagsFromNames(flags.split(',').filter((name) => name !== ''));
    evalScript(stack, bytes, set, checker, sigVersion, sigVersion === 'tapscript' ? tapscript : null);
    return stack.map((item) => toHex(item) || '-').join(' ');
  } catch (error) {
    if (error instanceof ScriptFailure) return error.error;
    throw error;
  }
}

const repeat = (word: string, count: number): string => `${word} `.repeat(count);

/** Script, what it leaves; flags. */
const ROWS: Readonly<Record<string, readonly (readonly [string, string, string?])[]>> = {
  pushes: [
    ['0', '-'],
    ['1 16 -1', '01 10 81'],
    ['17 -17 127 128 255 256 -255', '11 91 7f 8000 ff00 0001 ff80'],
    ["'abc'", '616263'],
    ['0x4c 0x01 0x07', '07'],
    ['0x4d 0x0100 0x08', '08'],
    ['0x4e 0x01000000 0x09', '09'],
    ['0x02 0x01', 'BAD_OPCODE'],
    ['0x4c', 'BAD_OPCODE'],
    ['0x4c 0x02 0x01', 'BAD_OPCODE'],
    ['0x4d 0x01', 'BAD_OPCODE'],
    ['0x4e 0x010000', 'BAD_OPCODE'],
    ['0x4e 0xffffffff 0x01', 'BAD_OPCODE'],
    ['0x4c 0x01 0x07', 'MINIMALDATA', 'MINIMALDATA'],
    ['0x01 0x07', 'MINIMALDATA', 'MINIMALDATA'],
    ['0x01 0x81', 'MINIMALDATA', 'MINIMALDATA'],
    ['0x01 0x80', '80', 'MINIMALDATA'],
    ['0x4c 0x00', 'MINIMALDATA', 'MINIMALDATA'],
    ['0 IF 0x4c 0x01 0x07 ENDIF', '', 'MINIMALDATA'],
    ['RESERVED', 'BAD_OPCODE'],
    ['0 IF RESERVED ENDIF', ''],
  ],
  control: [
    ['NOP', ''],
    ['1 IF 2 ENDIF', '02'],
    ['0 IF 2 ENDIF', ''],
    ['1 IF 2 ELSE 3 ENDIF 0 IF 2 ELSE 3 ENDIF', '02 03'],
    ['1 NOTIF 2 ELSE 3 ENDIF 0 NOTIF 2 ELSE 3 ENDIF', '03 02'],
    ['1 IF 2 ELSE 3 ELSE 4 ENDIF', '02 04'],
    ['0 IF 1 IF 2 ELSE 3 ENDIF ELSE 4 ENDIF', '04'],
    ['1 IF 0 IF 2 ELSE 3 ENDIF ENDIF', '03'],
    ['0x01 0x80 IF 2 ENDIF', ''],
    ['0x02 0x0080 IF 2 ENDIF', ''],
    ['0x02 0x8000 IF 2 ENDIF', '02'],
    ['IF ENDIF', 'INVALID_STACK_OPERATION'],
    ['1 IF', 'UNBALANCED_CONDITIONAL'],
    ['ELSE', 'UNBALANCED_CONDITIONAL'],
    ['ENDIF', 'UNBALANCED_CONDITIONAL'],
    ['1 IF ENDIF ELSE', 'UNBALANCED_CONDITIONAL'],
    ['0 IF VERIF ENDIF', 'BAD_OPCODE'],
    ['0 IF VERNOTIF ENDIF', 'BAD_OPCODE'],
    ['0 IF VER ENDIF', ''],
    ['VER', 'BAD_OPCODE'],
    ['2 VERIFY 3', '03'],
    ['0 VERIFY', 'VERIFY'],
    ['VERIFY', 'INVALID_STACK_OPERATION'],
    ['1 RETURN', 'OP_RETURN'],
    ['0 IF RETURN ENDIF', ''],
    ['NOP1 NOP4 NOP5 NOP6 NOP7 NOP8 NOP9 NOP10', ''],
    ['NOP1', 'DISCOURAGE_UPGRADABLE_NOPS', 'DISCOURAGE_UPGRADABLE_NOPS'],
    ['NOP10', 'DISCOURAGE_UPGRADABLE_NOPS', 'DISCOURAGE_UPGRADABLE_NOPS'],
    ['CHECKLOCKTIMEVERIFY CHECKSEQUENCEVERIFY', '', 'DISCOURAGE_UPGRADABLE_NOPS'],
    ['0xba', 'BAD_OPCODE'],
    ['0xff', 'BAD_OPCODE'],
    ['0 IF 0xba 0xff ENDIF', ''],
    ['RESERVED1', 'BAD_OPCODE'],
    ['RESERVED2', 'BAD_OPCODE'],
  ],
  times: [
    ['100 CHECKLOCKTIMEVERIFY', '64', 'CHECKLOCKTIMEVERIFY'],
    ['101 CHECKLOCKTIMEVERIFY', 'UNSATISFIED_LOCKTIME', 'CHECKLOCKTIMEVERIFY'],
    ['-1 CHECKLOCKTIMEVERIFY', 'NEGATIVE_LOCKTIME', 'CHECKLOCKTIMEVERIFY'],
    ['CHECKLOCKTIMEVERIFY', 'INVALID_STACK_OPERATION', 'CHECKLOCKTIMEVERIFY'],
    ['0x05 0x0000000001 CHECKLOCKTIMEVERIFY', 'UNSATISFIED_LOCKTIME', 'CHECKLOCKTIMEVERIFY'],
    ['0x06 0x000000000000 CHECKLOCKTIMEVERIFY', 'SCRIPTNUM', 'CHECKLOCKTIMEVERIFY'],
    ['-1 CHECKLOCKTIMEVERIFY', '81'],
    ['100 CHECKSEQUENCEVERIFY', '64', 'CHECKSEQUENCEVERIFY'],
    ['101 CHECKSEQUENCEVERIFY', 'UNSATISFIED_LOCKTIME', 'CHECKSEQUENCEVERIFY'],
    ['-1 CHECKSEQUENCEVERIFY', 'NEGATIVE_LOCKTIME', 'CHECKSEQUENCEVERIFY'],
    ['2147483648 CHECKSEQUENCEVERIFY', '0000008000', 'CHECKSEQUENCEVERIFY'],
    ['CHECKSEQUENCEVERIFY', 'INVALID_STACK_OPERATION', 'CHECKSEQUENCEVERIFY'],
    ['0x06 0x000000000000 CHECKSEQUENCEVERIFY', 'SCRIPTNUM', 'CHECKSEQUENCEVERIFY'],
    ['101 CHECKSEQUENCEVERIFY', '65'],
  ],
  stack: [
    ['1 TOALTSTACK 2 FROMALTSTACK', '02 01'],
    ['TOALTSTACK', 'INVALID_STACK_OPERATION'],
    ['1 FROMALTSTACK', 'INVALID_ALTSTACK_OPERATION'],
    ['1 2 3 2DROP', '01'],
    ['1 2 2DUP', '01 02 01 02'],
    ['1 2 3 3DUP', '01 02 03 01 02 03'],
    ['1 2 3 4 2OVER', '01 02 03 04 01 02'],
    ['1 2 3 4 5 6 2ROT', '03 04 05 06 01 02'],
    ['1 2 3 4 2SWAP', '03 04 01 02'],
    ['0 IFDUP 2 IFDUP', '- 02 02'],
    ['DEPTH 5 DEPTH', '- 05 02'],
    ['1 2 DROP', '01'],
    ['3 DUP', '03 03'],
    ['1 2 NIP', '02'],
    ['1 2 OVER', '01 02 01'],
    ['1 2 3 2 PICK', '01 02 03 01'],
    ['1 2 3 0 PICK', '01 02 03 03'],
    ['1 2 3 2 ROLL', '02 03 01'],
    ['1 2 3 0 ROLL', '01 02 03'],
    ['1 2 3 ROT', '02 03 01'],
    ['1 2 SWAP', '02 01'],
    ['1 2 TUCK', '02 01 02'],
    ['1 2 2 PICK', 'INVALID_STACK_OPERATION'],
    ['1 2 -1 PICK', 'INVALID_STACK_OPERATION'],
    ['1 2 2 ROLL', 'INVALID_STACK_OPERATION'],
    ['1 2 -1 ROLL', 'INVALID_STACK_OPERATION'],
    ['0 PICK', 'INVALID_STACK_OPERATION'],
    ['0 ROLL', 'INVALID_STACK_OPERATION'],
    ['1 2DROP', 'INVALID_STACK_OPERATION'],
    ['1 2DUP', 'INVALID_STACK_OPERATION'],
    ['1 2 3DUP', 'INVALID_STACK_OPERATION'],
    ['1 2 3 2OVER', 'INVALID_STACK_OPERATION'],
    ['1 2 3 4 5 2ROT', 'INVALID_STACK_OPERATION'],
    ['1 2 3 2SWAP', 'INVALID_STACK_OPERATION'],
    ['IFDUP', 'INVALID_STACK_OPERATION'],
    ['DROP', 'INVALID_STACK_OPERATION'],
    ['DUP', 'INVALID_STACK_OPERATION'],
    ['1 NIP', 'INVALID_STACK_OPERATION'],
    ['1 OVER', 'INVALID_STACK_OPERATION'],
    ['1 2 ROT', 'INVALID_STACK_OPERATION'],
    ['1 SWAP', 'INVALID_STACK_OPERATION'],
    ['1 TUCK', 'INVALID_STACK_OPERATION'],
  ],
  comparison: [
    ["'abc' SIZE 0 SIZE", '616263 03 - -'],
    ['SIZE', 'INVALID_STACK_OPERATION'],
    ['1 1 EQUAL 1 2 EQUAL', '01 -'],
    ['0x01 0x00 0 EQUAL', '-'],
    ['1 EQUAL', 'INVALID_STACK_OPERATION'],
    ['1 1 EQUALVERIFY', ''],
    ['1 2 EQUALVERIFY', 'EQUALVERIFY'],
    ['1 EQUALVERIFY', 'INVALID_STACK_OPERATION'],
  ],
  arithmetic: [
    ['5 1ADD -1 1ADD', '06 -'],
    ['5 1SUB 0 1SUB', '04 81'],
    ['5 NEGATE -5 NEGATE 0 NEGATE', '85 05 -'],
    ['5 ABS -5 ABS 0 ABS', '05 05 -'],
    ['0 NOT 1 NOT 7 NOT', '01 - -'],
    ['0 0NOTEQUAL 7 0NOTEQUAL', '- 01'],
    ['5 3 ADD 5 3 SUB 3 5 SUB', '08 02 82'],
    ['2147483647 DUP ADD', 'feffffff00'],
    ['2147483647 1ADD 1ADD', 'SCRIPTNUM'],
    ['0 0 BOOLAND 0 1 BOOLAND 1 0 BOOLAND 1 2 BOOLAND', '- - - 01'],
    ['0 0 BOOLOR 0 1 BOOLOR 1 0 BOOLOR 1 2 BOOLOR', '- 01 01 01'],
    ['3 3 NUMEQUAL 3 4 NUMEQUAL 0x02 0x0300 3 NUMEQUAL', '01 - 01'],
    ['3 3 NUMEQUALVERIFY', ''],
    ['3 4 NUMEQUALVERIFY', 'NUMEQUALVERIFY'],
    ['3 3 NUMNOTEQUAL 3 4 NUMNOTEQUAL', '- 01'],
    ['1 2 LESSTHAN 2 2 LESSTHAN 3 2 LESSTHAN', '01 - -'],
    ['1 2 GREATERTHAN 2 2 GREATERTHAN 3 2 GREATERTHAN', '- - 01'],
    ['1 2 LESSTHANOREQUAL 2 2 LESSTHANOREQUAL 3 2 LESSTHANOREQUAL', '01 01 -'],
    ['1 2 GREATERTHANOREQUAL 2 2 GREATERTHANOREQUAL 3 2 GREATERTHANOREQUAL', '- 01 01'],
    ['1 2 MIN 2 1 MIN -1 1 MIN', '01 01 81'],
    ['1 2 MAX 2 1 MAX -1 1 MAX', '02 02 01'],
    ['0 1 3 WITHIN 1 1 3 WITHIN 2 1 3 WITHIN 3 1 3 WITHIN', '- 01 01 -'],
    ['1ADD', 'INVALID_STACK_OPERATION'],
    ['1 ADD', 'INVALID_STACK_OPERATION'],
    ['1 2 WITHIN', 'INVALID_STACK_OPERATION'],
    ['1 NUMEQUALVERIFY', 'INVALID_STACK_OPERATION'],
    ['0x05 0x0000000000 NOT', 'SCRIPTNUM'],
    ['0x02 0x0000 NOT', '01'],
    ['0x02 0x0000 NOT', 'SCRIPTNUM', 'MINIMALDATA'],
    ['0x02 0x8000 NEGATE', '8080', 'MINIMALDATA'],
    ['0x01 0x80 NOT', 'SCRIPTNUM', 'MINIMALDATA'],
  ],
  hashes: [
    ['0 RIPEMD160', '9c1185a5c5e9fc54612808977ee8f548b2258d31'],
    ['0 SHA1', 'da39a3ee5e6b4b0d3255bfef95601890afd80709'],
    ['0 SHA256', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['0 HASH160', 'b472a266d0bd89c13706a4132ccfb16f7c3b9fcb'],
    ['0 HASH256', '5df6e0e2761359d30a8275058e299fcc0381534545f55cf43e41983f5d4c9456'],
    ['RIPEMD160', 'INVALID_STACK_OPERATION'],
    ['SHA1', 'INVALID_STACK_OPERATION'],
    ['SHA256', 'INVALID_STACK_OPERATION'],
    ['HASH160', 'INVALID_STACK_OPERATION'],
    ['HASH256', 'INVALID_STACK_OPERATION'],
    ['CODESEPARATOR', ''],
    ['0 IF CODESEPARATOR ENDIF', 'OP_CODESEPARATOR', 'CONST_SCRIPTCODE'],
  ],
};

describe('the interpreter', () => {
  for (const [group, rows] of Object.entries(ROWS))
    for (const [script, expected, flags = ''] of rows)
      test(`${group}: ${script} -> ${expected} ${flags}`, () => {
        expect(run(script, flags)).toBe(expected);
      });

  const disabled = 'CAT SUBSTR LEFT RIGHT INVERT AND OR XOR 2MUL 2DIV MUL DIV MOD LSHIFT RSHIFT';
  test.each(disabled.split(' '))('%s is disabled, executed or not', (name: string) => {
    expect(run(`1 1 1 ${name}`)).toBe('DISABLED_OPCODE');
    expect(run(`0 IF ${name} ENDIF`)).toBe('DISABLED_OPCODE');
  });

  test('limits the size of scripts, except of tapscripts', () => {
    const long = new Uint8Array(10_001).fill(0x61);
    expect(run(long)).toBe('SCRIPT_SIZE');
    expect(run(long, '', 'witnessV0')).toBe('SCRIPT_SIZE');
    expect(run(long, '', 'tapscript')).toBe('');
    expect(run(long.subarray(1))).toBe('OP_COUNT');
  });

  test('limits operations, except of tapscripts', () => {
    expect(run(repeat('NOP', 201))).toBe('');
    expect(run(repeat('NOP', 202))).toBe('OP_COUNT');
    expect(run(`0 IF ${repeat('NOP', 200)} ENDIF`)).toBe('OP_COUNT');
    expect(run(repeat('NOP', 202), '', 'tapscript')).toBe('');
    expect(run(`${repeat('1', 300)} ${repeat('DROP', 201)}`).split(' ')).toHaveLength(99);
  });

  test('limits what is pushed', () => {
    const push = (size: number) => `0x4d 0x${size === 520 ? '0802' : '0902'} 0x${'00'.repeat(size)}`;
    expect(run(`${push(520)} SIZE NIP`)).toBe('0802');
    expect(run(push(521))).toBe('PUSH_SIZE');
    expect(run(`0 IF ${push(521)} ENDIF`)).toBe('PUSH_SIZE');
  });

  test('limits both stacks together', () => {
    expect(run(repeat('1', 1000)).split(' ')).toHaveLength(1000);
    expect(run(repeat('1', 1001))).toBe('STACK_SIZE');
    expect(run(`${repeat('1 TOALTSTACK', 100)} ${repeat('1', 900)}`).split(' ')).toHaveLength(900);
    expect(run(`${repeat('1 TOALTSTACK', 100)} ${repeat('1', 901)}`)).toBe('STACK_SIZE');
  });

  test('wants minimal conditions in tapscript, and by policy in witness version 0', () => {
    for (const [condition, minimal] of [
      ['1', true],
      ['0', true],
      ['2', false],
      ['0x01 0x00', false],
      ['0x02 0x0100', false],
    ] as const) {
      const script = `${condition} IF ENDIF ${condition} NOTIF ENDIF`;
      expect(run(script, 'MINIMALIF')).toBe('');
      expect(run(script, '', 'witnessV0')).toBe('');
      expect(run(script, 'MINIMALIF', 'witnessV0')).toBe(minimal ? '' : 'MINIMALIF');
      expect(run(script, '', 'tapscript')).toBe(minimal ? '' : 'TAPSCRIPT_MINIMALIF');
    }
  });

  test('counts the extra item of a multisig before it looks at keys or signatures', () => {
    const key = `0x41 0x04${'11'.repeat(64)}`;
    for (const [items, expected] of [
      ['0', 'INVALID_STACK_OPERATION'],
      ['0 0', 'WITNESS_PUBKEYTYPE'],
      ['0x01 0x30', 'INVALID_STACK_OPERATION'],
      ['0 0x01 0x30', 'SIG_DER'],
    ])
      for (const verify of ['', 'VERIFY'])
        expect(
          run(`${items} 1 ${key} 1 CHECKMULTISIG${verify}`, 'WITNESS_PUBKEYTYPE,DERSIG', 'witnessV0'),
        ).toBe(expected);
    expect(run('0 0 CHECKMULTISIG')).toBe('INVALID_STACK_OPERATION');
    expect(run('0 0 0 CHECKMULTISIG')).toBe('01');
  });

  test('allows code separators where the code that is signed is not searched', () => {
    expect(run('CODESEPARATOR', 'CONST_SCRIPTCODE', 'witnessV0')).toBe('');
    expect(run('CODESEPARATOR', 'CONST_SCRIPTCODE', 'tapscript')).toBe('');
  });
});
