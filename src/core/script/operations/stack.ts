/** Moving items about. Each line shows the stack before and after, its top on the right. */
import type { Machine, Operation } from '../machine.ts';
import { OP } from '../opcodes.ts';

/** Pushes again the item at this depth. */
function copy(machine: Machine, depth: number): void {
  machine.push(machine.peek(depth));
}

/** Brings the item at this depth to the top. */
function raise(machine: Machine, depth: number): void {
  machine.stack.push(...machine.stack.splice(machine.stack.length - depth, 1));
}

/** An operation that needs `count` items. */
function withItems(count: number, operate: Operation): Operation {
  return (machine) => {
    machine.need(count);
    operate(machine);
  };
}

/** x(n) ... x1 x0 n -- x(n) ... x1 x0 x(n), or without the old x(n) */
function pickOrRoll(machine: Machine, take: (machine: Machine, depth: number) => void): void {
  const n = Number(machine.number(1));
  machine.pop();
  if (n < 0 || n >= machine.stack.length) machine.fail('INVALID_STACK_OPERATION');
  take(machine, n + 1);
}

export const STACK_OPERATIONS: readonly (readonly [number, Operation])[] = [
  [OP.TOALTSTACK, withItems(1, (machine) => machine.altStack.push(machine.pop()))],
  [
    OP.FROMALTSTACK,
    (machine: Machine) => {
      const item = machine.altStack.pop();
      if (item === undefined) machine.fail('INVALID_ALTSTACK_OPERATION');
      machine.push(item);
    },
  ],
  // a b --
  [OP.OP_2DROP, withItems(2, (machine) => machine.stack.splice(-2))],
  // a b -- a b a b
  [OP.OP_2DUP, withItems(2, (machine) => machine.stack.push(...machine.stack.slice(-2)))],
  // a b c -- a b c a b c
  [OP.OP_3DUP, withItems(3, (machine) => machine.stack.push(...machine.stack.slice(-3)))],
  // a b c d -- a b c d a b
  [OP.OP_2OVER, withItems(4, (machine) => machine.stack.push(...machine.stack.slice(-4, -2)))],
  // a b c d e f -- c d e f a b
  [OP.OP_2ROT, withItems(6, (machine) => machine.stack.push(...machine.stack.splice(-6, 2)))],
  // a b c d -- c d a b
  [OP.OP_2SWAP, withItems(4, (machine) => machine.stack.push(...machine.stack.splice(-4, 2)))],
  // a -- a a, if a is true
  [OP.IFDUP, withItems(1, (machine) => machine.boolean(1) && copy(machine, 1))],
  // -- number of items
  [OP.DEPTH, (machine) => machine.pushNumber(BigInt(machine.stack.length))],
  // a --
  [OP.DROP, withItems(1, (machine) => machine.pop())],
  // a -- a a
  [OP.DUP, withItems(1, (machine) => copy(machine, 1))],
  // a b -- b
  [OP.NIP, withItems(2, (machine) => machine.stack.splice(-2, 1))],
  // a b -- a b a
  [OP.OVER, withItems(2, (machine) => copy(machine, 2))],
  [OP.PICK, withItems(2, (machine) => pickOrRoll(machine, copy))],
  [OP.ROLL, withItems(2, (machine) => pickOrRoll(machine, raise))],
  // a b c -- b c a
  [OP.ROT, withItems(3, (machine) => raise(machine, 3))],
  // a b -- b a
  [OP.SWAP, withItems(2, (machine) => raise(machine, 2))],
  // a b -- b a b
  [OP.TUCK, withItems(2, (machine) => machine.stack.splice(-2, 0, machine.peek(1)))],
];
