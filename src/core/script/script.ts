/** Scripts as bytes: reading operations, building, and the shapes that consensus itself knows. */
import { concatBytes, EMPTY } from '../encoding/bytes.ts';
import { MAX_SCRIPT_SIZE } from '../transaction/transaction.ts';
import { OP } from './opcodes.ts';
import { encodeScriptNumber } from './script-number.ts';

/** Bytes that one push, or one witness item that a script sees, may have. */
export const MAX_SCRIPT_ELEMENT_SIZE = 520;

/**
 * Walks over the operations of a script, allocating nothing but for the data pushed that are asked for.
 * After `next()` returned false, `malformed` tells whether the script ended inside a push.
 */
export class ScriptCursor {
  script: Uint8Array;
  /** Where the next operation begins. */
  position = 0;
  /** Where the current operation begins. */
  start = 0;
  opcode = OP.INVALIDOPCODE as number;
  /** Length of the bytes pushed, which end at `position`; -1 where the opcode is no push of bytes. */
  #pushed = -1;
  malformed = false;
  /** Of a script that is malformed: how far it was read, the length of its last push included. */
  reached = 0;

  constructor(script: Uint8Array, position = 0) {
    this.script = script;
    this.position = position;
  }

  /** Turns to another script. */
  begin(script: Uint8Array): void {
    this.script = script;
    this.position = 0;
    this.malformed = false;
  }

  /** A view of the bytes pushed (empty for OP_0); null where the opcode is no push of bytes. */
  get data(): Uint8Array | null {
    if (this.#pushed < 0) return null;
    return this.#pushed === 0 ? EMPTY : this.script.subarray(this.position - this.#pushed, this.position);
  }

  next(): boolean {
    const script = this.script;
    let at = this.position;
    if (at >= script.length) return false;
    this.start = at;
    const opcode = script[at++]!;
    if (opcode > OP.PUSHDATA4) {
      this.opcode = opcode;
      this.#pushed = -1;
      this.position = at;
      return true;
    }
    let length = opcode;
    if (opcode >= OP.PUSHDATA1) {
      const width = opcode === OP.PUSHDATA1 ? 1 : opcode === OP.PUSHDATA2 ? 2 : 4;
      if (script.length - at < width) return this.#fail(at);
      length = 0;
      for (let i = width - 1; i >= 0; i--) length = length * 256 + script[at + i]!;
      at += width;
    }
    if (script.length - at < length) return this.#fail(at);
    this.opcode = opcode;
    this.#pushed = length;
    this.position = at + length;
    return true;
  }

  #fail(at: number): boolean {
    this.malformed = true;
    this.reached = at;
    this.opcode = OP.INVALIDOPCODE;
    this.#pushed = -1;
    return false;
  }
}

interface ScriptOperation {
  readonly opcode: number;
  readonly data: Uint8Array | null;
  readonly start: number;
  readonly end: number;
}

/** The operations of a script; ends silently where a push is cut short (see ScriptCursor). */
export function* scriptOperations(script: Uint8Array): Generator<ScriptOperation> {
  const cursor = new ScriptCursor(script);
  while (cursor.next())
    yield { opcode: cursor.opcode, data: cursor.data, start: cursor.start, end: cursor.position };
}

/** Push by length alone, never OP_1 to OP_16 (Core's `CScript() << vector`). */
export function pushData(data: Uint8Array): Uint8Array {
  const length = data.length;
  if (length < OP.PUSHDATA1) return concatBytes(Uint8Array.of(length), data);
  if (length <= 0xff) return concatBytes(Uint8Array.of(OP.PUSHDATA1, length), data);
  if (length <= 0xffff) return concatBytes(Uint8Array.of(OP.PUSHDATA2, length, length >> 8), data);
  return concatBytes(Uint8Array.of(OP.PUSHDATA4, length, length >> 8, length >> 16, length >>> 24), data);
}

/** Push of a number in its shortest form: OP_0, OP_1NEGATE, OP_1 to OP_16, else its script number. */
export function pushNumber(value: number | bigint): Uint8Array {
  if (value === 0 || value === 0n) return Uint8Array.of(OP.OP_0);
  if (value >= -1 && value <= 16) return Uint8Array.of(OP.OP_1 - 1 + Number(value));
  return pushData(encodeScriptNumber(BigInt(value)));
}

/** The shortest push of these bytes (BIP62 rule 3, MINIMALDATA). */
export function pushMinimal(data: Uint8Array): Uint8Array {
  const only = data.length === 1 ? data[0]! : 0;
  if (only >= 1 && only <= 16) return Uint8Array.of(OP.OP_1 - 1 + only);
  if (only === 0x81) return Uint8Array.of(OP.OP_1NEGATE);
  return pushData(data);
}

/** Is this push opcode the shortest way to push these bytes? */
export function isMinimalPush(data: Uint8Array, opcode: number): boolean {
  if (data.length === 0) return opcode === OP.OP_0;
  if (data.length === 1) {
    if (data[0]! >= 1 && data[0]! <= 16) return opcode === OP.OP_1 + data[0]! - 1;
    if (data[0] === 0x81) return opcode === OP.OP_1NEGATE;
  }
  if (data.length < OP.PUSHDATA1) return opcode === data.length;
  if (data.length <= 0xff) return opcode === OP.PUSHDATA1;
  if (data.length <= 0xffff) return opcode === OP.PUSHDATA2;
  return true;
}

/** A script from opcodes (numbers) and byte strings, which are pushed in their shortest form. */
export function script(...items: readonly (number | Uint8Array)[]): Uint8Array {
  return concatBytes(
    ...items.map((item) => (typeof item === 'number' ? Uint8Array.of(item) : pushMinimal(item))),
  );
}

/** Such an output can never be spent and is not kept as a coin. */
export function isUnspendable(scriptPubKey: Uint8Array): boolean {
  return (scriptPubKey.length > 0 && scriptPubKey[0] === OP.RETURN) || scriptPubKey.length > MAX_SCRIPT_SIZE;
}

/** Whether a script consists of known operations and pushes of allowed size (Core's HasValidOps). */
export function hasValidOperations(bytes: Uint8Array): boolean {
  const cursor = new ScriptCursor(bytes);
  while (cursor.next())
    if (cursor.opcode > OP.NOP10 || (cursor.data?.length ?? 0) > MAX_SCRIPT_ELEMENT_SIZE) return false;
  return !cursor.malformed;
}

/** OP_RESERVED counts as a push here, as in Core; executing it fails anyway. */
export function isPushOnly(bytes: Uint8Array, position = 0): boolean {
  const cursor = new ScriptCursor(bytes, position);
  while (cursor.next()) if (cursor.opcode > OP.OP_16) return false;
  return !cursor.malformed;
}

/** BIP16: HASH160 <20 bytes> EQUAL, in exactly these bytes. */
export function isPayToScriptHash(scriptPubKey: Uint8Array): boolean {
  return (
    scriptPubKey.length === 23 &&
    scriptPubKey[0] === OP.HASH160 &&
    scriptPubKey[1] === 20 &&
    scriptPubKey[22] === OP.EQUAL
  );
}

export interface WitnessProgram {
  /** 0 to 16 */
  readonly version: number;
  /** 2 to 40 bytes, a view into the script. */
  readonly program: Uint8Array;
}

/** BIP141: a version opcode and one direct push of 2 to 40 bytes. */
export function isWitnessProgram(scriptPubKey: Uint8Array): WitnessProgram | null {
  const { length } = scriptPubKey;
  if (length < 4 || length > 42 || scriptPubKey[1]! + 2 !== length) return null;
  const first = scriptPubKey[0]!;
  if (first !== OP.OP_0 && (first < OP.OP_1 || first > OP.OP_16)) return null;
  const version = first === OP.OP_0 ? 0 : first - OP.OP_1 + 1;
  return { version, program: scriptPubKey.subarray(2) };
}

/** Pay-to-anchor: witness version 1 with the program 4e73; anyone can spend it. */
export function isPayToAnchor(version: number, program: Uint8Array): boolean {
  return version === 1 && program.length === 2 && program[0] === 0x4e && program[1] === 0x73;
}
