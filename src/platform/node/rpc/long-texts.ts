/** Long texts to bytes and back, without holding everything else up for as long as all of it takes. */
import { isUtf8 } from 'node:buffer';
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
 * Node would write a long text as UTF-8 character by character, though nearly all answers are ASCII; and a very long
 * one in one go, while everything else waits.
 */
export async function payloadOf(pieces: readonly string[]): Promise<string | Buffer> {
  let passed = 0;
  const rest = (piece: string): Promise<void> | undefined => {
    passed += piece.length;
    if (passed < AT_ONCE) return undefined;
    passed = 0;
    return nextTurn();
  };
  let size = 0;
  for (const piece of pieces) {
    size += Buffer.byteLength(piece);
    const pause = rest(piece);
    if (pause !== undefined) await pause;
  }
  if (size <= SMALL_ANSWER) return pieces.join('');
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (const piece of pieces) {
    const isAscii = Buffer.byteLength(piece) === piece.length;
    at += bytes.write(piece, at, isAscii ? 'latin1' : 'utf8');
    const pause = rest(piece);
    if (pause !== undefined) await pause;
  }
  return bytes;
}
