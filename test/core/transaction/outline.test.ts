/** Passing over a transaction finds what decoding it finds, and fails where that fails. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DecodeError } from '../../../src/core/encoding/errors.ts';
import { Reader } from '../../../src/core/encoding/reader.ts';
import { readOutline, txidsOf } from '../../../src/core/transaction/outline.ts';
import { Transaction } from '../../../src/core/transaction/transaction.ts';

const bytes = (maxLength: number) => fc.uint8Array({ maxLength });
const transaction = fc.record({
  version: fc.nat(),
  inputs: fc.array(
    fc.record({
      prevout: fc.record({ txid: fc.uint8Array({ minLength: 32, maxLength: 32 }), vout: fc.nat() }),
      scriptSig: bytes(300),
      sequence: fc.nat(),
      witness: fc.oneof(fc.constant([]), fc.array(bytes(80), { maxLength: 4 })),
    }),
    { maxLength: 4 },
  ),
  outputs: fc.array(
    fc.record({ value: fc.bigInt({ min: 0n, max: 21n * 10n ** 14n }), scriptPubKey: bytes(300) }),
    { maxLength: 4 },
  ),
  lockTime: fc.nat(),
});

interface Found {
  readonly end: number;
  readonly bytes: Uint8Array;
  readonly hasWitness: boolean;
  readonly strippedSize: number;
  readonly txid: Uint8Array;
}

/** What was found, or the message of the error. */
function attempt(data: Uint8Array, find: (reader: Reader) => Omit<Found, 'end'>): Found | string {
  const reader = new Reader(data);
  try {
    return { ...find(reader), end: reader.position };
  } catch (error) {
    if (error instanceof DecodeError) return error.message;
    throw error;
  }
}

function decoded(reader: Reader): Omit<Found, 'end'> {
  const tx = Transaction.read(reader);
  const { hasWitness, strippedSize, txidBytes } = tx;
  return { bytes: tx.bytes, hasWitness, strippedSize, txid: txidBytes };
}

function passedOver(reader: Reader): Omit<Found, 'end'> {
  const outline = readOutline(reader);
  return { ...outline, txid: txidsOf([outline]) };
}

test('agrees with the decoded transaction, whole, damaged, cut short, or followed by more', () => {
  const outcomes = { found: 0, failed: 0 };
  fc.assert(
    fc.property(
      transaction,
      fc.array(fc.tuple(fc.nat({ max: 60 }), fc.nat({ max: 255 })), { maxLength: 1 }),
      fc.integer({ min: -10, max: 10 }),
      (fields, changes, more) => {
        const { bytes: whole } = Transaction.from(fields);
        const data = new Uint8Array(Math.max(0, whole.length + (changes.length === 0 ? more : 0)));
        data.set(whole.subarray(0, data.length));
        for (const [at, value] of changes) if (at < data.length) data[at] = value;
        const expected = attempt(data, decoded);
        outcomes[typeof expected === 'string' ? 'failed' : 'found']++;
        expect(attempt(data, passedOver)).toEqual(expected);
      },
    ),
    { numRuns: 3_000, seed: 1 },
  );
  // Of the seed's cases.
  expect(Math.min(outcomes.found, outcomes.failed)).toBeGreaterThan(500);
});
