/** When a transaction may be in a block: absolute lock times, and relative ones (BIP68). */
import type { Coin } from '../transaction/coin.ts';
import {
  LOCK_TIME_THRESHOLD,
  SEQUENCE_DISABLE,
  SEQUENCE_FINAL,
  SEQUENCE_MASK,
  SEQUENCE_TIME,
  type Transaction,
} from '../transaction/transaction.ts';
import type { HeaderLink } from './header-link.ts';

const SEQUENCE_GRANULARITY = 512;

/**
 * @param height of the block the transaction would be in: 1 or more, so that lock time 0 has passed.
 * @param time seconds: the parent's median time past (BIP113), before BIP113 the block's own time.
 */
export function isFinal(tx: Transaction, height: number, time: number): boolean {
  if (tx.lockTime < (tx.lockTime < LOCK_TIME_THRESHOLD ? height : time)) return true;
  return tx.inputs.every((input) => input.sequence === SEQUENCE_FINAL);
}

/** The last height and the last median time at which a transaction may not yet be in a block; -1 is none. */
interface SequenceLocks {
  readonly height: number;
  readonly time: number;
}

/**
 * BIP68.
 * @param coins what each input spends; for an unconfirmed one the height at which it would be created.
 * @param parent of the block that the transaction would be in.
 */
export function sequenceLocks(
  tx: Transaction,
  coins: readonly Pick<Coin, 'height'>[],
  parent: HeaderLink,
): SequenceLocks {
  let height = -1;
  let time = -1;
  if (tx.version < 2) return { height, time };
  for (let i = 0; i < tx.inputs.length; i++) {
    const { sequence } = tx.inputs[i]!;
    if ((sequence & SEQUENCE_DISABLE) !== 0) continue;
    const created = coins[i]!.height;
    const value = sequence & SEQUENCE_MASK;
    // One is taken off, because a lock names the last block or time that is too early.
    if ((sequence & SEQUENCE_TIME) !== 0) {
      // Counted from the median time before the block that created the coin.
      const start = parent.ancestor(Math.max(created - 1, 0)).medianTimePast;
      time = Math.max(time, start + value * SEQUENCE_GRANULARITY - 1);
    } else height = Math.max(height, created + value - 1);
  }
  return { height, time };
}

/** May a transaction with these locks be in the block after `parent`? */
export function checkSequenceLocks(locks: SequenceLocks, parent: HeaderLink): boolean {
  return locks.height < parent.height + 1 && locks.time < parent.medianTimePast;
}
