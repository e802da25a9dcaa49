/** Outputs of every kind around drawn programs, and what unlocks them: items for the scriptSig and the witness. */
import { concatBytes, EMPTY } from '../../src/core/encoding/bytes.ts';
import { hash160, sha256 } from '../../src/core/encoding/hashes.ts';
import { findAndDelete } from '../../src/core/script/find-and-delete.ts';
import { legacySighash } from '../../src/core/script/legacy-sighash.ts';
import type { SigVersion } from '../../src/core/script/machine.ts';
import { OP } from '../../src/core/script/opcodes.ts';
import { pushData, pushMinimal, script } from '../../src/core/script/script.ts';
import { type SighashContext, segwitSighash, taprootSighash } from '../../src/core/script/sighash.ts';
import { taprootOutputKey, tweakSecret } from '../../src/core/script/signing.ts';
import {
  controlBlock,
  hashTapTree,
  TAPSCRIPT_LEAF,
  type TapLeafPlace,
  type TapTree,
  taprootTweak,
} from '../../src/core/script/taproot.ts';
import { p2pk, p2pkh, p2sh, p2tr, p2wpkh, p2wsh } from '../../src/core/script/templates.ts';
import type { Draw } from './draw.ts';
import { drawHashType, drawKey, ecdsa, keyOfSignature, plainKey, schnorr } from './keys.ts';
import { drawProgram, lastSeparator, type Now, type Part, type Signer } from './programs.ts';

export interface Unlock {
  /** Pushed one by one. */
  readonly pushes: readonly Uint8Array[];
  readonly witness: readonly Uint8Array[];
}

export interface Lock {
  readonly kind: string;
  readonly scriptPubKey: Uint8Array;
  readonly unlock: (draw: Draw, context: SighashContext, index: number) => Unlock;
}

/** The annex and leaf that a tapscript's signatures commit to. */
interface Leaf {
  readonly hash: Uint8Array;
  readonly annexHash: Uint8Array | null;
}

function signer(
  draw: Draw,
  context: SighashContext,
  index: number,
  code: Uint8Array,
  version: SigVersion,
  leaf?: Leaf,
): Signer {
  const signed = (at: number): Uint8Array => code.subarray(draw.once(60) ? 0 : lastSeparator(code, at).start);
  return {
    sign: (secret, at) => {
      const drawn = drawHashType(draw);
      if (version === 'tapscript') {
        const type = drawn === 1 && !draw.once(4) ? 0 : drawn;
        const { hash: leafHash, annexHash } = leaf!;
        const spend = { leafHash, annexHash, codeSeparatorPosition: lastSeparator(code, at).position };
        return schnorr(draw, secret, taprootSighash(context, index, type, spend), type);
      }
      const hash =
        version === 'base'
          ? legacySighash(context, index, signed(at), drawn)
          : segwitSighash(context, index, signed(at), context.spent![index]!.value, drawn);
      return ecdsa(draw, secret, hash, drawn);
    },
    keyOf: (signature, at) => {
      const rest = findAndDelete(signed(at), pushData(signature));
      return keyOfSignature(legacySighash(context, index, rest, signature.at(-1)!), signature);
    },
  };
}

type Shape = (draw: Draw, now: Now) => Omit<Lock, 'kind'>;

const ofProgram = (
  program: Part,
  version: SigVersion,
  scriptPubKey: Uint8Array,
  arrange: (items: Uint8Array[]) => Unlock,
): Omit<Lock, 'kind'> => ({
  scriptPubKey,
  unlock: (draw, context, index) =>
    arrange(program.unlock(signer(draw, context, index, program.code, version), 0)),
});

const pushed = (pushes: readonly Uint8Array[]): Unlock => ({ pushes, witness: [] });

/** Key hash programs, which nodes verify without running their scripts. */
function keyHash(draw: Draw, nested: boolean): Omit<Lock, 'kind'> {
  const key = draw.once(4) ? drawKey(draw, false) : plainKey(draw);
  const program = p2wpkh(hash160(key.bytes));
  return {
    scriptPubKey: nested ? p2sh(hash160(program)) : program,
    unlock: (draw, context, index) => {
      const { sign } = signer(draw, context, index, p2pkh(hash160(key.bytes)), 'witnessV0');
      return { pushes: nested ? [program] : [], witness: [sign(key.secret, 0), key.bytes] };
    },
  };
}

function taproot(draw: Draw, now: Now, nested: boolean): Omit<Lock, 'kind'> {
  const internal = plainKey(draw);
  const programs = draw.list(draw.between(0, 3), () => drawProgram(draw, 'tapscript', now));
  const versions = programs.map(() => (draw.once(6) ? draw.one([0xc2, 0x50, 0x00, 0xfe]) : TAPSCRIPT_LEAF));
  const leaves = programs.map(({ code }, i) => ({ leafVersion: versions[i]!, script: code }));
  const tree = leaves.slice(1).reduce<TapTree | undefined>((all, leaf) => [all!, leaf], leaves[0]);
  const hashed = tree === undefined ? { root: EMPTY, leaves: [] } : hashTapTree(tree);
  const output = taprootOutputKey(internal.x, hashed.root)!;
  const native = p2tr(output.x);
  const wrap = (witness: readonly Uint8Array[]): Unlock => ({ pushes: nested ? [native] : [], witness });
  const place = (at: number): TapLeafPlace =>
    hashed.leaves.find((leaf) => leaf.script === programs[at]!.code)!;
  return {
    scriptPubKey: nested ? p2sh(hash160(native)) : native,
    unlock: (draw, context, index) => {
      const annex = draw.once(12) ? concatBytes(Uint8Array.of(0x50), draw.bytes(draw.below(4))) : null;
      const annexHash = annex === null ? null : sha256(concatBytes(Uint8Array.of(annex.length), annex));
      const last = annex === null ? [] : [annex];
      if (programs.length === 0 || draw.once(3)) {
        const drawn = drawHashType(draw);
        const type = drawn === 1 ? 0 : drawn;
        const hash = taprootSighash(context, index, type, {
          annexHash,
          leafHash: null,
          codeSeparatorPosition: 0xffffffff,
        });
        const secret = tweakSecret(internal.secret, taprootTweak(internal.x, hashed.root));
        return wrap([schnorr(draw, secret, hash, type), ...last]);
      }
      const at = draw.below(programs.length);
      const leaf = place(at);
      const { code, unlock } = programs[at]!;
      const items = unlock(
        signer(draw, context, index, code, 'tapscript', { hash: leaf.hash, annexHash }),
        0,
      );
      return wrap([...items, code, controlBlock(internal.x, output.parity, leaf), ...last]);
    },
  };
}

const witnessProgram = (version: number, program: Uint8Array): Uint8Array =>
  concatBytes(Uint8Array.of(version === 0 ? 0 : OP.OP_1 - 1 + version, program.length), program);

/** Programs that mean nothing yet, or nothing any more. */
function otherProgram(draw: Draw, nested: boolean): Omit<Lock, 'kind'> {
  const program = draw.weighted([
    [3, () => witnessProgram(draw.between(2, 16), draw.bytes(draw.one([2, 20, 32, 40])))],
    [2, () => witnessProgram(1, Uint8Array.of(0x4e, 0x73))],
    [2, () => witnessProgram(1, draw.bytes(draw.one([2, 20, 31, 33, 40])))],
    [2, () => witnessProgram(0, draw.bytes(draw.one([2, 19, 21, 33, 40])))],
    [1, () => witnessProgram(draw.between(0, 3), new Uint8Array(draw.one([2, 20, 32])))],
    [1, () => witnessProgram(1, draw.bytes(32))],
  ])();
  return {
    scriptPubKey: nested ? p2sh(hash160(program)) : program,
    unlock: (draw) => ({
      pushes: nested ? [program] : [],
      witness: draw.list(draw.between(0, 2), () => draw.bytes(draw.between(0, 34))),
    }),
  };
}

const SHAPES: Readonly<Record<string, readonly [number, Shape]>> = {
  bare: [
    6,
    (draw, now) => {
      const program = drawProgram(draw, 'base', now);
      return ofProgram(program, 'base', program.code, pushed);
    },
  ],
  'key, bare': [
    1,
    (draw) => {
      const key = drawKey(draw, false);
      const code = p2pk(key.bytes);
      return ofProgram({ code, unlock: ({ sign }) => [sign(key.secret, 0)] }, 'base', code, pushed);
    },
  ],
  'key hash, bare': [
    2,
    (draw) => {
      const key = drawKey(draw, false);
      const code = p2pkh(hash160(key.bytes));
      return ofProgram(
        { code, unlock: ({ sign }) => [sign(key.secret, 0), key.bytes] },
        'base',
        code,
        pushed,
      );
    },
  ],
  'script hash': [
    7,
    (draw, now) => {
      const program = drawProgram(draw, 'base', now);
      return ofProgram(program, 'base', p2sh(hash160(program.code)), (items) =>
        pushed([...items, program.code]),
      );
    },
  ],
  'witness script': [
    7,
    (draw, now) => {
      const program = drawProgram(draw, 'witnessV0', now);
      return ofProgram(program, 'witnessV0', p2wsh(sha256(program.code)), (items) => ({
        pushes: [],
        witness: [...items, program.code],
      }));
    },
  ],
  'witness script, nested': [
    4,
    (draw, now) => {
      const program = drawProgram(draw, 'witnessV0', now);
      const redeem = p2wsh(sha256(program.code));
      return ofProgram(program, 'witnessV0', p2sh(hash160(redeem)), (items) => ({
        pushes: [redeem],
        witness: [...items, program.code],
      }));
    },
  ],
  'witness key hash': [3, (draw) => keyHash(draw, false)],
  'witness key hash, nested': [2, (draw) => keyHash(draw, true)],
  taproot: [9, (draw, now) => taproot(draw, now, false)],
  'taproot, nested': [1, (draw, now) => taproot(draw, now, true)],
  'other program': [2, (draw) => otherProgram(draw, false)],
  'other program, nested': [1, (draw) => otherProgram(draw, true)],
};

export function drawLock(draw: Draw, now: Now): Lock {
  const kind = draw.weighted(Object.entries(SHAPES).map(([name, [weight]]) => [weight, name] as const));
  const lock = SHAPES[kind]![1](draw, now);
  // No coin comes of what is no script of a sane length.
  return lock.scriptPubKey.length > 9_000 ? drawLock(draw, now) : { kind, ...lock };
}

/** A scriptSig of these pushes, now and then not written in the shortest way. */
export function scriptSigOf(draw: Draw, pushes: readonly Uint8Array[]): Uint8Array {
  return concatBytes(
    ...pushes.map((item) =>
      draw.once(60)
        ? concatBytes(Uint8Array.of(OP.PUSHDATA2, item.length & 0xff, item.length >> 8), item)
        : draw.once(60)
          ? pushData(item)
          : pushMinimal(item),
    ),
  );
}

export const anyoneCanSpend = p2wsh(sha256(script(OP.OP_1)));
