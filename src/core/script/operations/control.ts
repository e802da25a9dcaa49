/** Control flow, and the operations that look at the transaction's times. */
import { SEQUENCE_DISABLE } from '../../transaction/transaction.ts';
import { ScriptFlag } from '../flags.ts';
import type { Machine, Operation } from '../machine.ts';
import { OP } from '../opcodes.ts';

/** Bytes that a time operand may have: 5, as uint32 times do not fit in 4 bytes with a sign. */
const TIME_SIZE = 5;

function beginIf(machine: Machine, negate: boolean): void {
  let taken = false;
  if (machine.skipping === 0) {
    machine.need(1);
    checkMinimalIf(machine, machine.peek(1));
    taken = machine.boolean(1) !== negate;
    machine.pop();
  }
  machine.pushCondition(taken);
}

/** The condition must be exactly empty or 01: a rule in tapscript (BIP342), policy in witness version 0. */
function checkMinimalIf(machine: Machine, condition: Uint8Array): void {
  const minimal = condition.length === 0 || (condition.length === 1 && condition[0] === 1);
  if (minimal || machine.sigVersion === 'base') return;
  if (machine.sigVersion === 'tapscript') machine.fail('TAPSCRIPT_MINIMALIF');
  if (machine.flags & ScriptFlag.MINIMALIF) machine.fail('MINIMALIF');
}

function reservedNop(machine: Machine): void {
  if (machine.flags & ScriptFlag.DISCOURAGE_UPGRADABLE_NOPS) machine.fail('DISCOURAGE_UPGRADABLE_NOPS');
}

/** BIP65. The operand stays on the stack, so that nodes that know it as NOP2 agree. */
function checkLockTimeVerify(machine: Machine): void {
  if (!(machine.flags & ScriptFlag.CHECKLOCKTIMEVERIFY)) return;
  machine.need(1);
  const lockTime = machine.number(1, TIME_SIZE);
  if (lockTime < 0n) machine.fail('NEGATIVE_LOCKTIME');
  if (!machine.checker.checkLockTime(lockTime)) machine.fail('UNSATISFIED_LOCKTIME');
}

/** BIP112. The operand stays on the stack, as with NOP3. */
function checkSequenceVerify(machine: Machine): void {
  if (!(machine.flags & ScriptFlag.CHECKSEQUENCEVERIFY)) return;
  machine.need(1);
  const sequence = machine.number(1, TIME_SIZE);
  if (sequence < 0n) machine.fail('NEGATIVE_LOCKTIME');
  if ((sequence & BigInt(SEQUENCE_DISABLE)) !== 0n) return;
  if (!machine.checker.checkSequence(sequence)) machine.fail('UNSATISFIED_LOCKTIME');
}

export const CONTROL_OPERATIONS: readonly (readonly [number, Operation])[] = [
  [OP.NOP, () => {}],
  [OP.IF, (machine) => beginIf(machine, false)],
  [OP.NOTIF, (machine) => beginIf(machine, true)],
  [OP.ELSE, (machine) => machine.pushCondition(!machine.popCondition())],
  [OP.ENDIF, (machine) => void machine.popCondition()],
  [
    OP.VERIFY,
    (machine) => {
      machine.need(1);
      machine.verifyTop('VERIFY');
    },
  ],
  [OP.RETURN, (machine) => machine.fail('OP_RETURN')],

  [OP.NOP1, reservedNop],
  [OP.CHECKLOCKTIMEVERIFY, checkLockTimeVerify],
  [OP.CHECKSEQUENCEVERIFY, checkSequenceVerify],
  [OP.NOP4, reservedNop],
  [OP.NOP5, reservedNop],
  [OP.NOP6, reservedNop],
  [OP.NOP7, reservedNop],
  [OP.NOP8, reservedNop],
  [OP.NOP9, reservedNop],
  [OP.NOP10, reservedNop],
];
