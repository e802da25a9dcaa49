/**
 * The rules of scripts, as far as one steps through them. Loaded when a script is first looked at, and the curve when the
 * first signature is met: many scripts have none.
 */
import { fromHex, isHex, toDisplayHex } from '../../core/encoding/bytes.ts';
import { ANY_FORM, decodeTransaction } from '../../core/script/decode-transaction.ts';
import { flagsFromNames, MANDATORY_FLAGS, ScriptFlag, STANDARD_FLAGS } from '../../core/script/flags.ts';
import type { SignatureEngine } from '../../core/script/signature-engine.ts';
import { type TraceSubject, traceInput } from '../../core/script/trace.ts';
import { typedSubject } from '../../core/script/typed-scripts.ts';
import { COIN, parseMoney } from '../../core/transaction/amount.ts';
import { SEQUENCE_FINAL } from '../../core/transaction/transaction.ts';
import { scriptTraceJson } from '../../formats/script-trace.ts';

/** Bytes of stacks and signed messages that are remembered: a script can fill any memory. */
const ROOM = 4_000_000;

const ENGINE_NEEDED = new Error();
let engine = new Proxy({} as SignatureEngine, {
  get() {
    throw ENGINE_NEEDED;
  },
});

export type Trace = ReturnType<typeof scriptTraceJson>;

async function run(subject: TraceSubject): Promise<Trace> {
  try {
    return scriptTraceJson(traceInput(subject, engine, ROOM), subject.flags);
  } catch (error) {
    if (error !== ENGINE_NEEDED) throw error;
    engine = (await import('../../core/script/noble-engine.ts')).nobleEngine;
    return run(subject);
  }
}

export const RULES = Object.freeze({
  ...{ fromHex, isHex, toDisplayHex, ANY_FORM, decodeTransaction, typedSubject, COIN, parseMoney },
  ...{ flagsFromNames, MANDATORY_FLAGS, ScriptFlag, STANDARD_FLAGS, SEQUENCE_FINAL, run },
});
export type Rules = typeof RULES;
