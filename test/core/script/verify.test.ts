/** Whole inputs: every kind of output and hash type, what BIP16, 141, 147, 341 and 342 add, policy flags. */
import { describe, expect, test } from 'vitest';
import { concatBytes, EMPTY } from '../../../src/core/encoding/bytes.ts';
import { hash160, sha256 } from '../../../src/core/encoding/hashes.ts';
import { MANDATORY_FLAGS, ScriptFlag, STANDARD_FLAGS } from '../../../src/core/script/flags.ts';
import { legacySighash } from '../../../src/core/script/legacy-sighash.ts';
import { nobleEngine } from '../../../src/core/script/noble-engine.ts';
import { OP } from '../../../src/core/script/opcodes.ts';
import { pushData, pushNumber, script } from '../../../src/core/script/script.ts';
import { SighashContext, segwitSighash, taprootSighash } from '../../../src/core/script/sighash.ts';
import { SIGHASH } from '../../../src/core/script/sighash-type.ts';
import {
  publicKeyOf,
  signEcdsa,
  signSchnorr,
  taprootOutputKey,
  xOnlyKeyOf,
} from '../../../src/core/script/signing.ts';
import { controlBlock, hashTapTree } from '../../../src/core/script/taproot.ts';
import {
  multisig,
  p2pk,
  p2sh,
  p2tr,
  p2wpkh,
  p2wsh,
  witnessProgramScript,
} from '../../../src/core/script/templates.ts';
import { verifyInput } from '../../../src/core/script/verify.ts';
import { SEQUENCE_FINAL, Transaction, type TxOut } from '../../../src/core/transaction/transaction.ts';
import { makeSpend, SPEND_KINDS, secretOf } from '../../support/spends.ts';

const secret = secretOf(1);
const key = publicKeyOf(secret);
const xKey = xOnlyKeyOf(secret);
const { P2SH, WITNESS, TAPROOT } = ScriptFlag;

interface Attempt {
  readonly scriptPubKey: Uint8Array;
  readonly scriptSig?: Uint8Array;
  readonly witness?: readonly Uint8Array[];
  readonly sequence?: number;
  readonly lockTime?: number;
  readonly version?: number;
}

function build({ scriptPubKey, scriptSig = EMPTY, witness = [], ...fields }: Attempt) {
  const spent: TxOut = { value: 1000n, scriptPubKey };
  const { sequence = SEQUENCE_FINAL, lockTime = 0, version = 2 } = fields;
  const input = { prevout: { txid: new Uint8Array(32).fill(1), vout: 0 }, scriptSig, witness, sequence };
  const outputs = [{ value: 900n, scriptPubKey: EMPTY }];
  return { tx: Transaction.from({ version, inputs: [input], outputs, lockTime }), spent };
}

function verify(attempt: Attempt, flags: number = MANDATORY_FLAGS): string {
  const { tx, spent } = build(attempt);
  return verifyInput(tx, 0, spent, flags, new SighashContext(tx, [spent]), nobleEngine) ?? 'OK';
}

const contextOf = (attempt: Attempt) => {
  const { tx, spent } = build(attempt);
  return new SighashContext(tx, [spent]);
};

const withType = (signature: Uint8Array, type: number = SIGHASH.ALL) =>
  concatBytes(signature, Uint8Array.of(type));

/** A legacy signature of the one input that spends this output. */
function sign(scriptPubKey: Uint8Array, code = scriptPubKey, by = secret): Uint8Array {
  return withType(signEcdsa(legacySighash(contextOf({ scriptPubKey }), 0, code, SIGHASH.ALL), by));
}

/** A P2WSH spend of this script by these items. */
function wsh(witnessScript: Uint8Array, ...items: readonly Uint8Array[]): Attempt {
  return { scriptPubKey: p2wsh(sha256(witnessScript)), witness: [...items, witnessScript] };
}

describe('every kind of output', () => {
  const types = [1, 2, 3, 0x81, 0x82, 0x83];
  test.each(SPEND_KINDS)('%s verifies under every hash type, and not with an output changed', (kind) => {
    for (const hashType of types) {
      const { tx, spent } = makeSpend([kind, 'p2pk'], { hashType });
      const check = (each: Transaction) =>
        verifyInput(each, 0, spent[0]!, STANDARD_FLAGS, new SighashContext(each, spent), nobleEngine);
      expect(check(tx), `type ${hashType}`).toBeNull();
      const [first, second] = tx.outputs as [TxOut, TxOut];
      const changed = (outputs: readonly TxOut[]) =>
        check(Transaction.from({ ...tx, inputs: tx.inputs, outputs }));
      const base = hashType & 3;
      const ownChanged = changed([{ ...first, value: 1n }, second]);
      const otherChanged = changed([first, { ...second, value: 1n }]);
      expect(ownChanged === null).toBe(base === SIGHASH.NONE);
      expect(otherChanged === null).toBe(base !== SIGHASH.ALL);
    }
  });
});

describe('P2SH (BIP16)', () => {
  const redeem = script(OP.OP_1ADD, OP.OP_2, OP.EQUAL);
  const scriptPubKey = p2sh(hash160(redeem));

  test('runs the redeem script on what is left of the stack', () => {
    expect(verify({ scriptPubKey, scriptSig: script(OP.OP_1, redeem) })).toBe('OK');
    expect(verify({ scriptPubKey, scriptSig: script(OP.OP_2, redeem) })).toBe('EVAL_FALSE');
    expect(verify({ scriptPubKey, scriptSig: script(OP.OP_1, script(OP.OP_1)) })).toBe('EVAL_FALSE');
    expect(verify({ scriptPubKey, scriptSig: script(OP.OP_2, redeem) }, 0)).toBe('OK');
  });

  test('wants nothing but pushes', () => {
    const scriptSig = concatBytes(Uint8Array.of(OP.NOP, OP.OP_1), pushData(redeem));
    expect(verify({ scriptPubKey, scriptSig })).toBe('SIG_PUSHONLY');
    expect(verify({ scriptPubKey: script(OP.OP_1), scriptSig: script(OP.NOP) }, ScriptFlag.SIGPUSHONLY)).toBe(
      'SIG_PUSHONLY',
    );
  });

  test('is not there before its flag', () => {
    expect(verify({ scriptPubKey, scriptSig: concatBytes(Uint8Array.of(OP.NOP), pushData(redeem)) }, 0)).toBe(
      'OK',
    );
  });
});

describe('witness programs (BIP141)', () => {
  test('want an empty scriptSig, or exactly the push of the program in P2SH', () => {
    const program = p2wsh(sha256(script(OP.OP_1)));
    const witness = [script(OP.OP_1)];
    expect(verify({ scriptPubKey: program, witness })).toBe('OK');
    expect(verify({ scriptPubKey: program, witness, scriptSig: script(OP.OP_1) })).toBe('WITNESS_MALLEATED');
    const nested = p2sh(hash160(program));
    expect(verify({ scriptPubKey: nested, witness, scriptSig: pushData(program) })).toBe('OK');
    const scriptSig = concatBytes(script(OP.OP_1), pushData(program));
    expect(verify({ scriptPubKey: nested, witness, scriptSig })).toBe('WITNESS_MALLEATED_P2SH');
  });

  test('of version 0 have 20 or 32 bytes', () => {
    for (const length of [2, 19, 21, 31, 33, 40])
      expect(verify({ scriptPubKey: witnessProgramScript(0, new Uint8Array(length).fill(1)) })).toBe(
        'WITNESS_PROGRAM_WRONG_LENGTH',
      );
  });

  test('name what is wrong with their witness', () => {
    const { scriptPubKey } = wsh(script(OP.OP_1));
    expect(verify({ scriptPubKey })).toBe('WITNESS_PROGRAM_WITNESS_EMPTY');
    expect(verify({ scriptPubKey, witness: [script(OP.OP_2)] })).toBe('WITNESS_PROGRAM_MISMATCH');
    const keyHash = p2wpkh(hash160(key));
    expect(verify({ scriptPubKey: keyHash, witness: [key] })).toBe('WITNESS_PROGRAM_MISMATCH');
    expect(verify({ scriptPubKey: keyHash, witness: [EMPTY, key, key] })).toBe('WITNESS_PROGRAM_MISMATCH');
    expect(verify({ scriptPubKey: keyHash, witness: [EMPTY, xKey] })).toBe('EQUALVERIFY');
    expect(verify({ scriptPubKey: script(OP.OP_1), witness: [key] })).toBe('WITNESS_UNEXPECTED');
    expect(verify({ scriptPubKey: script(OP.OP_1), witness: [key] }, P2SH)).toBe('OK');
  });

  test('leave exactly one true item, and limit their items', () => {
    expect(verify(wsh(script(OP.OP_1, OP.OP_1)))).toBe('CLEANSTACK');
    expect(verify(wsh(script(OP.OP_0)))).toBe('EVAL_FALSE');
    expect(verify(wsh(script(OP.DROP, OP.OP_1), new Uint8Array(520)))).toBe('OK');
    expect(verify(wsh(script(OP.DROP, OP.OP_1), new Uint8Array(521)))).toBe('PUSH_SIZE');
  });

  test('of unknown versions succeed, unless policy discourages them', () => {
    const discourage = MANDATORY_FLAGS | ScriptFlag.DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM;
    for (const [version, length] of [
      [1, 31],
      [1, 33],
      [2, 32],
      [16, 2],
    ] as const) {
      const scriptPubKey = witnessProgramScript(version, new Uint8Array(length).fill(1));
      expect(verify({ scriptPubKey })).toBe('OK');
      expect(verify({ scriptPubKey }, discourage)).toBe('DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM');
    }
    const anchor = witnessProgramScript(1, Uint8Array.of(0x4e, 0x73));
    expect(verify({ scriptPubKey: anchor }, discourage)).toBe('OK');
    expect(verify({ scriptPubKey: p2sh(hash160(anchor)), scriptSig: pushData(anchor) }, discourage)).toBe(
      'DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM',
    );
  });

  test('are not there before their flag', () => {
    expect(verify({ scriptPubKey: p2wsh(new Uint8Array(32).fill(1)) }, P2SH)).toBe('OK');
  });

  test('take compressed keys only, by policy', () => {
    const long = publicKeyOf(secret, false);
    const code = script(long, OP.CHECKSIG);
    const attempt = wsh(code);
    const signature = withType(signEcdsa(segwitSighash(contextOf(attempt), 0, code, 1000n, 1), secret));
    expect(verify(wsh(code, signature))).toBe('OK');
    expect(verify(wsh(code, signature), MANDATORY_FLAGS | ScriptFlag.WITNESS_PUBKEYTYPE)).toBe(
      'WITNESS_PUBKEYTYPE',
    );
  });
});

describe('legacy signatures', () => {
  const scriptPubKey = p2pk(key);
  const signature = sign(scriptPubKey);

  test('are cut out of the code that they sign, push by push', () => {
    // The output itself holds a push of the signature: FindAndDelete takes it away before hashing.
    const withDrop = concatBytes(Uint8Array.of(OP.DROP), scriptPubKey);
    const matching = sign(withDrop);
    const holding = concatBytes(pushData(matching), withDrop);
    expect(verify({ scriptPubKey: holding, scriptSig: script(matching) })).toBe('OK');
    expect(verify({ scriptPubKey: holding, scriptSig: script(matching) }, ScriptFlag.CONST_SCRIPTCODE)).toBe(
      'SIG_FINDANDDELETE',
    );
  });

  test('sign the code after the last executed separator', () => {
    const output = concatBytes(script(OP.OP_1, OP.DROP, OP.CODESEPARATOR), scriptPubKey);
    const own = withType(
      signEcdsa(legacySighash(contextOf({ scriptPubKey: output }), 0, scriptPubKey, 1), secret),
    );
    expect(verify({ scriptPubKey: output, scriptSig: script(own) })).toBe('OK');
    const skipped = concatBytes(script(OP.OP_0, OP.IF, OP.CODESEPARATOR, OP.ENDIF), scriptPubKey);
    const without = concatBytes(script(OP.OP_0, OP.IF, OP.ENDIF), scriptPubKey);
    const other = withType(
      signEcdsa(legacySighash(contextOf({ scriptPubKey: skipped }), 0, without, 1), secret),
    );
    expect(verify({ scriptPubKey: skipped, scriptSig: script(other) })).toBe('OK');
  });

  test('that fail are false, or an error by NULLFAIL unless they are empty', () => {
    const not = concatBytes(scriptPubKey, Uint8Array.of(OP.NOT));
    expect(verify({ scriptPubKey: not, scriptSig: script(signature) })).toBe('OK');
    expect(verify({ scriptPubKey: not, scriptSig: script(signature) }, ScriptFlag.NULLFAIL)).toBe(
      'SIG_NULLFAIL',
    );
    expect(verify({ scriptPubKey: not, scriptSig: script(OP.OP_0) }, ScriptFlag.NULLFAIL)).toBe('OK');
    const checkVerify = script(key, OP.CHECKSIGVERIFY, OP.OP_1);
    expect(verify({ scriptPubKey: checkVerify, scriptSig: script(OP.OP_0) })).toBe('CHECKSIGVERIFY');
    expect(verify({ scriptPubKey: checkVerify, scriptSig: script(sign(checkVerify)) })).toBe('OK');
  });

  test('are written as the flags ask', () => {
    const high = signature.slice();
    high[4] = high[4]! | 0x80;
    expect(verify({ scriptPubKey, scriptSig: script(high) }, ScriptFlag.DERSIG)).toBe('SIG_DER');
    const odd = concatBytes(signature.subarray(0, -1), Uint8Array.of(5));
    expect(verify({ scriptPubKey, scriptSig: script(odd) }, ScriptFlag.STRICTENC)).toBe('SIG_HASHTYPE');
    const hybrid = concatBytes(
      Uint8Array.of(6 + (publicKeyOf(secret, false)[64]! & 1)),
      publicKeyOf(secret, false).subarray(1),
    );
    const output = p2pk(hybrid);
    expect(verify({ scriptPubKey: output, scriptSig: script(sign(output)) })).toBe('OK');
    expect(verify({ scriptPubKey: output, scriptSig: script(sign(output)) }, ScriptFlag.STRICTENC)).toBe(
      'PUBKEYTYPE',
    );
  });

  test('may leave more on the stack, but for CLEANSTACK', () => {
    const scriptSig = script(OP.OP_1, signature);
    expect(verify({ scriptPubKey, scriptSig })).toBe('OK');
    expect(verify({ scriptPubKey, scriptSig }, P2SH | WITNESS | ScriptFlag.CLEANSTACK)).toBe('CLEANSTACK');
  });
});

describe('CHECKMULTISIG', () => {
  const secrets = [1, 2, 3].map(secretOf);
  const keys = secrets.map((each) => publicKeyOf(each));
  const scriptPubKey = multisig(2, keys);
  const [one, two, three] = secrets.map((each) => sign(scriptPubKey, scriptPubKey, each)) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const spend = (...items: readonly (number | Uint8Array)[]) => ({
    scriptPubKey,
    scriptSig: script(...items),
  });

  test('wants enough signatures, in the order of their keys', () => {
    expect(verify(spend(OP.OP_0, one, two))).toBe('OK');
    expect(verify(spend(OP.OP_0, one, three))).toBe('OK');
    expect(verify(spend(OP.OP_0, two, three))).toBe('OK');
    expect(verify(spend(OP.OP_0, two, one))).toBe('EVAL_FALSE');
    expect(verify(spend(OP.OP_0, one, one))).toBe('EVAL_FALSE');
    expect(verify(spend(OP.OP_0, two, one), ScriptFlag.NULLFAIL)).toBe('SIG_NULLFAIL');
    expect(verify(spend(OP.OP_0, OP.OP_0, OP.OP_0), ScriptFlag.NULLFAIL)).toBe('EVAL_FALSE');
  });

  test('takes one item too many, which BIP147 wants empty', () => {
    expect(verify(spend(one, two))).toBe('INVALID_STACK_OPERATION');
    expect(verify(spend(OP.OP_1, one, two), 0)).toBe('OK');
    expect(verify(spend(OP.OP_1, one, two))).toBe('SIG_NULLDUMMY');
  });

  test('limits keys and signatures, and counts keys as operations', () => {
    const bare = (...items: readonly (number | Uint8Array)[]) =>
      verify({
        scriptPubKey: concatBytes(
          ...items.map((item) => (typeof item === 'number' ? pushNumber(item) : item)),
          Uint8Array.of(OP.CHECKMULTISIG),
        ),
      });
    expect(bare(0, 0, 0)).toBe('OK');
    expect(bare(0, 0, 21)).toBe('PUBKEY_COUNT');
    expect(bare(0, 0, -1)).toBe('PUBKEY_COUNT');
    expect(bare(0, 1, 0)).toBe('SIG_COUNT');
    expect(bare(0, -1, 0)).toBe('SIG_COUNT');
    expect(bare(0, 0, 1)).toBe('INVALID_STACK_OPERATION');
    expect(bare(1)).toBe('INVALID_STACK_OPERATION');
    const twenty = concatBytes(...Array.from({ length: 20 }, () => pushNumber(1)));
    const group = concatBytes(
      pushNumber(0),
      pushNumber(0),
      twenty,
      pushNumber(20),
      Uint8Array.of(OP.CHECKMULTISIG, OP.DROP),
    );
    const nine = concatBytes(...Array.from({ length: 9 }, () => group), pushNumber(1));
    const nops = (count: number) => concatBytes(new Uint8Array(count).fill(OP.NOP), nine);
    expect(verify({ scriptPubKey: nops(3) })).toBe('OK');
    expect(verify({ scriptPubKey: nops(4) })).toBe('OP_COUNT');
  });

  test('CHECKMULTISIGVERIFY leaves nothing, or fails', () => {
    const output = concatBytes(scriptPubKey.subarray(0, -1), Uint8Array.of(OP.CHECKMULTISIGVERIFY, OP.OP_1));
    const signatures = secrets.slice(0, 2).map((each) => sign(output, output, each));
    expect(verify({ scriptPubKey: output, scriptSig: script(OP.OP_0, ...signatures) })).toBe('OK');
    expect(verify({ scriptPubKey: output, scriptSig: script(OP.OP_0, OP.OP_0, OP.OP_0) })).toBe(
      'CHECKMULTISIGVERIFY',
    );
  });

  test('looks at encodings only as far as it compares', () => {
    const bad = Uint8Array.of(1, 2, 3);
    const checked = ScriptFlag.DERSIG;
    expect(verify(spend(OP.OP_0, bad, two), checked)).toBe('SIG_DER');
    // The last signature is compared first; it fails against all keys, so the first is never looked at.
    const hopeless = sign(scriptPubKey, scriptPubKey, secretOf(9));
    expect(verify(spend(OP.OP_0, bad, hopeless), checked)).toBe('EVAL_FALSE');
  });
});

describe('times', () => {
  const behind = (opcode: number, value: number) => concatBytes(pushNumber(value), Uint8Array.of(opcode));

  test('CHECKLOCKTIMEVERIFY compares with the lock time, if it is in force (BIP65)', () => {
    const check = (value: number, lockTime: number, sequence = 0) =>
      verify({ scriptPubKey: behind(OP.CHECKLOCKTIMEVERIFY, value), lockTime, sequence });
    expect(check(100, 100)).toBe('OK');
    expect(check(101, 100)).toBe('UNSATISFIED_LOCKTIME');
    expect(check(100, 100, SEQUENCE_FINAL)).toBe('UNSATISFIED_LOCKTIME');
    expect(check(499_999_999, 500_000_000)).toBe('UNSATISFIED_LOCKTIME');
    expect(check(500_000_000, 499_999_999)).toBe('UNSATISFIED_LOCKTIME');
    expect(check(500_000_000, 500_000_000)).toBe('OK');
    expect(check(0xffffffff, 0xffffffff)).toBe('OK');
  });

  test('CHECKSEQUENCEVERIFY compares with the relative lock time (BIP112)', () => {
    const check = (value: number, sequence: number, version = 2) =>
      verify({ scriptPubKey: behind(OP.CHECKSEQUENCEVERIFY, value), sequence, version });
    const time = 1 << 22;
    expect(check(10, 10)).toBe('OK');
    expect(check(11, 10)).toBe('UNSATISFIED_LOCKTIME');
    expect(check(10, 10, 1)).toBe('UNSATISFIED_LOCKTIME');
    expect(check(10, 0xffffffff, 0xffffffff)).toBe('UNSATISFIED_LOCKTIME');
    expect(check(10, 10, 0xffffffff)).toBe('OK');
    expect(check(10, 10 + 2 ** 31)).toBe('UNSATISFIED_LOCKTIME');
    expect(check(time + 10, 10)).toBe('UNSATISFIED_LOCKTIME');
    expect(check(10, time + 10)).toBe('UNSATISFIED_LOCKTIME');
    expect(check(time + 10, time + 10)).toBe('OK');
    expect(check(10, 10 + 0x10000)).toBe('OK');
    expect(check(10 + 0x10000, 10)).toBe('OK');
    expect(check(2 ** 31, 0xffffffff)).toBe('OK');
  });
});

describe('taproot (BIP341, BIP342)', () => {
  interface Leaf {
    readonly leaf: Uint8Array;
    readonly leafVersion?: number;
    readonly annex?: Uint8Array;
    readonly items?: readonly Uint8Array[];
  }

  /** A script-path spend of a tree with this one leaf. */
  function tap({ leaf, leafVersion = 0xc0, annex, items = [] }: Leaf) {
    const tree = hashTapTree({ leafVersion, script: leaf });
    const output = taprootOutputKey(xKey, tree.root)!;
    const control = controlBlock(xKey, output.parity, tree.leaves[0]!);
    const last = annex === undefined ? [] : [annex];
    return {
      scriptPubKey: p2tr(output.x),
      witness: [...items, leaf, control, ...last],
      leafHash: tree.leaves[0]!.hash,
    };
  }

  function signLeaf(leaf: Leaf, codeSeparatorPosition = 0xffffffff): Uint8Array {
    const { leafHash, ...attempt } = tap(leaf);
    const annexHash =
      leaf.annex === undefined ? null : sha256(concatBytes(Uint8Array.of(leaf.annex.length), leaf.annex));
    const spend = { annexHash, leafHash, codeSeparatorPosition };
    return signSchnorr(taprootSighash(contextOf(attempt), 0, 0, spend)!, secret, new Uint8Array(32));
  }

  const checkKey = script(xKey, OP.CHECKSIG);
  const annex = Uint8Array.of(0x50, 1, 2);

  test('is not there before its flag, nor within P2SH', () => {
    const scriptPubKey = p2tr(new Uint8Array(32).fill(1));
    expect(verify({ scriptPubKey }, P2SH | WITNESS)).toBe('OK');
    expect(verify({ scriptPubKey })).toBe('WITNESS_PROGRAM_WITNESS_EMPTY');
    expect(verify({ scriptPubKey: p2sh(hash160(scriptPubKey)), scriptSig: pushData(scriptPubKey) })).toBe(
      'OK',
    );
  });

  test('signs the annex, on both paths', () => {
    const leaf = { leaf: checkKey, annex };
    expect(verify(tap({ ...leaf, items: [signLeaf(leaf)] }))).toBe('OK');
    expect(verify(tap({ leaf: checkKey, items: [signLeaf(leaf)] }))).toBe('SCHNORR_SIG');
    const scriptPubKey = p2tr(xKey);
    const spend = {
      annexHash: sha256(concatBytes(Uint8Array.of(3), annex)),
      leafHash: null,
      codeSeparatorPosition: 0xffffffff,
    };
    const hash = taprootSighash(contextOf({ scriptPubKey }), 0, 0, spend)!;
    const signature = signSchnorr(hash, secret, new Uint8Array(32));
    expect(verify({ scriptPubKey, witness: [signature, annex] })).toBe('OK');
    expect(verify({ scriptPubKey, witness: [signature] })).toBe('SCHNORR_SIG');
    // Alone it is no annex but the signature.
    expect(verify({ scriptPubKey, witness: [annex] })).toBe('SCHNORR_SIG_SIZE');
  });

  test('wants signatures of 64 bytes, or 65 with a hash type other than DEFAULT', () => {
    const scriptPubKey = p2tr(xKey);
    const check = (signature: Uint8Array) => verify({ scriptPubKey, witness: [signature] });
    const by = (type: number) =>
      signSchnorr(taprootSighash(contextOf({ scriptPubKey }), 0, type)!, secret, new Uint8Array(32));
    expect(check(by(0))).toBe('OK');
    expect(check(withType(by(1), 1))).toBe('OK');
    expect(check(withType(by(0), 0))).toBe('SCHNORR_SIG_HASHTYPE');
    for (const type of [4, 0x80, 0x84]) expect(check(withType(by(0), type))).toBe('SCHNORR_SIG_HASHTYPE');
    expect(check(by(0).subarray(1))).toBe('SCHNORR_SIG_SIZE');
    expect(check(concatBytes(by(1), Uint8Array.of(1, 1)))).toBe('SCHNORR_SIG_SIZE');
    expect(check(EMPTY)).toBe('SCHNORR_SIG_SIZE');
  });

  test('wants a control block that leads to the output key', () => {
    const { scriptPubKey, witness } = tap({ leaf: script(OP.OP_1) });
    const [leaf, control] = witness as [Uint8Array, Uint8Array];
    const check = (block: Uint8Array) => verify({ scriptPubKey, witness: [leaf, block] });
    expect(check(control)).toBe('OK');
    expect(check(concatBytes(Uint8Array.of(control[0]! ^ 1), control.subarray(1)))).toBe(
      'WITNESS_PROGRAM_MISMATCH',
    );
    expect(check(concatBytes(control, new Uint8Array(32)))).toBe('WITNESS_PROGRAM_MISMATCH');
    expect(check(concatBytes(control, new Uint8Array(32 * 128)))).toBe('WITNESS_PROGRAM_MISMATCH');
    expect(check(concatBytes(control, new Uint8Array(32 * 129)))).toBe('TAPROOT_WRONG_CONTROL_SIZE');
    expect(check(control.subarray(1))).toBe('TAPROOT_WRONG_CONTROL_SIZE');
    expect(check(concatBytes(control, new Uint8Array(31)))).toBe('TAPROOT_WRONG_CONTROL_SIZE');
    expect(check(EMPTY)).toBe('TAPROOT_WRONG_CONTROL_SIZE');
  });

  test('leaves unknown leaf versions, OP_SUCCESS and unknown keys to later soft forks', () => {
    const discourage =
      TAPROOT |
      MANDATORY_FLAGS |
      ScriptFlag.DISCOURAGE_UPGRADABLE_TAPROOT_VERSION |
      ScriptFlag.DISCOURAGE_OP_SUCCESS |
      ScriptFlag.DISCOURAGE_UPGRADABLE_PUBKEYTYPE;
    const unknownVersion = tap({ leaf: script(OP.OP_0), leafVersion: 0xc2 });
    expect(verify(unknownVersion)).toBe('OK');
    expect(verify(unknownVersion, discourage)).toBe('DISCOURAGE_UPGRADABLE_TAPROOT_VERSION');
    // Before it everything goes, even items that are too long or a push that is cut short behind it.
    const success = tap({ leaf: Uint8Array.of(OP.RETURN, 0x50, 0x4c), items: [new Uint8Array(600)] });
    expect(verify(success)).toBe('OK');
    expect(verify(success, discourage)).toBe('DISCOURAGE_OP_SUCCESS');
    expect(verify(tap({ leaf: Uint8Array.of(0x4c) }))).toBe('BAD_OPCODE');
    const unknownKey = tap({ leaf: script(key, OP.CHECKSIG), items: [Uint8Array.of(1)] });
    expect(verify(unknownKey)).toBe('OK');
    expect(verify(unknownKey, discourage)).toBe('DISCOURAGE_UPGRADABLE_PUBKEYTYPE');
    expect(verify(tap({ leaf: script(OP.OP_0, OP.CHECKSIG), items: [Uint8Array.of(1)] }))).toBe(
      'TAPSCRIPT_EMPTY_PUBKEY',
    );
  });

  test('has CHECKSIGADD in place of CHECKMULTISIG', () => {
    const add = script(OP.OP_5, xKey, OP.CHECKSIGADD, OP.OP_6, OP.EQUAL);
    expect(verify(tap({ leaf: add, items: [signLeaf({ leaf: add })] }))).toBe('OK');
    expect(verify(tap({ leaf: add, items: [EMPTY] }))).toBe('EVAL_FALSE');
    expect(verify(tap({ leaf: add, items: [signLeaf({ leaf: checkKey })] }))).toBe('SCHNORR_SIG');
    expect(verify(tap({ leaf: script(OP.OP_1, xKey, OP.CHECKSIGADD) }))).toBe('INVALID_STACK_OPERATION');
    expect(verify(tap({ leaf: multisig(1, [key]) }))).toBe('TAPSCRIPT_CHECKMULTISIG');
  });

  test('signs where the last executed separator was', () => {
    const leaf = concatBytes(script(OP.NOP, OP.CODESEPARATOR), checkKey);
    expect(verify(tap({ leaf, items: [signLeaf({ leaf }, 1)] }))).toBe('OK');
    expect(verify(tap({ leaf, items: [signLeaf({ leaf })] }))).toBe('SCHNORR_SIG');
  });

  test('pays for each signature with the weight of the witness', () => {
    // Each check takes 50 units; a script of 34 bytes a check, one of 65 for the signature, not nearly as much.
    const checks = (count: number) => {
      const again = script(OP.OP_2DUP, OP.CHECKSIGVERIFY);
      const leaf = concatBytes(
        pushData(xKey),
        ...Array.from({ length: count - 1 }, () => again),
        Uint8Array.of(OP.CHECKSIG),
      );
      return verify(tap({ leaf, items: [signLeaf({ leaf })] }));
    };
    // Witness: 1 + 65 + (1 + leaf) + 34, where a leaf of n checks has 34 + 2(n - 1) bytes; 50 are free.
    const size = (count: number) => 1 + 65 + 1 + 34 + 2 * (count - 1) + 34 + 50;
    const most = Array.from({ length: 20 }, (_, i) => i + 1).findLast((count) => size(count) >= 50 * count)!;
    expect(checks(most)).toBe('OK');
    expect(checks(most + 1)).toBe('TAPSCRIPT_VALIDATION_WEIGHT');
    const unsigned = concatBytes(
      ...Array.from({ length: 30 }, () => script(OP.OP_0, xKey, OP.CHECKSIG, OP.DROP)),
      script(OP.OP_1),
    );
    expect(verify(tap({ leaf: unsigned }))).toBe('OK');
  });

  test('limits the items a script begins with', () => {
    const drops = (count: number) => concatBytes(new Uint8Array(count).fill(OP.DROP), script(OP.OP_1));
    const items = (count: number) => Array.from({ length: count }, () => EMPTY);
    expect(verify(tap({ leaf: drops(1000), items: items(1000) }))).toBe('OK');
    expect(verify(tap({ leaf: drops(1001), items: items(1001) }))).toBe('STACK_SIZE');
    expect(verify(tap({ leaf: drops(1), items: [new Uint8Array(521)] }))).toBe('PUSH_SIZE');
  });

  test('needs to know every output spent', () => {
    const { tx, spent } = build({ scriptPubKey: p2tr(xKey), witness: [new Uint8Array(64)] });
    const check = () => verifyInput(tx, 0, spent, MANDATORY_FLAGS, new SighashContext(tx, null), nobleEngine);
    expect(check).toThrow('spent outputs');
  });
});
