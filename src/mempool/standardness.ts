/**
 * Which valid transactions are relayed: forms that are known, and that cost no more to judge than they look.
 * Owns what needs no mempool; dust and version 3 are in files of their own.
 */
import { Invalid } from '../core/encoding/errors.ts';
import { type ScriptError, ScriptFailure, scriptErrorMessage } from '../core/script/errors.ts';
import { evalScript } from '../core/script/interpreter.ts';
import { isPayToAnchor, isPayToScriptHash, isPushOnly, isWitnessProgram } from '../core/script/script.ts';
import { NOTHING_SIGNED } from '../core/script/signature-checker.ts';
import { countSigOps, lastPush } from '../core/script/sigops.ts';
import {
  MAX_STANDARD_P2WSH_SCRIPT_SIZE,
  MAX_STANDARD_P2WSH_STACK_ITEMS,
  MAX_STANDARD_TX_WEIGHT,
  MAX_STANDARD_VERSION,
  MIN_STANDARD_TX_NONWITNESS_SIZE,
} from '../core/script/standard.ts';
import { ANNEX_TAG, LEAF_VERSION_MASK, TAPSCRIPT_LEAF } from '../core/script/taproot.ts';
import { solve } from '../core/script/templates.ts';
import type { Transaction, TxIn, TxOut } from '../core/transaction/transaction.ts';
import { dustOutputs, MAX_DUST_OUTPUTS } from './dust.ts';
import type { MempoolPolicy } from './policy.ts';

/** Bytes: room for a 15-of-15 P2SH multisig. */
const MAX_SCRIPTSIG_SIZE = 1_650;
const MAX_P2SH_SIGOPS = 15;
/** BIP54: signature operations outside witnesses that a transaction may run. */
const MAX_LEGACY_SIGOPS = 2_500;
const MAX_STACK_ITEM_SIZE = 80;

const nonstandard = (reason: string, detail?: string) => new Invalid('policy', reason, detail);

/** What the transaction shows by itself. @throws Invalid */
export function checkStandard(tx: Transaction, policy: MempoolPolicy): void {
  if (tx.version < 1 || tx.version > MAX_STANDARD_VERSION) throw nonstandard('version');
  if (tx.weight > MAX_STANDARD_TX_WEIGHT) throw nonstandard('tx-size');
  for (const { scriptSig } of tx.inputs) {
    if (scriptSig.length > MAX_SCRIPTSIG_SIZE) throw nonstandard('scriptsig-size');
    if (!isPushOnly(scriptSig)) throw nonstandard('scriptsig-not-pushonly');
  }
  let dataCarrierBytes = policy.maxDataCarrierBytes;
  for (const { scriptPubKey } of tx.outputs) {
    const { type, solutions, required = 0 } = solve(scriptPubKey);
    if (type === 'nonstandard') throw nonstandard('scriptpubkey');
    if (type === 'nulldata') {
      dataCarrierBytes -= scriptPubKey.length;
      if (dataCarrierBytes < 0) throw nonstandard('datacarrier');
    } else if (type === 'multisig') {
      if (solutions.length > 3 || required > solutions.length) throw nonstandard('scriptpubkey');
      if (!policy.permitBareMultisig) throw nonstandard('bare-multisig');
    }
  }
  if (dustOutputs(tx, policy.dustRelayFeeRate).length > MAX_DUST_OUTPUTS) throw nonstandard('dust');
}

/** CVE-2017-12842. Holds whatever the options say. @throws Invalid */
export function checkNotTooSmall(tx: Transaction): void {
  if (tx.strippedSize < MIN_STANDARD_TX_NONWITNESS_SIZE) throw nonstandard('tx-size-small');
}

/** BIP54 counts operations where they may run: in the scriptSig and in what it spends. */
function legacySigOps({ scriptSig }: TxIn, { scriptPubKey }: TxOut): number {
  const run = isPayToScriptHash(scriptPubKey) ? lastPush(scriptSig) : scriptPubKey;
  return countSigOps(scriptSig, true) + (run === null ? 0 : countSigOps(run, true));
}

/** Runs a scriptSig by itself: that it only pushes is known, but not that each push, or all of them, may be. */
function pushAll(stack: Uint8Array[], scriptSig: Uint8Array): ScriptError | null {
  try {
    evalScript(stack, scriptSig, 0, NOTHING_SIGNED, 'base');
    return null;
  } catch (error) {
    if (error instanceof ScriptFailure) return error.error;
    throw error;
  }
}

/** @param spent the output that each input spends. @throws Invalid */
export function checkInputsStandard(tx: Transaction, spent: readonly TxOut[]): void {
  const refuse = (detail: string) => nonstandard('bad-txns-nonstandard-inputs', detail);
  let sigOps = 0;
  tx.inputs.forEach((input, i) => {
    sigOps += legacySigOps(input, spent[i]!);
    if (sigOps > MAX_LEGACY_SIGOPS) throw refuse('non-witness sigops exceed bip54 limit');
  });
  tx.inputs.forEach(({ scriptSig }, i) => {
    const { type } = solve(spent[i]!.scriptPubKey);
    if (type === 'nonstandard') throw refuse(`input ${i} script unknown`);
    if (type === 'witness_unknown') throw refuse(`input ${i} witness program is undefined`);
    if (type !== 'scripthash') return;
    const stack: Uint8Array[] = [];
    const error = pushAll(stack, scriptSig);
    if (error !== null) throw refuse(`p2sh scriptsig malformed (input ${i}: ${scriptErrorMessage(error)})`);
    const redeem = stack.at(-1);
    if (redeem === undefined) throw refuse(`input ${i} P2SH redeemscript missing`);
    const count = countSigOps(redeem, true);
    if (count > MAX_P2SH_SIGOPS)
      throw refuse(`p2sh redeemscript sigops exceed limit (input ${i}: ${count} > ${MAX_P2SH_SIGOPS})`);
  });
}

/** The witness program that an input runs, directly or inside P2SH. */
function witnessProgramOf({ scriptSig }: TxIn, { scriptPubKey }: TxOut) {
  const nested = isPayToScriptHash(scriptPubKey);
  const script = nested ? lastPush(scriptSig) : scriptPubKey;
  const program = script === null ? null : isWitnessProgram(script);
  return program === null ? null : { ...program, nested };
}

/** Witnesses are cheap, so they must not be stuffed. @throws Invalid */
export function checkWitnessStandard(tx: Transaction, spent: readonly TxOut[]): void {
  tx.inputs.forEach((input, i) => {
    if (input.witness.length > 0 && !isWitnessStandard(input, spent[i]!))
      throw nonstandard('bad-witness-nonstandard');
  });
}

function isWitnessStandard(input: TxIn, spent: TxOut): boolean {
  const program = witnessProgramOf(input, spent);
  if (program === null || (!program.nested && isPayToAnchor(program.version, program.program))) return false;
  const stack = input.witness;
  const last = stack.at(-1)!;
  const small = (item: Uint8Array) => item.length <= MAX_STACK_ITEM_SIZE;
  if (program.version === 0 && program.program.length === 32) {
    const items = stack.slice(0, -1);
    return (
      last.length <= MAX_STANDARD_P2WSH_SCRIPT_SIZE &&
      items.length <= MAX_STANDARD_P2WSH_STACK_ITEMS &&
      items.every(small)
    );
  }
  if (program.version === 1 && program.program.length === 32 && !program.nested && stack.length >= 2) {
    if (last.length === 0 || last[0] === ANNEX_TAG) return false;
    return (last[0]! & LEAF_VERSION_MASK) !== TAPSCRIPT_LEAF || stack.slice(0, -2).every(small);
  }
  return true;
}

/** Could a transaction without witnesses have lost them on the way? */
export function needsWitness(tx: Transaction, spent: readonly TxOut[]): boolean {
  return tx.inputs.some((input, i) => {
    const program = witnessProgramOf(input, spent[i]!);
    return program !== null && (program.nested || !isPayToAnchor(program.version, program.program));
  });
}
