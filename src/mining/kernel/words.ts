/**
 * Arithmetic on 32-bit words that emits WebAssembly, in three stages: what is constant is computed now, what
 * is the same for a whole search is computed once before the loop, and only the rest is computed for each
 * nonce. One lane (i32) or four (v128) at a time.
 */
import { Code, type Locals, type Opcode, signed } from './assembler.ts';

export type Word =
  | { readonly stage: 'constant'; readonly value: number }
  | { readonly stage: 'once' | 'each'; readonly local: number };

export const constant = (value: number): Word => ({ stage: 'constant', value: value >>> 0 });

const rotateRight = (value: number, bits: number) => (value >>> bits) | (value << (32 - bits));

/** Swaps the bytes of each 32-bit lane. */
const SWAP_LANES = [3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12];

export class WordEmitter {
  /** Code before the loop, and in it. */
  readonly once = new Code();
  readonly each = new Code();
  readonly simd: boolean;
  readonly #locals: Locals;

  constructor(simd: boolean, locals: Locals) {
    this.simd = simd;
    this.#locals = locals;
  }

  /** Pushes a word and returns nothing: operands of what is emitted next. */
  push(code: Code, word: Word): Code {
    if (word.stage !== 'constant') return code.at('local.get', word.local);
    if (!this.simd) return code.emit('i32.const', ...signed(word.value));
    const bytes = [word.value, word.value >>> 8, word.value >>> 16, word.value >>> 24].map(
      (byte) => byte & 0xff,
    );
    return code.emit('v128.const', ...bytes, ...bytes, ...bytes, ...bytes);
  }

  /** Emits an operation where the latest of its operands is known; `emit` finds them pushed. */
  #compute(operands: readonly Word[], emit: (code: Code) => void): Word {
    const stage = operands.some((word) => word.stage === 'each') ? 'each' : 'once';
    const code = this[stage];
    for (const word of operands) this.push(code, word);
    emit(code);
    return this.#keep(stage);
  }

  #keep(stage: 'once' | 'each'): Word {
    const local = this.#locals.add(this.simd ? 'v128' : 'i32');
    this[stage].at('local.set', local);
    return { stage, local };
  }

  #fold(words: readonly Word[], compute: (...values: number[]) => number): Word | null {
    const values: number[] = [];
    for (const word of words) {
      if (word.stage !== 'constant') return null;
      values.push(word.value);
    }
    return constant(compute(...values));
  }

  /** A word of memory, the same in all lanes. */
  load(address: number): Word {
    this.once.emit('i32.const', 0).memory(this.simd ? 'v128.load32_splat' : 'i32.load', address);
    return this.#keep('once');
  }

  /** A word of memory for each lane, side by side, at a pointer that may change from round to round. */
  loadEach(pointer: number, offset: number): Word {
    this.each.at('local.get', pointer).memory(this.simd ? 'v128.load' : 'i32.load', offset);
    return this.#keep('each');
  }

  storeEach(word: Word, address: number): void {
    this.each.emit('i32.const', 0);
    this.push(this.each, word).memory(this.simd ? 'v128.store' : 'i32.store', address);
  }

  /** A local that keeps its value from round to round. */
  variable(initial: Word): { readonly word: Word; assign(to: Word): void } {
    const local = this.#locals.add(this.simd ? 'v128' : 'i32');
    this.push(this.once, initial).at('local.set', local);
    return {
      word: { stage: 'each', local },
      assign: (to) => {
        this.push(this.each, to).at('local.set', local);
      },
    };
  }

  /** Sum modulo 2^32. Constants are gathered, so that they cost one addition or none. */
  add(...words: readonly Word[]): Word {
    const known = words.reduce((sum, word) => sum + (word.stage === 'constant' ? word.value : 0), 0);
    const early = words.filter((word) => word.stage === 'once');
    const late = words.filter((word) => word.stage === 'each');
    let sum: Word = constant(known);
    for (const word of [...early, ...late]) sum = this.#addTwo(sum, word);
    return sum;
  }

  #addTwo(a: Word, b: Word): Word {
    if (a.stage === 'constant' && a.value === 0) return b;
    return this.#compute([a, b], (code) => code.emit(this.simd ? 'i32x4.add' : 'i32.add'));
  }

  xor(a: Word, b: Word): Word {
    return (
      this.#fold([a, b], (x, y) => x! ^ y!) ??
      this.#compute([a, b], (code) => code.emit(this.simd ? 'v128.xor' : 'i32.xor'))
    );
  }

  and(a: Word, b: Word): Word {
    return (
      this.#fold([a, b], (x, y) => x! & y!) ??
      this.#compute([a, b], (code) => code.emit(this.simd ? 'v128.and' : 'i32.and'))
    );
  }

  /** Bits of `a` where `mask` has ones, else of `b`. */
  select(mask: Word, a: Word, b: Word): Word {
    const folded = this.#fold([mask, a, b], (m, x, y) => (x! & m!) | (y! & ~m!));
    if (folded !== null) return folded;
    if (this.simd) return this.#compute([a, b, mask], (code) => code.emit('v128.bitselect'));
    return this.xor(b, this.and(mask, this.xor(a, b)));
  }

  rotateRight(a: Word, bits: number): Word {
    return this.mix(a, [bits]);
  }

  /**
   * Rotations to the right and a shift to the right, xored. Without rotation of lanes each is two shifts, and
   * all are xored one by one: waiting halves of rotations would take registers, which spilled a third more
   * often and made the search for nonces slower by an eighth.
   */
  mix(a: Word, rotations: readonly number[], shift?: number): Word {
    const folded = this.#fold([a], (x) =>
      rotations.reduce(
        (mixed, bits) => mixed ^ rotateRight(x!, bits),
        shift === undefined ? 0 : x! >>> shift,
      ),
    );
    if (folded !== null) return folded;
    const { simd } = this;
    const terms = rotations.flatMap((bits): [Opcode, number][] =>
      simd
        ? [
            ['i32x4.shr_u', bits],
            ['i32x4.shl', 32 - bits],
          ]
        : [['i32.rotr', bits]],
    );
    if (shift !== undefined) terms.push([simd ? 'i32x4.shr_u' : 'i32.shr_u', shift]);
    return this.#compute([a], (code) => {
      for (const [i, [opcode, bits]] of terms.entries()) {
        if (i > 0) this.push(code, a);
        code.emit('i32.const', ...signed(bits)).emit(opcode);
        if (i > 0) code.emit(simd ? 'v128.xor' : 'i32.xor');
      }
    });
  }

  /** The four bytes in reverse: SHA-256 is big endian, headers and targets are little endian. */
  swapBytes(a: Word): Word {
    if (this.simd) return this.#compute([a, a], (code) => code.emit('i8x16.shuffle', ...SWAP_LANES));
    return this.#compute([a], (code) => {
      code.emit('i32.const', ...signed(8)).emit('i32.rotl');
      code.emit('i32.const', ...signed(0x00ff00ff)).emit('i32.and');
      this.push(code, a)
        .emit('i32.const', ...signed(8))
        .emit('i32.rotr');
      code
        .emit('i32.const', ...signed(0xff00ff00))
        .emit('i32.and')
        .emit('i32.or');
    });
  }
}
