/**
 * RIPEMD-160 of a SHA-256 digest, which is what public key hashes and addresses are: 32 bytes and their
 * padding, all in one block. A third of the time of a call into Node's OpenSSL.
 */
import { assembleModule, Code, Locals } from './assembler.ts';
import { instantiate, type Kernel } from './instantiate.ts';
import { constant, type Word, WordEmitter } from './words.ts';

const DIGEST = 0;
const RESULT = 32;
const END = RESULT + 20;

// biome-ignore format: a table
/** For each round: the word of the message that the left and the right line take. */
const WORD_OF_ROUND: readonly [readonly number[], readonly number[]] = [
  [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,  7, 4, 13, 1, 10, 6, 15, 3, 12, 0, 9, 5, 2, 14, 11, 8,
    3, 10, 14, 4, 9, 15, 8, 1, 2, 7, 0, 6, 13, 11, 5, 12,  1, 9, 11, 10, 0, 8, 12, 4, 13, 3, 7, 15, 14, 5, 6, 2,
    4, 0, 5, 9, 7, 12, 2, 10, 14, 1, 3, 8, 11, 6, 15, 13,
  ],
  [
    5, 14, 7, 0, 9, 2, 11, 4, 13, 6, 15, 8, 1, 10, 3, 12,  6, 11, 3, 7, 0, 13, 5, 10, 14, 15, 8, 12, 4, 9, 1, 2,
    15, 5, 1, 3, 7, 14, 6, 9, 11, 8, 12, 2, 10, 0, 4, 13,  8, 6, 4, 1, 3, 11, 15, 0, 5, 12, 2, 13, 9, 7, 10, 14,
    12, 15, 10, 4, 1, 5, 8, 7, 6, 2, 13, 14, 0, 3, 9, 11,
  ],
];
// biome-ignore format: a table
/** By how many bits each round rotates. */
const ROTATION_OF_ROUND: readonly [readonly number[], readonly number[]] = [
  [
    11, 14, 15, 12, 5, 8, 7, 9, 11, 13, 14, 15, 6, 7, 9, 8,  7, 6, 8, 13, 11, 9, 7, 15, 7, 12, 15, 9, 11, 7, 13, 12,
    11, 13, 6, 7, 14, 9, 13, 15, 14, 8, 13, 6, 5, 12, 7, 5,  11, 12, 14, 15, 14, 15, 9, 8, 9, 14, 5, 6, 8, 6, 5, 12,
    9, 15, 5, 11, 6, 8, 13, 12, 5, 12, 13, 14, 11, 8, 5, 6,
  ],
  [
    8, 9, 9, 11, 13, 15, 15, 5, 7, 7, 8, 11, 14, 14, 12, 6,  9, 13, 15, 7, 12, 8, 9, 11, 7, 7, 12, 7, 6, 15, 13, 11,
    9, 7, 15, 11, 8, 6, 6, 14, 12, 13, 5, 14, 13, 13, 7, 5,  15, 5, 8, 11, 14, 14, 6, 14, 6, 9, 12, 9, 12, 5, 15, 8,
    8, 5, 12, 9, 12, 5, 14, 6, 8, 13, 6, 5, 15, 13, 11, 11,
  ],
];
const CONSTANTS: readonly [readonly number[], readonly number[]] = [
  [0x00000000, 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xa953fd4e],
  [0x50a28be6, 0x5c4dd124, 0x6d703ef3, 0x7a6d76e9, 0x00000000],
];
const INITIAL_STATE = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];

/** The five functions, one for sixteen rounds each; the right line takes them in reverse. */
function mix(w: WordEmitter, group: number, x: Word, y: Word, z: Word): Word {
  const not = (word: Word) => w.xor(word, constant(0xffffffff));
  // a | ~b is ~(b & ~a).
  const orNot = (a: Word, b: Word) => not(w.and(b, not(a)));
  switch (group) {
    case 0:
      return w.xor(w.xor(x, y), z);
    case 1:
      return w.select(x, y, z);
    case 2:
      return w.xor(orNot(x, y), z);
    case 3:
      return w.select(z, x, y);
    default:
      return w.xor(x, orNot(y, z));
  }
}

function runLine(w: WordEmitter, line: 0 | 1, block: readonly Word[]): readonly Word[] {
  let [a, b, c, d, e] = INITIAL_STATE.map(constant) as [Word, Word, Word, Word, Word];
  for (let round = 0; round < 80; round++) {
    const group = round >> 4;
    const mixed = mix(w, line === 0 ? group : 4 - group, b, c, d);
    const word = block[WORD_OF_ROUND[line][round]!]!;
    const sum = w.add(a, mixed, word, constant(CONSTANTS[line][group]!));
    const next = w.add(w.rotateRight(sum, 32 - ROTATION_OF_ROUND[line][round]!), e);
    [a, b, c, d, e] = [e, next, b, w.rotateRight(c, 22), d];
  }
  return [a, b, c, d, e];
}

/** The bytes of the module; `run` reads a digest and writes the result behind it. */
function emitDigestHasher(): Uint8Array {
  const locals = new Locals();
  const w = new WordEmitter(false, locals);
  const zeros = Array.from({ length: 5 }, () => constant(0));
  const block = [
    ...Array.from({ length: 8 }, (_, i) => w.load(DIGEST + 4 * i)),
    ...[constant(0x80), ...zeros, constant(256), constant(0)],
  ];
  const left = runLine(w, 0, block);
  const right = runLine(w, 1, block);
  for (let i = 0; i < 5; i++) {
    const initial = constant(INITIAL_STATE[(i + 1) % 5]!);
    w.storeEach(w.add(initial, left[(i + 2) % 5]!, right[(i + 3) % 5]!), RESULT + 4 * i);
  }
  return assembleModule(locals, new Code().append(w.once).append(w.each).emit('i32.const', 0));
}

export class DigestHasher {
  readonly #run: Kernel['run'];
  readonly #bytes: Uint8Array;

  private constructor({ run, memory }: Kernel) {
    this.#run = run;
    this.#bytes = new Uint8Array(memory.buffer, 0, END);
  }

  /** Null where there is no WebAssembly. */
  static create(): DigestHasher | null {
    const kernel = instantiate(emitDigestHasher());
    return kernel === null ? null : new DigestHasher(kernel);
  }

  /** @param digest 32 bytes @returns 20 bytes */
  ripemd160(digest: Uint8Array): Uint8Array {
    this.#bytes.set(digest, DIGEST);
    this.#run(0, 0);
    return this.#bytes.slice(RESULT, END);
  }
}
