import { describe, expect, it } from 'vitest';
import { Block } from '../../../src/core/block/block.ts';
import {
  commitmentScript,
  committedHash,
  witnessCommitment,
  witnessCommitmentIndex,
  witnessMerkleRoot,
} from '../../../src/core/consensus/commitment.ts';
import { concatBytes, fromHex, toHex } from '../../../src/core/encoding/bytes.ts';
import { hash256 } from '../../../src/core/encoding/hashes.ts';
import { ChainBuilder, output, transaction } from '../../support/chain-builder.ts';

const hash = new Uint8Array(32).fill(7);

/** A block whose coinbase has outputs with these scripts. */
const blockWith = (...scripts: string[]): Block => {
  const { header } = new ChainBuilder().block();
  return Block.from(header, [
    transaction(
      [],
      scripts.map((script) => output(0n, fromHex(script))),
    ),
  ]);
};

describe('witness commitments', () => {
  const commitment = toHex(commitmentScript(hash));

  it('are 38 bytes, or more', () => {
    expect(commitment).toBe(`6a24aa21a9ed${'07'.repeat(32)}`);
    expect(committedHash(fromHex(`${commitment}ffff`))).toEqual(hash);
    expect(witnessCommitmentIndex(blockWith('51', commitment))).toBe(1);
    expect(witnessCommitmentIndex(blockWith(`${commitment}ff`))).toBe(0);
  });

  it('are looked for from the last output on', () => {
    expect(witnessCommitmentIndex(blockWith(commitment, '51', commitment, '51'))).toBe(2);
  });

  it('are not what is shorter, or begins otherwise', () => {
    expect(witnessCommitmentIndex(blockWith(commitment.slice(0, -2)))).toBe(-1);
    for (let at = 0; at < 6; at++) {
      const bytes = fromHex(commitment);
      bytes[at]! ^= 1;
      expect(witnessCommitmentIndex(blockWith(toHex(bytes)))).toBe(-1);
    }
    expect(witnessCommitmentIndex(blockWith())).toBe(-1);
    expect(witnessCommitmentIndex(Block.from(blockWith().header, []))).toBe(-1);
  });

  it('are to the wtxids and the reserved value', () => {
    const tx = transaction([], [output(1n)]);
    const root = hash256(concatBytes(new Uint8Array(32), tx.wtxidBytes));
    expect(witnessMerkleRoot([tx, tx])).toEqual(root);
    expect(witnessCommitment([tx, tx], hash)).toEqual(hash256(concatBytes(root, hash)));
  });
});
