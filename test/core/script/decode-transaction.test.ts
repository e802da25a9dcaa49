import { expect, test } from 'vitest';
import { toHex } from '../../../src/core/encoding/bytes.ts';
import { ANY_FORM, decodeTransaction } from '../../../src/core/script/decode-transaction.ts';
import { Transaction } from '../../../src/core/transaction/transaction.ts';

/** A transaction of so many bytes. */
function sized(bytes: number): string {
  const make = (length: number): Transaction =>
    Transaction.from({
      version: 2,
      inputs: [
        {
          prevout: { txid: new Uint8Array(32).fill(1), vout: 0 },
          ...{ scriptSig: new Uint8Array(), sequence: 0, witness: [] },
        },
      ],
      outputs: [{ value: 1n, scriptPubKey: new Uint8Array(length) }],
      lockTime: 0,
    });
  return toHex(make(bytes - (make(70_000).bytes.length - 70_000)).bytes);
}

test('what is larger than any block is not read, whoever asks', () => {
  const [largest, larger] = [sized(4_000_000), sized(4_000_001)];
  expect([largest.length, larger.length]).toEqual([8_000_000, 8_000_002]);
  expect(decodeTransaction(largest, ANY_FORM)?.outputs).toHaveLength(1);
  expect(decodeTransaction(larger, ANY_FORM)).toBeNull();
});
