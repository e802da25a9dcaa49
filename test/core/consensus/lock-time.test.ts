import { describe, expect, it } from 'vitest';
import { checkSequenceLocks, isFinal, sequenceLocks } from '../../../src/core/consensus/lock-time.ts';
import { REGTEST } from '../../../src/core/parameters/presets.ts';
import {
  LOCK_TIME_THRESHOLD,
  NULL_OUTPOINT,
  SEQUENCE_DISABLE,
  SEQUENCE_TIME,
  type Transaction,
} from '../../../src/core/transaction/transaction.ts';
import { output, transaction } from '../../support/chain-builder.ts';
import { ListedHeader } from '../../support/header-link.ts';

const tx = (sequences: number[], lockTime = 0, version = 2): Transaction =>
  transaction(
    sequences.map((sequence) => ({ prevout: NULL_OUTPOINT, sequence })),
    [output(0n)],
    { lockTime, version },
  );

describe('isFinal', () => {
  it('compares a lock time below the threshold with the height', () => {
    expect(isFinal(tx([0], 0), 1, 0)).toBe(true);
    expect(isFinal(tx([0], 99), 100, 0)).toBe(true);
    expect(isFinal(tx([0], 100), 100, LOCK_TIME_THRESHOLD * 3)).toBe(false);
    expect(isFinal(tx([0], LOCK_TIME_THRESHOLD - 1), LOCK_TIME_THRESHOLD, 0)).toBe(true);
  });

  it('compares one from the threshold on with the time', () => {
    expect(LOCK_TIME_THRESHOLD).toBe(500_000_000);
    expect(isFinal(tx([0], LOCK_TIME_THRESHOLD), 1, LOCK_TIME_THRESHOLD + 1)).toBe(true);
    expect(isFinal(tx([0], LOCK_TIME_THRESHOLD), LOCK_TIME_THRESHOLD + 1, LOCK_TIME_THRESHOLD)).toBe(false);
  });

  it('does not matter if every input is final', () => {
    expect(isFinal(tx([0xffffffff, 0xffffffff], 100), 100, 0)).toBe(true);
    expect(isFinal(tx([0xffffffff, 0xfffffffe], 100), 100, 0)).toBe(false);
  });
});

describe('relative locks (BIP68)', () => {
  // Every block is 600 s after its parent, so the median is of five blocks before.
  let tip = ListedHeader.genesis(REGTEST);
  while (tip.height < 40) tip = tip.child({ time: tip.header.time + 600 });
  const start = REGTEST.genesis.time;
  const medianAt = (height: number): number => start + Math.max(0, height - 5) * 600;

  it('count blocks from the coin', () => {
    expect(sequenceLocks(tx([5]), [{ height: 10 }], tip)).toEqual({ height: 14, time: -1 });
    expect(sequenceLocks(tx([0]), [{ height: 0 }], tip)).toEqual({ height: -1, time: -1 });
    expect(sequenceLocks(tx([0xffff]), [{ height: 1 }], tip)).toEqual({ height: 65_535, time: -1 });
  });

  it('count 512 seconds from the median time before the coin', () => {
    expect(sequenceLocks(tx([SEQUENCE_TIME | 3]), [{ height: 20 }], tip)).toEqual({
      height: -1,
      time: medianAt(19) + 3 * 512 - 1,
    });
    expect(sequenceLocks(tx([SEQUENCE_TIME | 1]), [{ height: 0 }], tip).time).toBe(medianAt(0) + 511);
    expect(sequenceLocks(tx([SEQUENCE_TIME | 0xffff]), [{ height: 20 }], tip).time).toBe(
      medianAt(19) + 0xffff * 512 - 1,
    );
  });

  it('take the latest of all inputs, whichever comes first', () => {
    const coins = [{ height: 10 }, { height: 20 }, { height: 15 }];
    expect(sequenceLocks(tx([5, 2, 1]), coins, tip)).toEqual({ height: 21, time: -1 });
    const times = [SEQUENCE_TIME | 1, SEQUENCE_TIME | 2, SEQUENCE_TIME | 1].map((sequence) => sequence);
    expect(sequenceLocks(tx(times), coins, tip).time).toBe(medianAt(19) + 2 * 512 - 1);
    expect(sequenceLocks(tx([SEQUENCE_TIME, 7]), [{ height: 20 }, { height: 3 }], tip)).toEqual({
      height: 9,
      time: medianAt(19) - 1,
    });
  });

  it('leave out inputs that are not locked, and transactions of version 1', () => {
    expect(sequenceLocks(tx([SEQUENCE_DISABLE | 5, 1]), [{ height: 10 }, { height: 3 }], tip)).toEqual({
      height: 3,
      time: -1,
    });
    expect(sequenceLocks(tx([5], 0, 1), [{ height: 10 }], tip)).toEqual({ height: -1, time: -1 });
    expect(sequenceLocks(tx([5], 0, 0xffffffff), [{ height: 10 }], tip).height).toBe(14);
  });

  it('have passed when both the height and the median time are later', () => {
    const check = (height: number, time: number): boolean => checkSequenceLocks({ height, time }, tip);
    expect(check(-1, -1)).toBe(true);
    expect(check(40, tip.medianTimePast - 1)).toBe(true);
    expect(check(41, tip.medianTimePast - 1)).toBe(false);
    expect(check(40, tip.medianTimePast)).toBe(false);
  });
});
