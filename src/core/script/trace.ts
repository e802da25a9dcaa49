/**
 * Verifies an input and remembers how: each script, each operation with the stack behind it, each signature with the
 * message that it signs. Judges nothing itself; the verdict is that of `verify.ts`.
 */
import { hash256, taggedHash } from '../encoding/hashes.ts';
import { Writer } from '../encoding/writer.ts';
import type { Transaction, TxOut } from '../transaction/transaction.ts';
import type { ScriptError } from './errors.ts';
import { hasLegacyMessage, writeLegacyMessage } from './legacy-sighash.ts';
import type { Machine, SigVersion } from './machine.ts';
import {
  type FieldMark,
  SighashContext,
  type TaprootSpend,
  writeSegwitMessage,
  writeTaprootMessage,
} from './sighash.ts';
import { SIGHASH } from './sighash-type.ts';
import { TransactionChecker } from './signature-checker.ts';
import type { SignatureEngine } from './signature-engine.ts';
import { verifyScript } from './verify.ts';

interface SignedMessage {
  /** One after the other they are what is hashed; taproot's tag is not among them. */
  readonly fields: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  /** 32 bytes, internal order */
  readonly hash: Uint8Array;
}

export interface SignatureCheck {
  readonly kind: 'ecdsa' | 'schnorr';
  readonly signature: Uint8Array;
  readonly key: Uint8Array;
  readonly hashType: number;
  readonly valid: boolean;
  /** Null where there is none: no signature, a hash type without a meaning, or SINGLE without its output. */
  readonly message: SignedMessage | null;
}

interface ScriptStep {
  /** Where the operation begins in the script. */
  readonly at: number;
  readonly opcode: number;
  readonly data: Uint8Array | null;
  /** False in a branch that is not taken. */
  readonly executed: boolean;
  /** Behind the operation, the top last; of one that failed, as it was left. */
  stack: readonly Uint8Array[];
  altStack: readonly Uint8Array[];
  readonly signatures: SignatureCheck[];
}

type ScriptRole = 'scriptSig' | 'scriptPubKey' | 'redeemScript' | 'witnessScript' | 'tapscript';

interface ScriptRun {
  readonly role: ScriptRole;
  readonly script: Uint8Array;
  /** Before its first operation. */
  readonly stack: readonly Uint8Array[];
  readonly steps: ScriptStep[];
}

export interface ScriptTrace {
  /** Null if the input may spend the output. */
  readonly error: ScriptError | null;
  readonly runs: readonly ScriptRun[];
  /** Those that no script asks for: taproot's key path. */
  readonly signatures: readonly SignatureCheck[];
  /** More was to be remembered than was allowed. */
  readonly isCutShort: boolean;
}

export interface TraceSubject {
  readonly tx: Transaction;
  readonly index: number;
  /** One for each input; those that are unknown are needed by taproot only. */
  readonly spent: readonly (TxOut | null)[];
  readonly flags: number;
}

/**
 * @param room bytes of stacks and messages that may be remembered: a script can fill any memory
 * @throws RangeError if the output that the input spends is not given
 */
export function traceInput(
  { tx, index, spent, flags }: TraceSubject,
  engine: SignatureEngine,
  room: number,
): ScriptTrace {
  const output = spent[index];
  if (output == null) throw new RangeError('the output that is spent is unknown');
  const isWhole = spent.every((each) => each !== null);
  const context = new SighashContext(tx, isWhole ? (spent as TxOut[]) : null);
  const { scriptSig, witness } = tx.inputs[index]!;
  const checker = new TracingChecker({ context, index, spent: output, scriptSig }, engine, room);
  const error = verifyScript(scriptSig, output.scriptPubKey, witness, flags, checker);
  const { runs, signatures, isCutShort } = checker;
  return { error, runs, signatures, isCutShort };
}

interface Place {
  readonly context: SighashContext;
  readonly index: number;
  readonly spent: TxOut;
  readonly scriptSig: Uint8Array;
}

class TracingChecker extends TransactionChecker {
  readonly runs: ScriptRun[] = [];
  readonly signatures: SignatureCheck[] = [];
  isCutShort = false;
  readonly #place: Place;
  #room: number;
  #machine: Machine | undefined;
  #step: ScriptStep | undefined;

  constructor(place: Place, engine: SignatureEngine, room: number) {
    super(place.context, place.index, place.spent, engine);
    this.#place = place;
    this.#room = room;
  }

  observe(machine: Machine): void {
    const { cursor, script, stack } = machine;
    if (machine !== this.#machine) {
      this.#machine = machine;
      this.#step = undefined;
      this.runs.push({ role: this.#roleOf(machine), script, stack: stack.slice(), steps: [] });
    }
    const last = this.#step;
    if (last !== undefined) this.#settle(last, machine);
    // Behind the last operation the cursor has not moved.
    if (cursor.position === 0 || last?.at === cursor.start || this.isCutShort) return;
    const { opcode, data, start: at } = cursor;
    const executed = machine.skipping === 0;
    // What an operation that fails has left is seen in the arrays themselves.
    this.#step = { at, opcode, data, executed, stack, altStack: machine.altStack, signatures: [] };
    this.runs.at(-1)!.steps.push(this.#step);
  }

  override checkEcdsa(
    signature: Uint8Array,
    key: Uint8Array,
    code: Uint8Array,
    version: SigVersion,
  ): boolean {
    const valid = super.checkEcdsa(signature, key, code, version);
    const hashType = signature.at(-1) ?? 0;
    this.#note({ kind: 'ecdsa', signature, key, hashType, valid }, () =>
      signature.length === 0 ? null : this.#ecdsaMessage(code, hashType, version),
    );
    return valid;
  }

  override checkSchnorr(signature: Uint8Array, key: Uint8Array, spend: TaprootSpend): void {
    const hashType = signature.length === 65 ? signature[64]! : SIGHASH.DEFAULT;
    let valid = false;
    try {
      super.checkSchnorr(signature, key, spend);
      valid = true;
    } finally {
      this.#note({ kind: 'schnorr', signature, key, hashType, valid }, () =>
        this.#schnorrMessage(hashType, spend),
      );
    }
  }

  #roleOf({ script, sigVersion }: Machine): ScriptRole {
    if (sigVersion === 'tapscript') return sigVersion;
    if (sigVersion === 'witnessV0') return 'witnessScript';
    const before = this.runs.length;
    if (before === 0 && script === this.#place.scriptSig) return 'scriptSig';
    return script === this.#place.spent.scriptPubKey ? 'scriptPubKey' : 'redeemScript';
  }

  #settle(step: ScriptStep, { stack, altStack }: Machine): void {
    if (step.stack !== stack) return;
    step.stack = stack.slice();
    step.altStack = altStack.slice();
    for (const items of [stack, altStack]) for (const item of items) this.#take(item.length + 8);
    this.#take(32);
  }

  #take(bytes: number): void {
    this.#room -= bytes;
    if (this.#room < 0) this.isCutShort = true;
  }

  #note(check: Omit<SignatureCheck, 'message'>, messageOf: () => SignedMessage | null): void {
    if (this.isCutShort) return;
    const message = messageOf();
    (this.#step?.signatures ?? this.signatures).push({ ...check, message });
    for (const { bytes } of message?.fields ?? []) this.#take(bytes.length + 32);
  }

  #ecdsaMessage(scriptCode: Uint8Array, hashType: number, version: SigVersion): SignedMessage | null {
    const { context, index, spent } = this.#place;
    if (version === 'base' && !hasLegacyMessage(context.tx, index, hashType)) return null;
    const { fields, bytes } = fieldsOf((writer, mark) => {
      if (version === 'base') writeLegacyMessage(writer, context, index, { scriptCode, hashType }, mark);
      else writeSegwitMessage(writer, context, index, { scriptCode, amount: spent.value, hashType }, mark);
    });
    return { fields, hash: hash256(bytes) };
  }

  #schnorrMessage(hashType: number, spend: TaprootSpend): SignedMessage | null {
    const { context, index } = this.#place;
    let isDefined = true;
    const { fields, bytes } = fieldsOf((writer, mark) => {
      isDefined = writeTaprootMessage(writer, context, index, hashType, spend, mark);
    });
    return isDefined ? { fields, hash: taggedHash('TapSighash', bytes) } : null;
  }
}

function fieldsOf(write: (writer: Writer, mark: FieldMark) => void): {
  readonly fields: SignedMessage['fields'];
  readonly bytes: Uint8Array;
} {
  const writer = new Writer(512);
  const ends: { name: string; end: number }[] = [];
  write(writer, (name) => ends.push({ name, end: writer.length }));
  const bytes = writer.finish();
  const fields = ends.map(({ name, end }, i) => ({
    name,
    bytes: bytes.subarray(ends[i - 1]?.end ?? 0, end),
  }));
  return { fields, bytes };
}
