/** Numbers and comparisons. Operands have at most 4 bytes; results may have 5. */
import { equalBytes } from '../../encoding/bytes.ts';
import type { Machine, Operation } from '../machine.ts';
import { OP } from '../opcodes.ts';

const toNumber = (condition: boolean): bigint => (condition ? 1n : 0n);
const absolute = (a: bigint): bigint => (a < 0n ? -a : a);

/** a -- f(a) */
function unary(compute: (a: bigint) => bigint): Operation {
  return (machine) => {
    machine.need(1);
    const result = compute(machine.number(1));
    machine.pop();
    machine.pushNumber(result);
  };
}

/** a b -- f(a, b) */
function binary(compute: (a: bigint, b: bigint) => bigint): Operation {
  return (machine) => {
    machine.need(2);
    const result = compute(machine.number(2), machine.number(1));
    machine.stack.length -= 2;
    machine.pushNumber(result);
  };
}

const numEqual = binary((a, b) => toNumber(a === b));

/** x min max -- min <= x < max */
function within(machine: Machine): void {
  machine.need(3);
  const [x, min, max] = [machine.number(3), machine.number(2), machine.number(1)];
  machine.stack.length -= 3;
  machine.pushBoolean(min <= x && x < max);
}

/** a b -- equal byte for byte */
function equal(machine: Machine): void {
  machine.need(2);
  machine.pushBoolean(equalBytes(machine.pop(), machine.pop()));
}

/** a -- a size */
function size(machine: Machine): void {
  machine.need(1);
  machine.pushNumber(BigInt(machine.peek(1).length));
}

export const ARITHMETIC_OPERATIONS: readonly (readonly [number, Operation])[] = [
  [OP.SIZE, size],
  [OP.EQUAL, equal],
  [
    OP.EQUALVERIFY,
    (machine) => {
      equal(machine);
      machine.verifyTop('EQUALVERIFY');
    },
  ],
  [OP.OP_1ADD, unary((a) => a + 1n)],
  [OP.OP_1SUB, unary((a) => a - 1n)],
  [OP.NEGATE, unary((a) => -a)],
  [OP.ABS, unary(absolute)],
  [OP.NOT, unary((a) => toNumber(a === 0n))],
  [OP.OP_0NOTEQUAL, unary((a) => toNumber(a !== 0n))],
  [OP.ADD, binary((a, b) => a + b)],
  [OP.SUB, binary((a, b) => a - b)],
  [OP.BOOLAND, binary((a, b) => toNumber(a !== 0n && b !== 0n))],
  [OP.BOOLOR, binary((a, b) => toNumber(a !== 0n || b !== 0n))],
  [OP.NUMEQUAL, numEqual],
  [
    OP.NUMEQUALVERIFY,
    (machine) => {
      numEqual(machine);
      machine.verifyTop('NUMEQUALVERIFY');
    },
  ],
  [OP.NUMNOTEQUAL, binary((a, b) => toNumber(a !== b))],
  [OP.LESSTHAN, binary((a, b) => toNumber(a < b))],
  [OP.GREATERTHAN, binary((a, b) => toNumber(a > b))],
  [OP.LESSTHANOREQUAL, binary((a, b) => toNumber(a <= b))],
  [OP.GREATERTHANOREQUAL, binary((a, b) => toNumber(a >= b))],
  [OP.MIN, binary((a, b) => (a < b ? a : b))],
  [OP.MAX, binary((a, b) => (a > b ? a : b))],
  [OP.WITHIN, within],
];
