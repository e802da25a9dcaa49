/** Transactions that spend drawn locks, as they should be and spoilt. */
import { concatBytes } from '../../src/core/encoding/bytes.ts';
import { OP } from '../../src/core/script/opcodes.ts';
import { script } from '../../src/core/script/script.ts';
import { SighashContext } from '../../src/core/script/sighash.ts';
import {
  type OutPoint,
  SEQUENCE_FINAL,
  Transaction,
  type TxIn,
  type TxOut,
} from '../../src/core/transaction/transaction.ts';
import type { Draw } from './draw.ts';
import { anyoneCanSpend, drawLock, type Lock, scriptSigOf, type Unlock } from './locks.ts';
import type { Now } from './programs.ts';

export interface LockedCoin {
  readonly lock: Lock;
  readonly outpoint: OutPoint;
  readonly output: TxOut;
}

interface Fields {
  version: number;
  inputs: TxIn[];
  outputs: TxOut[];
  lockTime: number;
}

function drawSequence(draw: Draw): number {
  return draw.weighted([
    [14, () => SEQUENCE_FINAL - 1],
    [4, () => SEQUENCE_FINAL],
    [2, () => draw.between(0, 2)],
    [1, () => (1 << 22) | draw.between(0, 3)],
    [1, () => draw.one([0xffff, 0x7fffffff, 0x80000000, 0x80000001, SEQUENCE_FINAL - 2])],
  ])();
}

function drawOutput(draw: Draw, value: bigint, now: Now): TxOut {
  return draw.weighted<() => TxOut>([
    [20, () => ({ value, scriptPubKey: anyoneCanSpend })],
    [4, () => ({ value, scriptPubKey: drawLock(draw, now).scriptPubKey })],
    [1, () => ({ value: 0n, scriptPubKey: script(OP.RETURN, draw.bytes(draw.one([0, 20, 80, 83]))) })],
    [
      1,
      () => ({
        value: BigInt(draw.one([0, 1, 239, 240, 293, 294, 329, 330, 545, 546])),
        scriptPubKey: anyoneCanSpend,
      }),
    ],
    [1, () => ({ value, scriptPubKey: draw.bytes(draw.below(40)) })],
    // Signature operations to the brim.
    [
      draw.once(8) ? 1 : 0,
      () => ({
        value,
        scriptPubKey: new Uint8Array(draw.one([199, 201, 3_999, 4_001])).fill(
          draw.one([OP.CHECKSIG, OP.CHECKMULTISIG]),
        ),
      }),
    ],
  ])();
}

function drawFields(draw: Draw, coins: readonly LockedCoin[], now: Now): Fields {
  const total = coins.reduce((sum, { output }) => sum + output.value, 0n);
  const fee = BigInt(
    draw.weighted([
      [12, 5_000],
      [1, 0],
      [1, draw.between(1, 200)],
      [1, 40_000],
    ]),
  );
  const count = draw.weighted([
    [6, 1],
    [3, 2],
    [1, 3],
  ]);
  const share = (total - fee) / BigInt(count);
  return {
    version: draw.weighted([
      [12, 2],
      [3, 1],
      [1, 3],
      [1, draw.one([0, 4, -1])],
    ]),
    inputs: coins.map(({ outpoint }) => ({
      prevout: outpoint,
      scriptSig: new Uint8Array(),
      sequence: drawSequence(draw),
      witness: [],
    })),
    outputs: draw.list(count, () => drawOutput(draw, share > 0n ? share : 1n, now)),
    lockTime: draw.weighted([
      [8, 0],
      [3, now.height],
      [
        1,
        draw.one([
          1,
          now.height + 1,
          now.height - 1,
          now.time,
          now.time - 1,
          now.time + 1,
          499_999_999,
          0xffffffff,
        ]),
      ],
    ]),
  };
}

/** A spend of some of the coins, whose signatures were made for it. */
export class Signed {
  readonly coins: readonly LockedCoin[];
  readonly #fields: Fields;
  readonly #unlocks: readonly Unlock[];

  constructor(draw: Draw, all: readonly LockedCoin[], now: Now) {
    const count = draw.weighted([
      [7, 1],
      [3, 2],
      [1, 3],
    ]);
    const coins = new Set<LockedCoin>();
    while (coins.size < count) coins.add(draw.one(all));
    this.coins = [...coins];
    this.#fields = drawFields(draw, this.coins, now);
    const context = new SighashContext(
      Transaction.from(this.#fields),
      this.coins.map(({ output }) => output),
    );
    this.#unlocks = this.coins.map(({ lock }, index) => lock.unlock(draw, context, index));
  }

  /** As it was signed. */
  plain(draw: Draw): Transaction {
    return this.#with(draw, this.#unlocks, this.#fields);
  }

  /** With an item or a field changed, or more. */
  spoilt(draw: Draw): Transaction {
    const unlocks = this.#unlocks.map((unlock) => ({ ...unlock }));
    const fields = { ...this.#fields, inputs: [...this.#fields.inputs], outputs: [...this.#fields.outputs] };
    for (let changes = draw.between(1, 2); changes > 0; changes--) {
      const at = draw.below(unlocks.length);
      const unlock = unlocks[at]!;
      draw.weighted<() => void>([
        [
          unlock.witness.length > 0 ? 10 : 1,
          () => Object.assign(unlock, { witness: changedItems(draw, unlock.witness) }),
        ],
        // What a native program needs no push for fails alike, whatever is pushed.
        [
          unlock.pushes.length > 0 ? 10 : 1,
          () => Object.assign(unlock, { pushes: changedItems(draw, unlock.pushes) }),
        ],
        [3, () => changeField(draw, fields)],
      ])();
    }
    return this.#with(draw, unlocks, fields);
  }

  #with(draw: Draw, unlocks: readonly Unlock[], fields: Fields): Transaction {
    const inputs = fields.inputs.map((input, i) => {
      const unlock = unlocks[i];
      if (unlock === undefined) return input;
      return { ...input, scriptSig: scriptSigOf(draw, unlock.pushes), witness: unlock.witness };
    });
    return Transaction.from({ ...fields, inputs });
  }
}

function changedItems(draw: Draw, items: readonly Uint8Array[]): readonly Uint8Array[] {
  const list = [...items];
  const at = draw.below(list.length + 1);
  const item = list[at] ?? new Uint8Array();
  draw.weighted<() => void>([
    [6, () => list.splice(at, 1, changedBytes(draw, item))],
    [2, () => list.splice(at, 1)],
    [2, () => list.splice(at, 0, draw.bytes(draw.one([0, 1, 1, 20, 32, 33, 71, 80, 81, 521])))],
    [1, () => list.splice(at, 0, item)],
    [1, () => list.splice(at, 1, new Uint8Array())],
    [1, () => list.splice(at, 1, Uint8Array.of(draw.one([0, 1, 2, 0x80, 0x81])))],
    [1, () => list.reverse()],
    [1, () => list.splice(0, list.length)],
    [1, () => list.push(...draw.list(draw.one([1, 99, 101]), () => new Uint8Array()))],
  ])();
  return list;
}

export function changedBytes(draw: Draw, bytes: Uint8Array): Uint8Array {
  const at = draw.below(bytes.length + 1);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  return draw.weighted<() => Uint8Array>([
    [5, () => concatBytes(before, Uint8Array.of((after[0] ?? 0) ^ (1 << draw.below(8))), after.subarray(1))],
    [2, () => concatBytes(before, Uint8Array.of(draw.below(256)), after.subarray(1))],
    [1, () => concatBytes(before, draw.bytes(draw.between(1, 3)), after)],
    [1, () => concatBytes(before, after.subarray(draw.between(1, 3)))],
    [1, () => before],
  ])();
}

function changeField(draw: Draw, fields: Fields): void {
  const { inputs, outputs } = fields;
  const at = draw.below(Math.max(1, inputs.length));
  const out = draw.below(Math.max(1, outputs.length));
  const input = inputs[at];
  const output = outputs[out];
  draw.one<() => void>([
    () => Object.assign(fields, { version: draw.one([-1, 0, 1, 2, 3, 4, 0x7fffffff]) }),
    () => Object.assign(fields, { lockTime: draw.one([0, 1, 100, 499_999_999, 500_000_000, 0xffffffff]) }),
    () => input && inputs.splice(at, 1, { ...input, sequence: drawSequence(draw) }),
    () =>
      input &&
      inputs.splice(at, 1, {
        ...input,
        prevout: { ...input.prevout, vout: draw.one([0, 1, 5_000, 0xffffffff]) },
      }),
    () => input && inputs.push(input),
    () => inputs.reverse(),
    () => inputs.splice(at, 1),
    () =>
      output &&
      outputs.splice(out, 1, {
        ...output,
        value: draw.one([
          0n,
          1n,
          -1n,
          200_000n,
          2_100_000_000_000_000n,
          2_100_000_000_000_001n,
          (1n << 63n) - 1n,
        ]),
      }),
    () => output && outputs.splice(out, 1, { ...output, scriptPubKey: draw.bytes(draw.below(50)) }),
    () =>
      output &&
      outputs.push(
        ...draw.list(draw.between(1, 3), () => ({ ...output, value: draw.one([0n, 1n, 329n, 330n]) })),
      ),
    () => outputs.splice(out, 1),
  ])();
}
