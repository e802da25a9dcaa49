/** Long texts to bytes and back, without holding everything else up for as long as all of it takes. */
import { isAscii, isUtf8 } from 'node:buffer';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Characters of an answer that Node writes as well as anybody. */
const SMALL_ANSWER = 65_536;
/** Bytes and characters of a long text that are looked at before everything else gets its turn. */
const AT_ONCE = 1 << 22;

/**
 * A body as text; null if it is none. To read 32 MiB of characters beyond ASCII takes 170 ms, and to put them
 * together took as long as a piece of that.
 */
export async function textOf(body: Buffer): Promise<string | null> {
  let text = '';
  for (let start = 0; start < body.length; ) {
    if (body.length > AT_ONCE) await nextTurn();
    const end = start + AT_ONCE;
    // Of a character that is cut, the bytes that are here are for the next piece.
    const cut = [end, end - 1, end - 2, end - 3].find((at) => !(body[at]! >> 6 === 0b10)) ?? end;
    const piece = body.subarray(start, cut);
    if (!isUtf8(piece)) return null;
    text += piece.toString();
    start = cut;
  }
  return text;
}

/**
 * Nearly all answers are ASCII, which is copied as it is and then looked at: Node would look at each character before
 * and write it by itself, a very long text in one go while everything else waits.
 */
export async function payloadOf(pieces: readonly string[]): Promise<string | Buffer> {
  let size = 0;
  for (const { length } of pieces) size += length;
  if (size <= SMALL_ANSWER) return pieces.join('');
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (const part of partsOf(pieces)) {
    const end = at + bytes.write(part, at, 'latin1');
    // Of what is not Latin-1 the lower bytes were written.
    if (!isAscii(bytes.subarray(at, end)) || bytes.toString('latin1', at, end) !== part)
      return utf8Of(pieces);
    if (Math.floor(at / AT_ONCE) < Math.floor(end / AT_ONCE)) await nextTurn();
    at = end;
  }
  return bytes;
}

async function utf8Of(pieces: readonly string[]): Promise<Buffer> {
  const parts: Buffer[] = [];
  let written = 0;
  for (const part of partsOf(pieces)) {
    parts.push(Buffer.from(part));
    written += part.length;
    if (written < AT_ONCE) continue;
    written = 0;
    await nextTurn();
  }
  return Buffer.concat(parts);
}

/** None of more than so many characters; what is one character in UTF-8 is not cut. */
function* partsOf(pieces: readonly string[]): Iterable<string> {
  for (const piece of pieces)
    for (let start = 0; start < piece.length; ) {
      const end = start + AT_ONCE;
      const cut = end < piece.length && isHighSurrogate(piece.charCodeAt(end - 1)) ? end - 1 : end;
      yield piece.slice(start, cut);
      start = cut;
    }
}

const isHighSurrogate = (unit: number): boolean => unit >> 10 === 0b110110;
