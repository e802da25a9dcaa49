/**
 * The key with which block and undo files are XORed on the disk (`-blocksxor`), lest a virus scanner finds
 * something in the transactions: eight bytes in `xor.dat` beside them, as Bitcoin Core has it. With zeros files are
 * plain. Owns the key and the mask.
 */
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { damaged } from '../../../chain/storage.ts';
import { toHex } from '../../../core/encoding/bytes.ts';
import { systemRandom } from '../random.ts';
import { firstBytes, sizeOfFile } from './regular-file.ts';
import { readIfThere, replaceFile } from './small-files.ts';

export const KEY_FILE = 'xor.dat';
const FIRST_FILE = 'blk00000.dat';
const BLOCK_FILE = /^blk\d{5,}\.dat$/;
const MAGIC = 4;
/** Bytes that are masked together, by where they lie in a file. */
const WORD = 8;

export class BlockMask {
  readonly key: Uint8Array;
  readonly isPlain: boolean;

  constructor(key: Uint8Array) {
    this.key = key.slice(0, WORD);
    this.isPlain = this.key.every((byte) => byte === 0);
  }

  /** Bytes of a word that lie before an offset, which are read with it. */
  before(offset: number): number {
    return this.isPlain ? 0 : offset % WORD;
  }

  /** What is written at an offset of a file. */
  putOn(parts: readonly Uint8Array[], offset: number): readonly Uint8Array[] {
    if (this.isPlain) return parts;
    const before = this.before(offset);
    const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, before));
    let at = before;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    this.#apply(bytes, false);
    return [bytes.subarray(before)];
  }

  /**
   * Makes bytes plain, which are a buffer's first and begin with a word of a file. A word of zeros was never written,
   * as a power cut leaves them: it stays so (once in 2^64 words it is the key's own plain text).
   */
  takeOff(bytes: Uint8Array): Uint8Array {
    if (!this.isPlain) this.#apply(bytes, true);
    return bytes;
  }

  #apply(bytes: Uint8Array, sparesZeros: boolean): void {
    const halves = new Uint32Array(bytes.buffer, bytes.byteOffset, 2 * Math.floor(bytes.length / WORD));
    const [even, odd] = new Uint32Array(this.key.buffer) as unknown as readonly [number, number];
    for (let i = 0; i < halves.length; i += 2) {
      if (sparesZeros && (halves[i]! | halves[i + 1]!) === 0) continue;
      halves[i]! ^= even;
      halves[i + 1]! ^= odd;
    }
    for (let i = halves.byteLength; i < bytes.length; i++) bytes[i]! ^= this.key[i % WORD]!;
  }
}

/** The mask of a block file of whatever folder. */
export async function maskOf(path: string): Promise<BlockMask> {
  const key = BLOCK_FILE.test(basename(path)) && (await readIfThere(join(dirname(path), KEY_FILE)));
  return new BlockMask(key && key.length >= WORD ? key : new Uint8Array(WORD));
}

/**
 * The mask of a node's own folder. One without block files gets a key if one is wanted; without a key files are plain.
 * @param start with which the first file begins
 * @throws CorruptionError if the files were written with another key
 */
export async function openBlockMask(
  folder: string,
  { wanted, start }: { readonly wanted: boolean; readonly start: Uint8Array },
): Promise<BlockMask> {
  const path = join(folder, KEY_FILE);
  const title = { name: path, remedy: 'put it back as it was' };
  const stored = await readIfThere(path, title);
  const [first] = (await readdir(folder)).filter((name) => BLOCK_FILE.test(name)).sort();
  const fail = (reason: string): never => {
    throw damaged(title, reason);
  };
  if (stored !== undefined && stored.length !== WORD) fail(`it has ${stored.length} bytes`);
  const isNew = stored === undefined && first === undefined;
  const mask =
    isNew && wanted ? new BlockMask(systemRandom.bytes(WORD)) : await maskOf(join(folder, FIRST_FILE));
  // With another key all blocks would look damaged, and a reindex would find none. Plain files were looked at once.
  if (first !== undefined && (stored === undefined || !mask.isPlain)) {
    const known = first === FIRST_FILE && !mask.isPlain ? start : start.subarray(0, MAGIC);
    // What is no file is missed where its blocks are.
    const found =
      sizeOfFile(join(folder, first)) === 0
        ? new Uint8Array(0)
        : firstBytes(join(folder, first), known.length);
    if (!isPlainText(mask.takeOff(found), known))
      fail(`${first} was written with another key than ${toHex(mask.key)}`);
  }
  if (stored === undefined) await replaceFile(path, mask.key);
  return mask;
}

/** A byte of the key that is wrong is so in each word; the file may be damaged here and there, or unwritten. */
function isPlainText(found: Uint8Array, known: Uint8Array): boolean {
  if (found.every((byte) => byte === 0)) return true;
  const [right, wrong] = [new Set<number>(), new Set<number>()];
  for (const [i, byte] of found.entries()) (byte === known[i] ? right : wrong).add(i % WORD);
  return [...wrong].every((place) => right.has(place));
}
