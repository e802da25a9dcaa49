/**
 * Double SHA-256 of many messages, four side by side: transaction ids and Merkle levels. Messages are laid
 * into memory word by word in turn (word 0 of four messages, word 1 of four ...), padded as SHA-256 asks.
 */
import type { Messages } from '../../core/encoding/hashes.ts';
import { assembleModule, Locals } from './assembler.ts';
import { emitBlockLoop } from './block-loop.ts';
import { instantiate, type Kernel } from './instantiate.ts';
import { INITIAL_STATE, runRounds } from './sha256.ts';
import { constant, WordEmitter } from './words.ts';

const LANES = 4;
/** Bytes of a word of all lanes, and of a block of all lanes. */
const ROW = 4 * LANES;
const BLOCK = 16 * ROW;
/** Bits of the first hash, which the second one pads. */
const DIGEST_BITS = 256;
/** The memory is a page; the digests lie at its beginning, the messages behind. */
const PAGE = 65_536;
const MESSAGES = 8 * ROW;
const MAX_BLOCKS = Math.floor((PAGE - MESSAGES) / BLOCK);

/** The bytes of the module; `run(pointer, end)` hashes the blocks between them. */
function emitBatchHasher(): Uint8Array {
  const locals = new Locals();
  const { code, state } = emitBlockLoop(true, locals, ROW);
  const second = new WordEmitter(true, locals);
  const zeros = Array.from({ length: 6 }, () => constant(0));
  const padded = [...state, constant(0x80000000), ...zeros, constant(DIGEST_BITS)];
  const initial = INITIAL_STATE.map(constant);
  for (const [i, word] of runRounds(second, initial, padded, 64).entries())
    second.storeEach(second.swapBytes(second.add(word, initial[i]!)), i * ROW);
  return assembleModule(locals, code.append(second.each).emit('i32.const', 0));
}

/** Blocks of a message with its padding: a bit, and 8 bytes of length. */
const blocksOf = (length: number): number => ((length + 8) >>> 6) + 1;

const swapBytes = (word: number): number =>
  (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);

export class BatchHasher {
  readonly #kernel: Kernel;
  /** The memory by words, little endian on every machine that runs this. */
  readonly #words: Uint32Array;
  readonly #bytes: Uint8Array;

  private constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#words = new Uint32Array(kernel.memory.buffer);
    this.#bytes = new Uint8Array(kernel.memory.buffer);
  }

  /** Null where the machine has no SIMD: then hashing one by one is no slower. */
  static create(): BatchHasher | null {
    const kernel = instantiate(emitBatchHasher());
    return kernel === null ? null : new BatchHasher(kernel);
  }

  /** The hashes of 64-byte messages that lie one after the other. @returns 32 bytes for each, in order. */
  hashPairs(nodes: Uint8Array): Uint8Array {
    const count = nodes.length / 64;
    const hashes = new Uint8Array(32 * count);
    const source = viewOf(nodes);
    for (let i = 0; i < count; i += LANES) {
      const lanes = Math.min(LANES, count - i);
      for (let lane = 0; lane < lanes; lane++) {
        const start = 64 * (i + lane);
        this.#write(lane, source, start, start + 64);
      }
      this.#kernel.run(MESSAGES, MESSAGES + 2 * BLOCK);
      for (let lane = 0; lane < lanes; lane++) this.#read(lane, hashes, 32 * (i + lane));
    }
    return hashes;
  }

  /** The hash of each message. @param plain hashes one by itself, if it is too long for the memory. */
  hashEach({ bytes, ends }: Messages, plain: (message: Uint8Array) => Uint8Array): Uint8Array {
    const hashes = new Uint8Array(32 * ends.length);
    const source = viewOf(bytes);
    // Only messages of as many blocks can go side by side.
    const waiting = new Map<number, number[]>();
    const flush = (blocks: number, group: readonly number[]) => {
      for (let lane = 0; lane < group.length; lane++) {
        const i = group[lane]!;
        this.#write(lane, source, i === 0 ? 0 : ends[i - 1]!, ends[i]!);
      }
      this.#kernel.run(MESSAGES, MESSAGES + blocks * BLOCK);
      for (let lane = 0; lane < group.length; lane++) this.#read(lane, hashes, 32 * group[lane]!);
    };
    let end = 0;
    for (let i = 0; i < ends.length; i++) {
      const start = end;
      end = ends[i]!;
      const blocks = blocksOf(end - start);
      if (blocks > MAX_BLOCKS) {
        hashes.set(plain(bytes.subarray(start, end)), 32 * i);
        continue;
      }
      const group = waiting.get(blocks);
      if (group === undefined) waiting.set(blocks, [i]);
      else if (group.push(i) === LANES) {
        flush(blocks, group);
        waiting.delete(blocks);
      }
    }
    for (const [blocks, group] of waiting) flush(blocks, group);
    return hashes;
  }

  #write(lane: number, source: DataView, start: number, end: number): void {
    const words = this.#words;
    let at = MESSAGES / 4 + lane;
    const whole = end - ((end - start) & 3);
    for (let i = start; i < whole; i += 4, at += LANES) words[at] = source.getUint32(i, true);
    let last = 0x80;
    for (let i = end - 1; i >= whole; i--) last = (last << 8) | source.getUint8(i);
    words[at] = last;
    const lengthAt = MESSAGES / 4 + lane + (blocksOf(end - start) * 16 - 1) * LANES;
    for (at += LANES; at < lengthAt; at += LANES) words[at] = 0;
    words[lengthAt] = swapBytes((end - start) * 8);
  }

  #read(lane: number, target: Uint8Array, at: number): void {
    const bytes = this.#bytes;
    for (let word = 0; word < 8; word++) {
      const from = word * ROW + 4 * lane;
      for (let i = 0; i < 4; i++) target[at + 4 * word + i] = bytes[from + i]!;
    }
  }
}
