import { describe, expect, it } from 'vitest';
import { checkTransaction } from '../../../src/core/consensus/check-transaction.ts';
import { output, reasonOf, transaction } from '../../support/chain-builder.ts';

describe('a transaction by itself', () => {
  const input = { prevout: { txid: new Uint8Array(32).fill(1), vout: 0 } };
  /** A transaction of so many bytes without its witness. */
  const sized = (size: number, witness: readonly Uint8Array[] = []) => {
    const around = transaction([input], [output(0n, new Uint8Array(100_000))]).bytes.length - 100_000;
    return transaction([{ ...input, witness }], [output(0n, new Uint8Array(size - around))]);
  };

  // In a block the block's own limit is met first.
  it('has at most 1,000,000 bytes without its witness', () => {
    const reason = (size: number, witness?: readonly Uint8Array[]): string | null =>
      reasonOf(() => checkTransaction(sized(size, witness)));
    expect(sized(1_000_000).bytes).toHaveLength(1_000_000);
    expect(reason(1_000_000)).toBeNull();
    expect(reason(1_000_001)).toBe('bad-txns-oversize');
    expect(reason(1_000_000, [new Uint8Array(100_000)])).toBeNull();
  });

  it('is judged in time however its outpoints were made up', () => {
    // Equal in the bytes by which maps of outpoints tell them apart; nothing says that they exist.
    const inputs = Array.from({ length: 24_000 }, (_, i) => {
      const txid = new Uint8Array(32);
      new DataView(txid.buffer).setUint32(16, i);
      return { prevout: { txid, vout: 0 } };
    });
    const reason = (spent: typeof inputs): string | null =>
      reasonOf(() => checkTransaction(transaction(spent, [output(0n)])));
    expect(reason(inputs)).toBeNull();
    expect(reason([...inputs, inputs[12_345]!])).toBe('bad-txns-inputs-duplicate');
  }, 5_000);
});
