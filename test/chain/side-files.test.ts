import { describe, expect, it } from 'vitest';
import { sealed, sealedJson, unsealed, unsealedJson } from '../../src/chain/side-files.ts';
import { CorruptionError } from '../../src/chain/storage.ts';
import { utf8 } from '../../src/core/encoding/bytes.ts';

/** What is read back, or 'refused'. */
function outcome<T>(read: () => T): T | 'refused' {
  try {
    return read();
  } catch (error) {
    expect(error).toBeInstanceOf(CorruptionError);
    expect((error as Error).message).toMatch(/^file is damaged/);
    return 'refused';
  }
}

/** The file with one bit flipped, for each of them. */
function* flips(bytes: Uint8Array): Generator<readonly [number, Uint8Array]> {
  for (let at = 0; at < 8 * bytes.length; at++) {
    const flipped = bytes.slice();
    flipped[at >> 3]! ^= 1 << (at & 7);
    yield [at >> 3, flipped];
  }
}

describe('a sealed file', () => {
  const content = Uint8Array.from({ length: 50 }, (_, i) => i);

  it('is refused with any bit of its content flipped, and taken without a seal', () => {
    expect(unsealed('file', sealed(content))).toEqual(content);
    expect(unsealed('file', content)).toEqual(content);
    for (const [at, flipped] of flips(sealed(content))) {
      const found = outcome(() => unsealed('file', flipped));
      if (at < content.length) expect(found).toBe('refused');
      // A seal that is no seal any more: the content is as it was.
      else if (found !== 'refused') expect(found.subarray(0, content.length)).toEqual(content);
    }
  });
});

describe('sealed JSON', () => {
  const content = { banned_nets: [{ subnet: '192.0.2.1/32', until: 1_900_000_000 }], Ä: null };

  it('is the same content or refused, whatever bit flips; who edits it by hand leaves the checksum out', () => {
    expect(unsealedJson('file', sealedJson(content))).toEqual(content);
    expect(unsealedJson('file', utf8('{"wallet": ["alice"]}'))).toEqual({ wallet: ['alice'] });
    let refused = 0;
    for (const [, flipped] of flips(sealedJson(content))) {
      const found = outcome(() => unsealedJson('file', flipped));
      if (found === 'refused') refused++;
      else expect(found).toMatchObject(content);
    }
    expect(refused).toBeGreaterThan(500);
    for (const text of ['', '[]', 'null', '{', '7'])
      expect(outcome(() => unsealedJson('file', utf8(text)))).toBe('refused');
  });
});
