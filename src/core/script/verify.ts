/**
 * Verifies an input: scriptSig, scriptPubKey, then what BIP16, BIP141 and BIP341 make of them.
 * The one place where a ScriptFailure becomes a verdict.
 */
import { equalBytes } from '../encoding/bytes.ts';
import { hash160, sha256 } from '../encoding/hashes.ts';
import { compactSizeLength, Writer } from '../encoding/writer.ts';
import type { Transaction, TxOut } from '../transaction/transaction.ts';
import { type ScriptError, ScriptFailure } from './errors.ts';
import { ScriptFlag } from './flags.ts';
import { evalScript } from './interpreter.ts';
import type { SignatureChecker } from './machine.ts';
import { MAX_STACK_SIZE, type SigVersion, type TapscriptContext } from './machine.ts';
import { isOpSuccess } from './opcodes.ts';
import {
  isPayToAnchor,
  isPayToScriptHash,
  isPushOnly,
  isWitnessProgram,
  MAX_SCRIPT_ELEMENT_SIZE,
  pushData,
  ScriptCursor,
  type WitnessProgram,
} from './script.ts';
import { isTrue } from './script-number.ts';
import { KEY_PATH_SPEND, type SighashContext } from './sighash.ts';
import { TransactionChecker } from './signature-checker.ts';
import { checkKeyEncoding, checkSignatureEncoding } from './signature-encoding.ts';
import type { SignatureEngine } from './signature-engine.ts';
import {
  ANNEX_TAG,
  hasControlBlockSize,
  merkleRootOf,
  parseControlBlock,
  TAPSCRIPT_LEAF,
  tapLeafHash,
  taprootTweak,
} from './taproot.ts';
import { p2pkh } from './templates.ts';

/** BIP342: added to the size of the witness, that is a budget of one free signature. */
const VALIDATION_WEIGHT_OFFSET = 50;

/**
 * @param spent the output that this input spends
 * @param context of this transaction, shared by its inputs; taproot needs all outputs spent in it
 * @returns null if the input may spend the output
 */
export function verifyInput(
  tx: Transaction,
  index: number,
  spent: TxOut,
  flags: number,
  context: SighashContext,
  engine: SignatureEngine,
): ScriptError | null {
  const { scriptSig, witness } = tx.inputs[index]!;
  const checker = new TransactionChecker(context, index, spent, engine);
  return verifyScript(scriptSig, spent.scriptPubKey, witness, flags, checker);
}

/** As verifyInput, for scripts by themselves. */
export function verifyScript(
  scriptSig: Uint8Array,
  scriptPubKey: Uint8Array,
  witness: readonly Uint8Array[],
  flags: number,
  checker: SignatureChecker,
): ScriptError | null {
  try {
    runScripts(scriptSig, scriptPubKey, witness, flags, checker);
    return null;
  } catch (error) {
    if (error instanceof ScriptFailure) return error.error;
    throw error;
  }
}

function fail(error: ScriptError): never {
  throw new ScriptFailure(error);
}

function requireTrue(stack: readonly Uint8Array[]): void {
  const top = stack[stack.length - 1];
  if (top === undefined || !isTrue(top)) fail('EVAL_FALSE');
}

function runScripts(
  scriptSig: Uint8Array,
  scriptPubKey: Uint8Array,
  witness: readonly Uint8Array[],
  flags: number,
  checker: SignatureChecker,
): void {
  let program = flags & ScriptFlag.WITNESS ? isWitnessProgram(scriptPubKey) : null;
  if (program !== null && scriptSig.length === 0) {
    // Nearly every input. The scripts would do no more than push version and program, and be true by the
    // latter: to run them takes a third of what an input takes besides its signature.
    if (!isTrue(program.program)) fail('EVAL_FALSE');
    verifyProgram(program, witness, flags, checker, false);
    return;
  }

  if (flags & ScriptFlag.SIGPUSHONLY && !isPushOnly(scriptSig)) fail('SIG_PUSHONLY');
  // One after the other on one stack, never joined: a scriptSig must not end the other early (CVE-2010-5141).
  let stack: Uint8Array[] = [];
  if (scriptSig.length > 0) evalScript(stack, scriptSig, flags, checker, 'base');
  const afterScriptSig = flags & ScriptFlag.P2SH ? stack.slice() : [];
  evalScript(stack, scriptPubKey, flags, checker, 'base');
  requireTrue(stack);

  // Nothing but the witness may be in it, or third parties could change the txid.
  if (program !== null) fail('WITNESS_MALLEATED');

  if (flags & ScriptFlag.P2SH && isPayToScriptHash(scriptPubKey)) {
    if (!isPushOnly(scriptSig)) fail('SIG_PUSHONLY');
    stack = afterScriptSig;
    const redeemScript = stack.pop()!;
    evalScript(stack, redeemScript, flags, checker, 'base');
    requireTrue(stack);

    program = flags & ScriptFlag.WITNESS ? isWitnessProgram(redeemScript) : null;
    if (program !== null) {
      if (!equalBytes(scriptSig, pushData(redeemScript))) fail('WITNESS_MALLEATED_P2SH');
      verifyProgram(program, witness, flags, checker, true);
      stack.length = 1;
    }
  }

  if (flags & ScriptFlag.CLEANSTACK && stack.length !== 1) fail('CLEANSTACK');
  if (flags & ScriptFlag.WITNESS && program === null && witness.length > 0) fail('WITNESS_UNEXPECTED');
}

/** BIP141. Versions and sizes that have no meaning yet succeed: later soft forks may give them one. */
function verifyProgram(
  { version, program }: WitnessProgram,
  witness: readonly Uint8Array[],
  flags: number,
  checker: SignatureChecker,
  nested: boolean,
): void {
  if (version === 0) verifyVersion0(program, witness, flags, checker);
  else if (version === 1 && program.length === 32 && !nested) {
    if (flags & ScriptFlag.TAPROOT) verifyTaproot(program, witness, flags, checker);
  } else if (!nested && isPayToAnchor(version, program)) return;
  else if (flags & ScriptFlag.DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM)
    fail('DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM');
}

function verifyVersion0(
  program: Uint8Array,
  witness: readonly Uint8Array[],
  flags: number,
  checker: SignatureChecker,
): void {
  if (program.length === 32) {
    const script = witness[witness.length - 1];
    if (script === undefined) fail('WITNESS_PROGRAM_WITNESS_EMPTY');
    if (!equalBytes(sha256(script), program)) fail('WITNESS_PROGRAM_MISMATCH');
    runWitnessScript(witness.slice(0, -1), script, flags, checker, 'witnessV0', null);
  } else if (program.length === 20) verifyKeyHash(program, witness, flags, checker);
  else fail('WITNESS_PROGRAM_WRONG_LENGTH');
}

/**
 * BIP141's P2WPKH: what the script DUP HASH160 <program> EQUALVERIFY CHECKSIG does with the witness, without
 * running it. It is the commonest input, and this takes half the time; a test holds both equal.
 */
function verifyKeyHash(
  program: Uint8Array,
  witness: readonly Uint8Array[],
  flags: number,
  checker: SignatureChecker,
): void {
  if (witness.length !== 2) fail('WITNESS_PROGRAM_MISMATCH');
  if (checker.observe) {
    runWitnessScript(witness.slice(), p2pkh(program), flags, checker, 'witnessV0', null);
    return;
  }
  const [signature, key] = witness as [Uint8Array, Uint8Array];
  if (signature.length > MAX_SCRIPT_ELEMENT_SIZE || key.length > MAX_SCRIPT_ELEMENT_SIZE) fail('PUSH_SIZE');
  if (!equalBytes(hash160(key), program)) fail('EQUALVERIFY');
  checkSignatureEncoding(signature, flags);
  checkKeyEncoding(key, flags, true);
  if (checker.checkEcdsa(signature, key, p2pkh(program), 'witnessV0')) return;
  fail(flags & ScriptFlag.NULLFAIL && signature.length > 0 ? 'SIG_NULLFAIL' : 'EVAL_FALSE');
}

/** BIP341: one item is a signature of the output key; more end in a script and its control block. */
function verifyTaproot(
  outputX: Uint8Array,
  witness: readonly Uint8Array[],
  flags: number,
  checker: SignatureChecker,
): void {
  if (witness.length === 0) fail('WITNESS_PROGRAM_WITNESS_EMPTY');
  const stack = witness.slice();
  let annexHash: Uint8Array | null = null;
  if (stack.length >= 2 && stack[stack.length - 1]![0] === ANNEX_TAG) {
    const annex = stack.pop()!;
    annexHash = sha256(new Writer(annex.length + 9).varBytes(annex).finish());
  }
  if (stack.length === 1) {
    checker.checkSchnorr(
      stack[0]!,
      outputX,
      annexHash === null ? KEY_PATH_SPEND : { ...KEY_PATH_SPEND, annexHash },
    );
    return;
  }
  const control = stack.pop()!;
  const script = stack.pop()!;
  if (!hasControlBlockSize(control)) fail('TAPROOT_WRONG_CONTROL_SIZE');
  const { leafVersion, parity, internalX, path } = parseControlBlock(control);
  const leafHash = tapLeafHash(leafVersion, script);
  const tweak = taprootTweak(internalX, merkleRootOf(leafHash, path));
  if (!checker.checkTweak(outputX, parity, internalX, tweak)) fail('WITNESS_PROGRAM_MISMATCH');
  if (leafVersion === TAPSCRIPT_LEAF) {
    const validationWeight = witnessSize(witness) + VALIDATION_WEIGHT_OFFSET;
    runWitnessScript(stack, script, flags, checker, 'tapscript', { annexHash, leafHash, validationWeight });
  } else if (flags & ScriptFlag.DISCOURAGE_UPGRADABLE_TAPROOT_VERSION)
    fail('DISCOURAGE_UPGRADABLE_TAPROOT_VERSION');
}

/** Bytes of the serialized witness. */
function witnessSize(witness: readonly Uint8Array[]): number {
  let size = compactSizeLength(witness.length);
  for (const item of witness) size += compactSizeLength(item.length) + item.length;
  return size;
}

function runWitnessScript(
  stack: Uint8Array[],
  script: Uint8Array,
  flags: number,
  checker: SignatureChecker,
  sigVersion: SigVersion,
  tapscript: TapscriptContext | null,
): void {
  if (sigVersion === 'tapscript') {
    if (hasOpSuccess(script)) {
      if (flags & ScriptFlag.DISCOURAGE_OP_SUCCESS) fail('DISCOURAGE_OP_SUCCESS');
      return;
    }
    if (stack.length > MAX_STACK_SIZE) fail('STACK_SIZE');
  }
  for (const item of stack) if (item.length > MAX_SCRIPT_ELEMENT_SIZE) fail('PUSH_SIZE');
  evalScript(stack, script, flags, checker, sigVersion, tapscript);
  // In a witness a clean stack is a rule, not policy.
  if (stack.length !== 1) fail('CLEANSTACK');
  requireTrue(stack);
}

/** BIP342: an OP_SUCCESSx that is reached when the script is only read makes it succeed, before any limit. */
function hasOpSuccess(script: Uint8Array): boolean {
  const cursor = new ScriptCursor(script);
  while (cursor.next()) if (isOpSuccess(cursor.opcode)) return true;
  if (cursor.malformed) fail('BAD_OPCODE');
  return false;
}
