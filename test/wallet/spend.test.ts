import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { decodeAddress } from '../../src/core/script/address.ts';
import { dustThreshold } from '../../src/core/script/standard.ts';
import { COIN } from '../../src/core/transaction/amount.ts';
import { feeAt, satPerKvB } from '../../src/core/transaction/fee-rate.ts';
import { listCoins } from '../../src/wallet/coins.ts';
import { signWithWallet } from '../../src/wallet/solving.ts';
import { planTransaction } from '../../src/wallet/spend.ts';
import type { Wallet } from '../../src/wallet/wallet.ts';
import { openTestWallets, pay, type TestWallets } from '../support/wallets.ts';

const TYPES = ['legacy', 'p2sh-segwit', 'bech32', 'bech32m'] as const;

let wallets: TestWallets;
let alice: Wallet;
let bob: Wallet;

beforeAll(async () => {
  wallets = await openTestWallets();
  alice = await wallets.manager.create('alice');
  bob = await wallets.manager.create('bob');
  await wallets.fund(alice, 2);
  // Coins of every kind and of many sizes, one of them too small to be worth spending.
  const values = [600n, 10_000n, 77_777n, 1_000_000n, 123_456_789n, COIN];
  for (const [i, value] of values.entries())
    for (const type of TYPES) await pay(alice, bob.newAddress(type), value + BigInt(i));
  await wallets.pool.mine();
});

describe('a planned transaction', () => {
  test('pays exactly, at the rate asked for, without dust', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.bigInt(1_000n, 4n * COIN),
        fc.bigInt(1_000n, 200_000n).map(satPerKvB),
        fc.constantFrom(...TYPES),
        fc.boolean(),
        async (value, feeRate, type, subtractFee) => {
          const script = decodeAddress(alice.newAddress(type), REGTEST);
          let plan: ReturnType<typeof planTransaction>;
          try {
            plan = planTransaction(bob, { recipients: [{ script, value, subtractFee }], feeRate });
          } catch (error) {
            expect((error as Error).message).toMatch(/Insufficient funds|too small|Fee exceeds maximum/);
            return;
          }
          const { tx, errors } = await signWithWallet(bob, plan.tx, plan.spent);
          expect(errors.size).toBe(0);
          const spent = plan.spent.reduce((sum, output) => sum + output.value, 0n);
          const paid = tx.outputs.reduce((sum, output) => sum + output.value, 0n);
          expect(spent - paid).toBe(plan.fee);
          expect(plan.fee >= feeAt(feeRate, tx.virtualSize)).toBe(true);
          for (const output of tx.outputs)
            expect(output.value >= dustThreshold(output.scriptPubKey)).toBe(true);
          const [recipient] = tx.outputs.filter((_, i) => i !== plan.changePosition);
          if (!subtractFee) expect(recipient!.value).toBe(value);
          else if (plan.changePosition >= 0) expect(recipient!.value).toBe(value - plan.fee);
          else expect(recipient!.value <= value).toBe(true);
          // With change nothing is given away: the fee fits the size to within what signatures vary.
          if (plan.changePosition >= 0)
            expect(plan.fee <= feeAt(feeRate, tx.virtualSize + 2 * tx.inputs.length)).toBe(true);
        },
      ),
      { numRuns: 25 },
    );
  });

  test('is refused in words that say why', () => {
    const script = decodeAddress(alice.newAddress(), REGTEST);
    const plan =
      (value: bigint, more = {}) =>
      () =>
        planTransaction(bob, {
          recipients: [{ script, value, subtractFee: false }],
          feeRate: satPerKvB(1000n),
          ...more,
        });
    expect(plan(100n * COIN)).toThrow('Insufficient funds');
    expect(plan(10n)).toThrow('Transaction amount too small');
    expect(plan(COIN, { recipients: [] })).toThrow('Transaction must have at least one recipient');
    expect(plan(COIN, { feeRate: satPerKvB(100_000_000n) })).toThrow(
      /Fee exceeds maximum|Insufficient funds/,
    );
    const [coin] = listCoins(bob).filter(({ output }) => output.value < 50_000n);
    const inputs = [{ outpoint: coin!.outpoint }];
    expect(plan(COIN, { inputs, addInputs: false })).toThrow(
      'The preselected coins total amount does not cover',
    );
  });

  test('takes the inputs it was given, and its change goes where it should', () => {
    const [first] = listCoins(bob).filter(({ output }) => output.value > 90_000_000n);
    const script = decodeAddress(alice.newAddress(), REGTEST);
    const changeScript = decodeAddress(bob.newAddress('legacy'), REGTEST);
    const { tx, changePosition } = planTransaction(bob, {
      recipients: [{ script, value: COIN / 2n, subtractFee: false }],
      feeRate: satPerKvB(1000n),
      inputs: [{ outpoint: first!.outpoint, given: { sequence: 7 } }],
      changeScript,
      changePosition: 1,
    });
    expect(tx.inputs).toHaveLength(1);
    expect(tx.inputs[0]).toMatchObject({ sequence: 7, prevout: first!.outpoint });
    expect(changePosition).toBe(1);
    expect(tx.outputs[1]!.scriptPubKey).toEqual(changeScript);
  });

  test('locks itself to the tip, unless the tip is old', () => {
    const { pool } = wallets;
    const script = decodeAddress(alice.newAddress(), REGTEST);
    const plan = () =>
      planTransaction(bob, {
        recipients: [{ script, value: COIN, subtractFee: false }],
        feeRate: satPerKvB(1000n),
      }).tx.lockTime;
    const now = pool.clock.time;
    const { height } = pool.chain;
    expect(plan()).toBeGreaterThan(height - 100);
    pool.clock.time += 9 * 3_600_000;
    expect(plan()).toBe(0);
    pool.clock.time = now;
  });
});
