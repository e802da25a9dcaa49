/** Runs one script on a stack, operation by operation, in Bitcoin Core's order of checks. */
import { MAX_SCRIPT_SIZE } from '../transaction/transaction.ts';
import { ScriptFailure } from './errors.ts';
import { ScriptFlag } from './flags.ts';
import type { SignatureChecker } from './machine.ts';
import {
  MAX_OPS_PER_SCRIPT,
  MAX_STACK_SIZE,
  Machine,
  type Operation,
  type SigVersion,
  type TapscriptContext,
} from './machine.ts';
import { OP } from './opcodes.ts';
import { ARITHMETIC_OPERATIONS } from './operations/arithmetic.ts';
import { CONTROL_OPERATIONS } from './operations/control.ts';
import { SIGNATURE_OPERATIONS } from './operations/signatures.ts';
import { STACK_OPERATIONS } from './operations/stack.ts';
import { isMinimalPush, MAX_SCRIPT_ELEMENT_SIZE } from './script.ts';

/** By opcode. The pushes have no entry, nor has what fails when it is executed: reserved and unknown opcodes. */
const OPERATIONS: readonly (Operation | undefined)[] = (() => {
  const table = new Array<Operation | undefined>(256).fill(undefined);
  const groups = [CONTROL_OPERATIONS, STACK_OPERATIONS, ARITHMETIC_OPERATIONS, SIGNATURE_OPERATIONS];
  for (const [opcode, operation] of groups.flat()) table[opcode] = operation;
  return Object.freeze(table);
})();

/** What OP_1NEGATE to OP_16 push, by opcode. */
const SMALL_NUMBERS: readonly Uint8Array[] = Array.from({ length: OP.OP_16 + 1 }, (_, opcode) =>
  Uint8Array.of(opcode === OP.OP_1NEGATE ? 0x81 : opcode - OP.OP_1 + 1),
);

/** Fail even where they are not executed (CVE-2010-5137). */
const DISABLED: ReadonlySet<number> = new Set([
  OP.CAT,
  OP.SUBSTR,
  OP.LEFT,
  OP.RIGHT,
  OP.INVERT,
  OP.AND,
  OP.OR,
  OP.XOR,
  OP.OP_2MUL,
  OP.OP_2DIV,
  OP.MUL,
  OP.DIV,
  OP.MOD,
  OP.LSHIFT,
  OP.RSHIFT,
]);

/**
 * Runs the script to its end; what it leaves on the stack is for the caller to judge.
 * @param stack is changed in place
 * @throws ScriptFailure
 */
export function evalScript(
  stack: Uint8Array[],
  script: Uint8Array,
  flags: number,
  checker: SignatureChecker,
  sigVersion: SigVersion,
  tapscript: TapscriptContext | null = null,
): void {
  // BIP342 lifts the limits on script size and operations: weight and its budget bound tapscripts.
  const limited = sigVersion !== 'tapscript';
  if (limited && script.length > MAX_SCRIPT_SIZE) throw new ScriptFailure('SCRIPT_SIZE');
  const machine = new Machine(stack, script, flags, sigVersion, checker, tapscript);
  const { cursor } = machine;
  for (; cursor.next(); machine.operationIndex++) {
    const { opcode, data } = cursor;
    checker.observe?.(machine);
    if (data !== null && data.length > MAX_SCRIPT_ELEMENT_SIZE) machine.fail('PUSH_SIZE');
    // OP_RESERVED is below OP_16 and does not count.
    if (limited && opcode > OP.OP_16 && ++machine.opCount > MAX_OPS_PER_SCRIPT) machine.fail('OP_COUNT');
    if (opcode >= OP.CAT && DISABLED.has(opcode)) machine.fail('DISABLED_OPCODE');
    if (opcode === OP.CODESEPARATOR && sigVersion === 'base' && flags & ScriptFlag.CONST_SCRIPTCODE)
      machine.fail('OP_CODESEPARATOR');

    if (machine.skipping === 0 || (opcode >= OP.IF && opcode <= OP.ENDIF)) execute(machine, opcode, data);
    if (stack.length + machine.altStack.length > MAX_STACK_SIZE) machine.fail('STACK_SIZE');
  }
  checker.observe?.(machine);
  if (cursor.malformed) machine.fail('BAD_OPCODE');
  if (machine.conditions.length > 0) machine.fail('UNBALANCED_CONDITIONAL');
}

function execute(machine: Machine, opcode: number, data: Uint8Array | null): void {
  if (data !== null) {
    if (machine.flags & ScriptFlag.MINIMALDATA && !isMinimalPush(data, opcode)) machine.fail('MINIMALDATA');
    machine.push(data);
  } else if (opcode <= OP.OP_16 && opcode !== OP.RESERVED) machine.push(SMALL_NUMBERS[opcode]!);
  else {
    const operation = OPERATIONS[opcode];
    // VERIF and VERNOTIF come here even in a branch that is not taken.
    if (operation === undefined) machine.fail('BAD_OPCODE');
    operation(machine);
  }
}
