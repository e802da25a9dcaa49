import { expect, test } from 'vitest';
import { CoinTally } from '../../src/chain/coin-tally.ts';

const outpoint = (range: number, vout = 0) => {
  const txid = new Uint8Array(32);
  txid[0] = range >>> 6;
  txid[1] = (range & 63) << 2;
  return { txid, vout };
};

test.each([0, 1, 2, 300, 10_900, 16_384])(
  'a tally of %i ranges comes back from no more than it needs',
  (ranges) => {
    const tally = new CoinTally();
    for (let range = 0; range < ranges; range++) tally.add(outpoint(16_383 - range));
    const bytes = tally.encode();
    expect(bytes.length).toBe(Math.min(65_536, 6 * Math.min(16_384, Math.max(1, ranges + 1))));
    expect(CoinTally.decode(bytes)?.equals(tally)).toBe(true);
    for (let range = 0; range < ranges; range++) tally.remove(outpoint(16_383 - range));
    expect(tally.encode()).toEqual(new Uint8Array(6));
  },
);

test.each([
  ['of no whole entry', new Uint8Array(11)],
  ['of a range that there is not', Uint8Array.of(0, 64, 1, 0, 0, 0)],
])('a tally %s is none', (_, bytes) => {
  expect(CoinTally.decode(bytes)).toBeUndefined();
});
