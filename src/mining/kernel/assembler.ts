/**
 * Just enough of a WebAssembly assembler for straight-line functions with one loop: opcodes by name, locals
 * handed out one by one, and the module around it. Knows nothing of hashing.
 */
import { concatBytes, utf8 } from '../../core/encoding/bytes.ts';

/** One-byte opcodes, and those behind the SIMD prefix. Numbers as in the WebAssembly specification. */
const OPCODE = Object.freeze({
  loop: [0x03, 0x40],
  if: [0x04, 0x40],
  end: [0x0b],
  br_if: [0x0d],
  return: [0x0f],
  'local.get': [0x20],
  'local.set': [0x21],
  'local.tee': [0x22],
  'i32.load': [0x28],
  'i32.store': [0x36],
  'i32.const': [0x41],
  'i32.lt_u': [0x49],
  'i32.le_u': [0x4d],
  'i32.add': [0x6a],
  'i32.and': [0x71],
  'i32.or': [0x72],
  'i32.xor': [0x73],
  'i32.shl': [0x74],
  'i32.shr_u': [0x76],
  'i32.rotl': [0x77],
  'i32.rotr': [0x78],
  'v128.load': [0xfd, 0x00],
  'v128.load32_splat': [0xfd, 0x09],
  'v128.store': [0xfd, 0x0b],
  'v128.const': [0xfd, 0x0c],
  'i8x16.shuffle': [0xfd, 0x0d],
  'i32x4.splat': [0xfd, 0x11],
  'i32x4.le_u': [0xfd, 0x3e],
  'v128.and': [0xfd, 0x4e],
  'v128.or': [0xfd, 0x50],
  'v128.xor': [0xfd, 0x51],
  'v128.bitselect': [0xfd, 0x52],
  'v128.any_true': [0xfd, 0x53],
  'i32x4.shl': [0xfd, 0xab, 0x01],
  'i32x4.shr_u': [0xfd, 0xad, 0x01],
  'i32x4.add': [0xfd, 0xae, 0x01],
});

export type Opcode = keyof typeof OPCODE;

type MemoryOpcode = Extract<Opcode, `${string}.${'load' | 'store' | 'load32_splat'}`>;

type ValueType = 'i32' | 'v128';
const VALUE_TYPE = Object.freeze({ i32: 0x7f, v128: 0x7b });

function unsigned(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return [...bytes, rest];
    bytes.push((rest & 0x7f) | 0x80);
  }
}

/** LEB128 of a 32-bit integer, as `i32.const` wants it. */
export function signed(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value | 0; ; rest >>= 7) {
    const low = rest & 0x7f;
    const done = (rest === low && low < 0x40) || (rest >> 7 === -1 && low >= 0x40);
    if (done) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}

/** A piece of a function's body. Pieces are put together in the order in which they shall run. */
export class Code {
  readonly bytes: number[] = [];

  /** @param immediates bytes that follow the opcode, already encoded. */
  emit(opcode: Opcode, ...immediates: readonly number[]): this {
    for (const byte of OPCODE[opcode]) this.bytes.push(byte);
    for (const byte of immediates) this.bytes.push(byte);
    return this;
  }

  append(other: Code): this {
    for (const byte of other.bytes) this.bytes.push(byte);
    return this;
  }

  /** An opcode with one unsigned number (a local, a label). */
  at(opcode: Opcode, index: number): this {
    return this.emit(opcode, ...unsigned(index));
  }

  /** A load or store whose address (of a multiple of four) is on the stack, plus an offset. */
  memory(opcode: MemoryOpcode, offset: number): this {
    return this.emit(opcode, 2, ...unsigned(offset));
  }
}

/** Of the function `run`: the first locals. */
const PARAMETERS = 2;

/** Locals in the order in which they are asked for, after the parameters. */
export class Locals {
  readonly types: ValueType[] = [];

  add(type: ValueType): number {
    this.types.push(type);
    return PARAMETERS + this.types.length - 1;
  }
}

/** Content with its length before it. */
function sized(content: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.from(unsigned(content.length)), content);
}

function section(id: number, ...content: readonly Uint8Array[]): Uint8Array {
  return concatBytes(Uint8Array.of(id), sized(concatBytes(...content)));
}

function exported(name: string, kind: number): Uint8Array {
  return concatBytes(sized(utf8(name)), Uint8Array.of(kind, 0));
}

/** Runs of locals of the same type. */
function declare(types: readonly ValueType[]): Uint8Array {
  const runs: { readonly type: ValueType; count: number }[] = [];
  for (const type of types) {
    const last = runs.at(-1);
    if (last?.type === type) last.count++;
    else runs.push({ type, count: 1 });
  }
  const encoded = runs.flatMap(({ type, count }) => [...unsigned(count), VALUE_TYPE[type]]);
  return Uint8Array.from([...unsigned(runs.length), ...encoded]);
}

const MAGIC_AND_VERSION = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);
const ONE = Uint8Array.of(1);

/** A module with one page of `memory`, and the function `run` of two i32 parameters and an i32 result. */
export function assembleModule(locals: Locals, body: Code): Uint8Array {
  const { i32 } = VALUE_TYPE;
  const code = concatBytes(declare(locals.types), Uint8Array.from(body.bytes), Uint8Array.from(OPCODE.end));
  return concatBytes(
    MAGIC_AND_VERSION,
    section(1, ONE, Uint8Array.of(0x60, PARAMETERS, i32, i32, 1, i32)),
    section(3, ONE, Uint8Array.of(0)),
    section(5, ONE, Uint8Array.of(0, 1)),
    section(7, Uint8Array.of(2), exported('memory', 2), exported('run', 0)),
    section(10, ONE, sized(code)),
  );
}
