/** SHA-256's way over the blocks of messages in memory: the loop that the hashers of messages share. */
import { Code, type Locals, signed } from './assembler.ts';
import { INITIAL_STATE, runRounds } from './sha256.ts';
import { constant, type Word, WordEmitter } from './words.ts';

/** Parameters of `run`: where the blocks begin and where they end. */
const POINTER = 0;
const END = 1;
const WORDS = 16;

interface BlockLoop {
  readonly code: Code;
  /** What the code leaves: the state after the last block. */
  readonly state: readonly Word[];
}

/** @param row bytes from one word of a block to the next: of one message, or of one in each lane */
export function emitBlockLoop(simd: boolean, locals: Locals, row: number): BlockLoop {
  const w = new WordEmitter(simd, locals);
  const variables = INITIAL_STATE.map((word) => w.variable(constant(word)));
  const state = variables.map(({ word }) => word);
  const block = Array.from({ length: WORDS }, (_, i) => w.swapBytes(w.loadEach(POINTER, i * row)));
  const sums = runRounds(w, state, block, 64).map((word, i) => w.add(word, state[i]!));
  for (const [i, { assign }] of variables.entries()) assign(sums[i]!);

  const code = new Code().append(w.once).emit('loop').append(w.each);
  code
    .at('local.get', POINTER)
    .emit('i32.const', ...signed(WORDS * row))
    .emit('i32.add');
  code.at('local.tee', POINTER).at('local.get', END).emit('i32.lt_u').at('br_if', 0).emit('end');
  return { code, state };
}
