/**
 * SHA-256 of one message of a few hundred bytes, once or twice: what signatures sign, and keys. A call into
 * Node's OpenSSL costs as much as ten blocks here, so that only longer messages are worth one. The digest is
 * stored where the block of the second hash begins, whose padding never changes.
 */
import { assembleModule, Locals } from './assembler.ts';
import { emitBlockLoop } from './block-loop.ts';
import { instantiate, type Kernel } from './instantiate.ts';
import { WordEmitter } from './words.ts';

const BLOCK = 64;
const DIGEST = 0;
const MESSAGE = DIGEST + BLOCK;
/** Bytes that a message may have. */
export const MEDIUM_MESSAGE = 640;

/** The bytes of the module; `run(pointer, end)` hashes the blocks between them. */
function emitMessageHasher(): Uint8Array {
  const locals = new Locals();
  const { code, state } = emitBlockLoop(false, locals, 4);
  const last = new WordEmitter(false, locals);
  for (const [i, word] of state.entries()) last.storeEach(last.swapBytes(word), DIGEST + 4 * i);
  return assembleModule(locals, code.append(last.each).emit('i32.const', 0));
}

export class MessageHasher {
  readonly #run: Kernel['run'];
  readonly #bytes: Uint8Array;

  private constructor({ run, memory }: Kernel) {
    this.#run = run;
    this.#bytes = new Uint8Array(memory.buffer, 0, MESSAGE + MEDIUM_MESSAGE + 2 * BLOCK);
    this.#bytes[DIGEST + 32] = 0x80;
    this.#bytes[DIGEST + 62] = 0x01;
  }

  /** Null where there is no WebAssembly. */
  static create(): MessageHasher | null {
    const kernel = instantiate(emitMessageHasher());
    return kernel === null ? null : new MessageHasher(kernel);
  }

  /** @param message of at most MEDIUM_MESSAGE bytes @returns 32 bytes */
  sha256(message: Uint8Array): Uint8Array {
    this.#hash(message);
    return this.#bytes.slice(DIGEST, DIGEST + 32);
  }

  /** SHA-256 of the SHA-256. @param message of at most MEDIUM_MESSAGE bytes @returns 32 bytes */
  hash256(message: Uint8Array): Uint8Array {
    this.#hash(message);
    this.#run(DIGEST, DIGEST + BLOCK);
    return this.#bytes.slice(DIGEST, DIGEST + 32);
  }

  #hash(message: Uint8Array): void {
    const { length } = message;
    const bytes = this.#bytes;
    const end = MESSAGE + ((length + 72) & -64);
    bytes.set(message, MESSAGE);
    bytes[MESSAGE + length] = 0x80;
    bytes.fill(0, MESSAGE + length + 1, end - 2);
    bytes[end - 2] = length >>> 5;
    bytes[end - 1] = length << 3;
    this.#run(MESSAGE, end);
  }
}
