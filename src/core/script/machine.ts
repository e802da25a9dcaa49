/**
 * The state of a script while it runs: stacks, conditions, what signatures commit to. Operations are
 * functions of a machine; they throw ScriptFailure.
 */
import { EMPTY } from '../encoding/bytes.ts';
import { type ScriptError, ScriptFailure } from './errors.ts';
import { ScriptFlag } from './flags.ts';
import { ScriptCursor } from './script.ts';
import { decodeScriptNumber, encodeScriptNumber, isTrue } from './script-number.ts';
import type { TaprootSpend } from './sighash.ts';

/** Operations other than pushes (before BIP342). */
export const MAX_OPS_PER_SCRIPT = 201;
/** Items on both stacks together. */
export const MAX_STACK_SIZE = 1000;

/** Under which rules a script runs. */
export type SigVersion = 'base' | 'witnessV0' | 'tapscript';

export type Operation = (machine: Machine) => void;

const TRUE = Uint8Array.of(1);

/** BIP342: what a tapscript's signatures sign, and how many of them its witness pays for. */
export interface TapscriptContext {
  /** SHA-256 of the annex with its length, or null. */
  readonly annexHash: Uint8Array | null;
  readonly leafHash: Uint8Array;
  /** Weight units that signature checks may still use up. */
  validationWeight: number;
}

/** What a script may ask about the transaction that runs it. */
export interface SignatureChecker {
  /** @param signature with its hash type; @param scriptCode as it is signed, code separators aside */
  checkEcdsa(signature: Uint8Array, key: Uint8Array, scriptCode: Uint8Array, sigVersion: SigVersion): boolean;
  /** @param key 32 bytes @throws ScriptFailure SCHNORR_SIG_SIZE, SCHNORR_SIG_HASHTYPE or SCHNORR_SIG */
  checkSchnorr(signature: Uint8Array, key: Uint8Array, spend: TaprootSpend): void;
  /** BIP341: does the output key commit to the internal key and the tweak? */
  checkTweak(outputX: Uint8Array, parity: 0 | 1, internalX: Uint8Array, tweak: Uint8Array): boolean;
  /** BIP65 */
  checkLockTime(lockTime: bigint): boolean;
  /** BIP112 */
  checkSequence(sequence: bigint): boolean;
  /** Sees each script before every operation and behind the last; shortcuts past the interpreter are not taken then. */
  observe?(machine: Machine): void;
}

export class Machine {
  readonly script: Uint8Array;
  readonly flags: number;
  readonly sigVersion: SigVersion;
  readonly checker: SignatureChecker;
  /** Null unless `sigVersion` is tapscript. */
  readonly tapscript: TapscriptContext | null;
  readonly cursor: ScriptCursor;
  readonly stack: Uint8Array[];
  readonly altStack: Uint8Array[] = [];
  /** One for each OP_IF around the current operation: is its branch taken? */
  readonly conditions: boolean[] = [];
  /** How many of the conditions are false; code runs while none is. */
  skipping = 0;
  /** Operations counted against MAX_OPS_PER_SCRIPT. */
  opCount = 0;
  /** Index of the current operation in the script. */
  operationIndex = 0;
  /** Where the code that signatures sign begins: after the last executed OP_CODESEPARATOR. */
  codeStart = 0;
  /** Index of the last executed OP_CODESEPARATOR, as BIP342 signs it. */
  codeSeparatorPosition = 0xffffffff;

  constructor(
    stack: Uint8Array[],
    script: Uint8Array,
    flags: number,
    sigVersion: SigVersion,
    checker: SignatureChecker,
    tapscript: TapscriptContext | null,
  ) {
    this.stack = stack;
    this.script = script;
    this.flags = flags;
    this.sigVersion = sigVersion;
    this.checker = checker;
    this.tapscript = tapscript;
    this.cursor = new ScriptCursor(script);
  }

  fail(error: ScriptError): never {
    throw new ScriptFailure(error);
  }

  /** Fails unless the stack has this many items. */
  need(count: number): void {
    if (this.stack.length < count) this.fail('INVALID_STACK_OPERATION');
  }

  /** The item at this depth: 1 is the top. The caller knows that it is there. */
  peek(depth: number): Uint8Array {
    return this.stack[this.stack.length - depth]!;
  }

  pop(): Uint8Array {
    return this.stack.pop()!;
  }

  push(item: Uint8Array): void {
    this.stack.push(item);
  }

  pushBoolean(value: boolean): void {
    this.stack.push(value ? TRUE : EMPTY);
  }

  pushNumber(value: bigint): void {
    this.stack.push(encodeScriptNumber(value));
  }

  /** The item at this depth as a number; MINIMALDATA asks for the shortest form. */
  number(depth: number, maxSize?: number): bigint {
    return decodeScriptNumber(this.peek(depth), (this.flags & ScriptFlag.MINIMALDATA) !== 0, maxSize);
  }

  boolean(depth: number): boolean {
    return isTrue(this.peek(depth));
  }

  /** The rule of all ...VERIFY operations: what is on top must be true, and goes. */
  verifyTop(error: ScriptError): void {
    if (!this.boolean(1)) this.fail(error);
    this.pop();
  }

  pushCondition(taken: boolean): void {
    this.conditions.push(taken);
    if (!taken) this.skipping++;
  }

  popCondition(): boolean {
    if (this.conditions.length === 0) this.fail('UNBALANCED_CONDITIONAL');
    const taken = this.conditions.pop()!;
    if (!taken) this.skipping--;
    return taken;
  }
}
