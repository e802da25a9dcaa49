import { describe, expect, it } from 'vitest';
import { isAssumedValid } from '../../src/chain/assume-valid.ts';
import { HeaderEntry, rowOf } from '../../src/chain/header-entry.ts';
import { BlockHeader } from '../../src/core/block/header.ts';

function grow(from: HeaderEntry | null, count: number, nonce = 0): HeaderEntry[] {
  const entries: HeaderEntry[] = [];
  for (let parent = from; entries.length < count; parent = entries.at(-1)!) {
    const header = BlockHeader.from({
      ...{ version: 1, merkleRoot: new Uint8Array(32), time: 1000, bits: 0x207fffff, nonce },
      prevHash: parent?.hashBytes ?? new Uint8Array(32),
    });
    entries.push(new HeaderEntry({ page: 0, bytes: rowOf(header.hashBytes, header.bytes), at: 0 }, parent));
  }
  return entries;
}

/** A block every ten minutes: two weeks are 2016 blocks. */
const limits = { minimumChainWork: 0n, targetSpacing: 600 };

describe('assumeValid', () => {
  const chain = grow(null, 3000);
  const [assumed, best] = [chain[500]!, chain[2999]!];

  it('covers the assumed block and its ancestors, if they are buried', () => {
    expect(isAssumedValid(chain[100]!, assumed, best, limits)).toBe(true);
    expect(isAssumedValid(assumed, assumed, best, limits)).toBe(true);
    expect(isAssumedValid(chain[501]!, assumed, best, limits)).toBe(false);
  });

  it('covers nothing under less than two weeks of work', () => {
    expect(isAssumedValid(chain[100]!, assumed, chain[100 + 2016]!, limits)).toBe(false);
    expect(isAssumedValid(chain[100]!, assumed, chain[100 + 2017]!, limits)).toBe(true);
  });

  it('covers nothing on another branch, or if the best header is on one', () => {
    const branch = grow(chain[50]!, 200, 1);
    expect(isAssumedValid(branch[10]!, assumed, best, limits)).toBe(false);
    expect(isAssumedValid(chain[100]!, assumed, grow(chain[50]!, 5000, 2).at(-1)!, limits)).toBe(false);
    expect(isAssumedValid(chain[10]!, assumed, chain[400]!, limits)).toBe(false);
  });

  it('covers nothing while its header is unknown, or the chain promises too little work', () => {
    expect(isAssumedValid(chain[100]!, undefined, best, limits)).toBe(false);
    const { chainWork } = best;
    expect(isAssumedValid(chain[100]!, assumed, best, { ...limits, minimumChainWork: chainWork })).toBe(true);
    expect(isAssumedValid(chain[100]!, assumed, best, { ...limits, minimumChainWork: chainWork + 1n })).toBe(
      false,
    );
  });
});
