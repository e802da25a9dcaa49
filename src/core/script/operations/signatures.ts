/** Hashes and signatures: what binds a script to its transaction. */
import { hash160, hash256, ripemd160, sha1, sha256 } from '../../encoding/hashes.ts';
import { ScriptFailure } from '../errors.ts';
import { findAndDelete } from '../find-and-delete.ts';
import { ScriptFlag } from '../flags.ts';
import { MAX_OPS_PER_SCRIPT, type Machine, type Operation } from '../machine.ts';
import { OP } from '../opcodes.ts';
import { pushData } from '../script.ts';
import { checkKeyEncoding, checkSignatureEncoding } from '../signature-encoding.ts';
import { MAX_PUBKEYS_PER_MULTISIG } from '../templates.ts';

/** BIP342: weight units that each signature check with a signature takes from the witness's budget. */
const VALIDATION_WEIGHT_PER_SIGOP = 50;

function hashWith(hash: (data: Uint8Array) => Uint8Array): Operation {
  return (machine) => {
    machine.need(1);
    machine.push(hash(machine.pop()));
  };
}

function codeSeparator(machine: Machine): void {
  machine.codeStart = machine.cursor.position;
  machine.codeSeparatorPosition = machine.operationIndex;
}

/** sig key -- valid */
function checkSig(machine: Machine): void {
  machine.need(2);
  const valid = checkSignature(machine, machine.peek(2), machine.peek(1));
  machine.stack.length -= 2;
  machine.pushBoolean(valid);
}

/** sig n key -- n + valid (BIP342: what tapscript has instead of CHECKMULTISIG) */
function checkSigAdd(machine: Machine): void {
  if (machine.sigVersion !== 'tapscript') machine.fail('BAD_OPCODE');
  machine.need(3);
  const count = machine.number(2);
  const valid = checkSignature(machine, machine.peek(3), machine.peek(1));
  machine.stack.length -= 3;
  machine.pushNumber(count + (valid ? 1n : 0n));
}

function checkSignature(machine: Machine, signature: Uint8Array, key: Uint8Array): boolean {
  if (machine.sigVersion === 'tapscript') return checkTapscriptSignature(machine, signature, key);
  const scriptCode = signedCode(machine, [signature]);
  checkEncodings(machine, signature, key);
  const valid = machine.checker.checkEcdsa(signature, key, scriptCode, machine.sigVersion);
  // BIP146: nothing but an empty signature may fail, or anyone could change it on its way.
  if (!valid && machine.flags & ScriptFlag.NULLFAIL && signature.length > 0) machine.fail('SIG_NULLFAIL');
  return valid;
}

/** BIP342: a signature is valid or empty; unknown kinds of keys are left to later soft forks. */
function checkTapscriptSignature(machine: Machine, signature: Uint8Array, key: Uint8Array): boolean {
  const context = machine.tapscript!;
  const present = signature.length > 0;
  if (present) {
    context.validationWeight -= VALIDATION_WEIGHT_PER_SIGOP;
    if (context.validationWeight < 0) machine.fail('TAPSCRIPT_VALIDATION_WEIGHT');
  }
  if (key.length === 0) machine.fail('TAPSCRIPT_EMPTY_PUBKEY');
  if (key.length === 32) {
    const { annexHash, leafHash } = context;
    const { codeSeparatorPosition } = machine;
    if (present) machine.checker.checkSchnorr(signature, key, { annexHash, leafHash, codeSeparatorPosition });
  } else if (machine.flags & ScriptFlag.DISCOURAGE_UPGRADABLE_PUBKEYTYPE)
    machine.fail('DISCOURAGE_UPGRADABLE_PUBKEYTYPE');
  return present;
}

/** The script from the last code separator on; before segwit, without the signatures themselves. */
function signedCode(machine: Machine, signatures: readonly Uint8Array[]): Uint8Array {
  let code = machine.codeStart === 0 ? machine.script : machine.script.subarray(machine.codeStart);
  if (machine.sigVersion !== 'base') return code;
  for (const signature of signatures) {
    const rest = findAndDelete(code, pushData(signature));
    if (rest !== code && machine.flags & ScriptFlag.CONST_SCRIPTCODE) machine.fail('SIG_FINDANDDELETE');
    code = rest;
  }
  return code;
}

function checkEncodings({ flags, sigVersion }: Machine, signature: Uint8Array, key: Uint8Array): void {
  checkSignatureEncoding(signature, flags);
  checkKeyEncoding(key, flags, sigVersion === 'witnessV0');
}

/**
 * dummy sig... m key... n -- valid. Signatures must be in the order of their keys. One item more than
 * needed is taken: Satoshi's bug, now a rule, which BIP147 narrows to an empty item.
 */
function checkMultisig(machine: Machine): void {
  if (machine.sigVersion === 'tapscript') machine.fail('TAPSCRIPT_CHECKMULTISIG');
  const { flags, stack } = machine;
  machine.need(1);
  const keyCount = Number(machine.number(1));
  if (keyCount < 0 || keyCount > MAX_PUBKEYS_PER_MULTISIG) machine.fail('PUBKEY_COUNT');
  machine.opCount += keyCount;
  if (machine.opCount > MAX_OPS_PER_SCRIPT) machine.fail('OP_COUNT');
  machine.need(keyCount + 2);
  const signatureCount = Number(machine.number(keyCount + 2));
  if (signatureCount < 0 || signatureCount > keyCount) machine.fail('SIG_COUNT');
  const items = keyCount + signatureCount + 2;
  machine.need(items + 1);

  // Last first, as both are compared and deleted.
  const keys = stack.slice(-1 - keyCount, -1).reverse();
  const signatures = stack.slice(-items, stack.length - keyCount - 2).reverse();
  const valid = matchSignatures(machine, signatures, keys);
  if (!valid && flags & ScriptFlag.NULLFAIL && signatures.some((signature) => signature.length > 0))
    machine.fail('SIG_NULLFAIL');
  stack.length -= items;
  if (flags & ScriptFlag.NULLDUMMY && machine.peek(1).length > 0) machine.fail('SIG_NULLDUMMY');
  machine.pop();
  machine.pushBoolean(valid);
}

/**
 * Whether each signature is one of a key, in the order of the keys. Which encodings are looked at before it
 * gives up is part of the rules. But where all are well written nothing but the answer is left, and that is
 * the same from either end: then it begins where the last one was done without a failed try. Wallets put
 * their keys in order, so signatures of two keys out of three take two verifications instead of three.
 */
function matchSignatures(
  machine: Machine,
  signatures: readonly Uint8Array[],
  keys: readonly Uint8Array[],
): boolean {
  const scriptCode = signedCode(machine, signatures);
  // Who watches is shown the order that the rules tell of.
  const mayReverse = fromFirst && machine.checker.observe === undefined;
  const reversed = mayReverse && signatures.length < keys.length && areWellWritten(machine, signatures, keys);
  const [theseSignatures, theseKeys] = reversed
    ? [signatures.toReversed(), keys.toReversed()]
    : [signatures, keys];
  const tries = countTries(machine, scriptCode, theseSignatures, theseKeys);
  if (tries === null) return false;
  if (tries > signatures.length && machine.checker.observe === undefined) fromFirst = !fromFirst;
  return true;
}

/** Only what is tried first depends on it, never the answer. */
let fromFirst = false;

/** Verifications until every signature has its key; null if one has none. */
function countTries(
  machine: Machine,
  scriptCode: Uint8Array,
  signatures: readonly Uint8Array[],
  keys: readonly Uint8Array[],
): number | null {
  const { checker, sigVersion } = machine;
  let matched = 0;
  let tried = 0;
  for (; matched < signatures.length; tried++) {
    if (signatures.length - matched > keys.length - tried) return null;
    const signature = signatures[matched]!;
    const key = keys[tried]!;
    checkEncodings(machine, signature, key);
    if (checker.checkEcdsa(signature, key, scriptCode, sigVersion)) matched++;
  }
  return tried;
}

function areWellWritten(
  { flags, sigVersion }: Machine,
  signatures: readonly Uint8Array[],
  keys: readonly Uint8Array[],
): boolean {
  try {
    for (const signature of signatures) checkSignatureEncoding(signature, flags);
    for (const key of keys) checkKeyEncoding(key, flags, sigVersion === 'witnessV0');
    return true;
  } catch (error) {
    if (error instanceof ScriptFailure) return false;
    throw error;
  }
}

function thenVerify(operate: Operation, error: 'CHECKSIGVERIFY' | 'CHECKMULTISIGVERIFY'): Operation {
  return (machine) => {
    operate(machine);
    machine.verifyTop(error);
  };
}

export const SIGNATURE_OPERATIONS: readonly (readonly [number, Operation])[] = [
  [OP.RIPEMD160, hashWith(ripemd160)],
  [OP.SHA1, hashWith(sha1)],
  [OP.SHA256, hashWith(sha256)],
  [OP.HASH160, hashWith(hash160)],
  [OP.HASH256, hashWith(hash256)],
  [OP.CODESEPARATOR, codeSeparator],
  [OP.CHECKSIG, checkSig],
  [OP.CHECKSIGVERIFY, thenVerify(checkSig, 'CHECKSIGVERIFY')],
  [OP.CHECKSIGADD, checkSigAdd],
  [OP.CHECKMULTISIG, checkMultisig],
  [OP.CHECKMULTISIGVERIFY, thenVerify(checkMultisig, 'CHECKMULTISIGVERIFY')],
];
