/**
 * Tries nonces on a header: double SHA-256 in WebAssembly, four nonces side by side where the machine has
 * SIMD. The first 64 bytes are hashed once (the midstate); of the second hash only the last word is computed,
 * which decides unless the hash is very small. Made by `assembler`, `words` and `sha256`; this file owns the
 * shape of the search and its proof against the plain hash.
 */
import { HEADER_SIZE } from '../../core/block/header.ts';
import { bigintFromLittleEndian } from '../../core/encoding/bytes.ts';
import { hash256 } from '../../core/encoding/hashes.ts';
import { assembleModule, Code, Locals } from './assembler.ts';
import { instantiate, type Kernel } from './instantiate.ts';
import { INITIAL_STATE, runRounds } from './sha256.ts';
import { constant, type Word, WordEmitter } from './words.ts';

/** Memory: midstate (8 words), the header's last three words before the nonce, the target's first 32 bits. */
const MIDSTATE = 0;
const TAIL = 32;
const LIMIT = 44;

const FROM = 0;
const COUNT = 1;

/** Bits of a header and of a hash, as SHA-256's padding states them. */
const HEADER_BITS = HEADER_SIZE * 8;
const HASH_BITS = 256;

/** The digest's word 7 is what `e` is after 61 rounds, for it only moves on to `h` in the last three. */
const ROUNDS_TO_LAST_WORD = 61;

/** The bytes of the module. @param simd four lanes, else one. */
function emitKernel(simd: boolean): Uint8Array {
  const lanes = simd ? 4 : 1;
  const locals = new Locals();
  const w = new WordEmitter(simd, locals);
  const offset = locals.add('i32');
  const nonceLocal = locals.add(simd ? 'v128' : 'i32');
  const nonce: Word = { stage: 'each', local: nonceLocal };

  const midstate = Array.from({ length: 8 }, (_, i) => w.load(MIDSTATE + 4 * i));
  const tail = Array.from({ length: 3 }, (_, i) => w.load(TAIL + 4 * i));
  const limit = w.load(LIMIT);
  const padded = (words: readonly Word[], bits: number): Word[] => [
    ...words,
    constant(0x80000000),
    ...Array.from({ length: 14 - words.length }, () => constant(0)),
    constant(bits),
  ];
  const first = runRounds(w, midstate, padded([...tail, w.swapBytes(nonce)], HEADER_BITS), 64);
  const digest = first.map((word, i) => w.add(word, midstate[i]!));
  const initial = INITIAL_STATE.map(constant);
  const second = runRounds(w, initial, padded(digest, HASH_BITS), ROUNDS_TO_LAST_WORD);
  // The digest's last bytes are the most significant ones of the number that is compared with the target.
  const top = w.swapBytes(w.add(second[4]!, initial[7]!));

  const body = new Code();
  body.append(w.once);
  body.emit('loop');
  body.at('local.get', FROM).at('local.get', offset).emit('i32.add');
  if (simd) {
    body.emit('i32x4.splat');
    body.emit('v128.const', ...[0, 1, 2, 3].flatMap((lane) => [lane, 0, 0, 0])).emit('i32x4.add');
  }
  body.at('local.set', nonceLocal);
  body.append(w.each);
  w.push(body, top);
  w.push(body, limit);
  if (simd) body.emit('i32x4.le_u').emit('v128.any_true');
  else body.emit('i32.le_u');
  body.emit('if').at('local.get', offset).emit('return').emit('end');
  body.at('local.get', offset).emit('i32.const', lanes).emit('i32.add').at('local.tee', offset);
  body.at('local.get', COUNT).emit('i32.lt_u').at('br_if', 0).emit('end');
  body.emit('i32.const', 0x7f);
  return assembleModule(locals, body);
}

const asNumber = (header: Uint8Array) => bigintFromLittleEndian(hash256(header));

/** One instance searches one range at a time. */
export class NonceKernel {
  readonly lanes: number;
  /** The first of the `lanes` nonces in which one may do, as a distance from the first tried; or -1. */
  readonly #search: Kernel['run'];
  readonly #view: DataView;

  private constructor({ run, memory }: Kernel, lanes: number) {
    this.lanes = lanes;
    this.#search = run;
    this.#view = new DataView(memory.buffer);
  }

  /** @param simd four lanes or one; absent takes the best there is. @returns null if this machine cannot. */
  static create(simd?: boolean): NonceKernel | null {
    if (simd === undefined) return NonceKernel.create(true) ?? NonceKernel.create(false);
    const kernel = instantiate(emitKernel(simd));
    return kernel === null ? null : new NonceKernel(kernel, simd ? 4 : 1);
  }

  /**
   * The first of `count` nonces whose hash is not above the target, or null. The CPU is
   * held meanwhile: about 2^14 nonces a call, so that the engine can optimize and the caller can look up.
   * @param header 80 bytes; the nonce in it is ignored.
   */
  search(header: Uint8Array, target: bigint, from: number, count: number): number | null {
    const view = this.#view;
    compressFirstBlock(header).forEach((word, i) => {
      view.setUint32(MIDSTATE + 4 * i, word, true);
    });
    const headerView = new DataView(header.buffer, header.byteOffset, HEADER_SIZE);
    for (let i = 0; i < 3; i++) view.setUint32(TAIL + 4 * i, headerView.getUint32(64 + 4 * i), true);
    view.setUint32(LIMIT, Number(target >> 224n), true);
    const trial = header.slice();
    const trialView = new DataView(trial.buffer);
    for (let done = 0; done < count; ) {
      const found = this.#search((from + done) | 0, count - done);
      if (found < 0) return null;
      for (let lane = 0; lane < this.lanes && done + found + lane < count; lane++) {
        const nonce = (from + done + found + lane) >>> 0;
        trialView.setUint32(76, nonce, true);
        if (asNumber(trial) <= target) return nonce;
      }
      done += found + this.lanes;
    }
    return null;
  }
}

/** SHA-256's state after the first 64 bytes, on plain numbers: once a header, so it need not be fast. */
function compressFirstBlock(header: Uint8Array): number[] {
  const view = new DataView(header.buffer, header.byteOffset, 64);
  const block = Array.from({ length: 16 }, (_, i) => constant(view.getUint32(4 * i)));
  const initial = INITIAL_STATE.map(constant);
  // With nothing but constants the emitter computes and emits nothing.
  const w = new WordEmitter(false, new Locals());
  return runRounds(w, initial, block, 64).map((word, i) => {
    const sum = w.add(word, initial[i]!);
    return sum.stage === 'constant' ? sum.value : 0;
  });
}
