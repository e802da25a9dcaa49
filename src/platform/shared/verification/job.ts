/**
 * The inputs of many transactions in one piece of shared memory, from which any thread takes some to
 * verify. Owns the layout and how threads share the work; starts no thread.
 *
 * Memory: 4 int32 of control; per check 3 uint32 (number of its first input, flags, where its bytes begin);
 * the bytes of each check: transaction, then each output spent.
 */
import type { ScriptCheck } from '../../../core/consensus/connect-block.ts';
import { Reader } from '../../../core/encoding/reader.ts';
import { Writer } from '../../../core/encoding/writer.ts';
import { SighashContext } from '../../../core/script/sighash.ts';
import type { SignatureEngine } from '../../../core/script/signature-engine.ts';
import { verifyInput } from '../../../core/script/verify.ts';
import {
  readTxOut,
  sizeOfTxOut,
  Transaction,
  type TxOut,
  writeTxOut,
} from '../../../core/transaction/transaction.ts';

/** Inputs taken at a time: few enough that threads finish together, enough that taking costs nothing. */
const CLAIM = 16;

/** Control words. FAILED is the number of the first input known to be invalid, TOTAL while there is none. */
const NEXT = 0;
const DONE = 1;
const FAILED = 2;
const TOTAL = 3;
const CONTROL_BYTES = 16;

/** Words of a check's entry in the table. */
const FIRST_INPUT = 0;
const FLAGS = 1;
const START = 2;
const ENTRY_WORDS = 3;

export interface SharedJob {
  readonly memory: SharedArrayBuffer;
  readonly checkCount: number;
}

/** Puts the checks into memory that other threads can be given. */
export function shareChecks(checks: readonly ScriptCheck[]): SharedJob {
  const dataStart = CONTROL_BYTES + checks.length * ENTRY_WORDS * 4;
  let size = dataStart;
  for (const { tx, spent } of checks) {
    size += tx.bytes.length;
    for (const output of spent) size += sizeOfTxOut(output);
  }
  // Written where it stays: this is all that the other threads wait for.
  const memory = new SharedArrayBuffer(size);
  const table = new Uint32Array(memory, CONTROL_BYTES, checks.length * ENTRY_WORDS);
  const data = new Writer(new Uint8Array(memory, dataStart));
  let inputs = 0;
  let at = 0;
  for (const { tx, spent, flags } of checks) {
    table[at + FIRST_INPUT] = inputs;
    table[at + FLAGS] = flags;
    table[at + START] = dataStart + data.length;
    data.bytes(tx.bytes);
    for (const output of spent) writeTxOut(data, output);
    inputs += spent.length;
    at += ENTRY_WORDS;
  }
  new Int32Array(memory, 0, CONTROL_BYTES / 4).set([0, 0, inputs, inputs]);
  return { memory, checkCount: checks.length };
}

/** The checks of a job, decoded out of shared memory as a thread comes to them. */
export class SharedChecks {
  readonly #table: Uint32Array;
  /** This thread's own copy: hash functions and engines take no shared memory, and one copy costs least. */
  readonly #reader: Reader;

  constructor({ memory, checkCount }: SharedJob) {
    this.#table = new Uint32Array(memory, CONTROL_BYTES, checkCount * ENTRY_WORDS);
    this.#reader = new Reader(new Uint8Array(memory).slice());
  }

  read(index: number): ScriptCheck {
    const reader = this.#reader;
    reader.position = this.#table[index * ENTRY_WORDS + START]!;
    const tx = Transaction.read(reader);
    const spent: TxOut[] = [];
    for (let i = 0; i < tx.inputs.length; i++) spent.push(readTxOut(reader));
    return { tx, spent, flags: this.#table[index * ENTRY_WORDS + FLAGS]! };
  }
}

/** One thread's part in a job. */
export class JobWorker {
  readonly #control: Int32Array;
  readonly #table: Uint32Array;
  readonly #checkCount: number;
  readonly #total: number;
  readonly #engine: SignatureEngine;
  readonly #load: (index: number) => ScriptCheck;
  #current = -1;
  #check: ScriptCheck | undefined;
  #context: SighashContext | undefined;

  /** @param load the check at this index: the thread's own, or out of the shared memory */
  constructor(
    { memory, checkCount }: SharedJob,
    engine: SignatureEngine,
    load: (index: number) => ScriptCheck,
  ) {
    this.#control = new Int32Array(memory, 0, CONTROL_BYTES / 4);
    this.#table = new Uint32Array(memory, CONTROL_BYTES, checkCount * ENTRY_WORDS);
    this.#checkCount = checkCount;
    this.#total = this.#control[TOTAL]!;
    this.#engine = engine;
    this.#load = load;
  }

  /** Takes some inputs and verifies them; false if all were taken already. */
  step(): boolean {
    const start = Atomics.add(this.#control, NEXT, CLAIM);
    if (start >= this.#total) return false;
    const end = Math.min(start + CLAIM, this.#total);
    // Behind a failure nothing matters; before it, everything is still verified, so that the failure
    // reported is the first one, whichever thread found which.
    for (let number = start; number < end && number < Atomics.load(this.#control, FAILED); number++)
      if (!this.#verify(number)) this.#noteFailure(number);
    Atomics.add(this.#control, DONE, end - start);
    return true;
  }

  /** Has every input been dealt with, by whichever thread? */
  get finished(): boolean {
    return Atomics.load(this.#control, DONE) === this.#total;
  }

  /** The first input that is not valid, once finished. */
  get failure(): { check: number; input: number } | null {
    const number = Atomics.load(this.#control, FAILED);
    if (number === this.#total) return null;
    const check = this.#checkOf(number);
    return { check, input: number - this.#table[check * ENTRY_WORDS + FIRST_INPUT]! };
  }

  #verify(number: number): boolean {
    const index = this.#checkOf(number);
    if (index !== this.#current) {
      this.#current = index;
      this.#check = this.#load(index);
      this.#context = new SighashContext(this.#check.tx, this.#check.spent);
    }
    const { tx, spent, flags } = this.#check!;
    const input = number - this.#table[index * ENTRY_WORDS + FIRST_INPUT]!;
    return verifyInput(tx, input, spent[input]!, flags, this.#context!, this.#engine) === null;
  }

  /** The last check whose first input is not behind this one. */
  #checkOf(number: number): number {
    let low = 0;
    let high = this.#checkCount - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#table[middle * ENTRY_WORDS + FIRST_INPUT]! <= number) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #noteFailure(number: number): void {
    let known = Atomics.load(this.#control, FAILED);
    while (number < known) {
      const seen = Atomics.compareExchange(this.#control, FAILED, known, number);
      if (seen === known) return;
      known = seen;
    }
  }
}

/** What a verifying thread is started with. */
export interface VerifierSetup {
  /** Name of the engine. */
  readonly engine: string;
}

/** What it does with a job: takes inputs until nothing is left. */
export function verifier(engine: SignatureEngine): (job: SharedJob) => void {
  return (job) => {
    const checks = new SharedChecks(job);
    const worker = new JobWorker(job, engine, (index) => checks.read(index));
    while (worker.step());
  };
}
