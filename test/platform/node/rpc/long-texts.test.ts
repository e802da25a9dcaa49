/** Long bodies are read in pieces, as if they were read at once. */
import { isUtf8 } from 'node:buffer';
import { expect, test } from 'vitest';
import { payloadOf, textOf } from '../../../../src/platform/node/rpc/long-texts.ts';

const PIECE = 1 << 22;
const around = (middle: Buffer, before: number): Buffer =>
  Buffer.concat([Buffer.alloc(PIECE - before, 'a'), middle, Buffer.alloc(10, 'b')]);

test.each(['é', '€', '😀', '\ufeff'])('%s is whole wherever a piece ends in it', async (character) => {
  const bytes = Buffer.from(character);
  for (let before = 0; before <= bytes.length; before++) {
    const body = around(bytes, before);
    expect((await textOf(body)) === body.toString()).toBe(true);
  }
});

test.each(['80', 'c3', 'e282', 'f09f98', '80808080', 'eda080', 'f4908080', 'c080'])(
  'bytes %s are no text wherever a piece ends in them',
  async (hex) => {
    const bytes = Buffer.from(hex, 'hex');
    for (let before = 0; before <= bytes.length; before++) {
      const body = around(bytes, before);
      expect(isUtf8(body)).toBe(false);
      expect(await textOf(body)).toBe(null);
    }
  },
);

test('everything else gets its turn between two pieces', async () => {
  let turns = 0;
  let isRead = false;
  const reading = textOf(Buffer.from('é'.repeat(2 * PIECE))).finally(() => {
    isRead = true;
  });
  const count = (): void => {
    turns++;
    if (!isRead) setImmediate(count);
  };
  setImmediate(count);
  expect((await reading)?.length).toBe(2 * PIECE);
  expect(turns).toBeGreaterThan(2);
});

// Of U+0141 and U+0100 the lower byte is ASCII.
test.each(['', 'é', 'ÿ', '€', '\u0141', '\u0100', '😀', '\ud800', '\udc00'])(
  'an answer with "%s" is written whole wherever a piece ends in it',
  async (character) => {
    for (const before of [0, 1, 2, PIECE / 2]) {
      const text = `${'a'.repeat(PIECE - before)}${character}${'b'.repeat(10)}`;
      for (const pieces of [[text], ['[', text, ']', '\n'], [text, text]]) {
        const payload = await payloadOf(pieces);
        expect(Buffer.isBuffer(payload)).toBe(true);
        expect(Buffer.compare(payload as Buffer, Buffer.from(pieces.join('')))).toBe(0);
      }
    }
    expect(await payloadOf(['[', character, ']'])).toBe(`[${character}]`);
  },
);

test.each(['a', 'é'])('a long answer of %s lets everything else have its turn', async (character) => {
  let turns = 0;
  let isWritten = false;
  const writing = payloadOf([character.repeat(4 * PIECE)]).finally(() => {
    isWritten = true;
  });
  const count = (): void => {
    turns++;
    if (!isWritten) setImmediate(count);
  };
  setImmediate(count);
  expect((await writing).length).toBe(4 * PIECE * Buffer.byteLength(character));
  expect(turns).toBeGreaterThan(2);
});
