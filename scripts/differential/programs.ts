/**
 * Scripts from parts that each know what unlocks them: signatures, multisigs, hashes, times, branches, arithmetic,
 * and odds that mostly fail. A program is parts one after the other, and true at its end.
 */
import { concatBytes, EMPTY } from '../../src/core/encoding/bytes.ts';
import { hash160, hash256, ripemd160, sha1, sha256 } from '../../src/core/encoding/hashes.ts';
import type { SigVersion } from '../../src/core/script/machine.ts';
import { OP } from '../../src/core/script/opcodes.ts';
import { pushData, pushNumber, ScriptCursor, script } from '../../src/core/script/script.ts';
import { encodeScriptNumber } from '../../src/core/script/script-number.ts';
import type { Draw } from './draw.ts';
import { drawKey, type Key, madeUpSignature } from './keys.ts';

/** What signatures are made with once there is a transaction; `at` is where in the code they are checked. */
export interface Signer {
  readonly sign: (secret: Uint8Array, at: number) => Uint8Array;
  /** The key for which a signature that is made up is right, though the code that is signed holds it. */
  readonly keyOf: (signature: Uint8Array, at: number) => Uint8Array;
}

export interface Part {
  readonly code: Uint8Array;
  /** From the bottom of the stack up. */
  readonly unlock: (signer: Signer, at: number) => Uint8Array[];
}

/** What times are about right. */
export interface Now {
  readonly height: number;
  /** Seconds: median of the past. */
  readonly time: number;
}

const nothing = (): Uint8Array[] => [];
const TRUE = Uint8Array.of(1);

const fixed = (code: Uint8Array, ...items: Uint8Array[]): Part => ({ code, unlock: () => items });

function signature(draw: Draw, version: SigVersion, verify: boolean): Part {
  const key = drawKey(draw, version === 'tapscript');
  return {
    code: script(key.bytes, verify ? OP.CHECKSIGVERIFY : OP.CHECKSIG),
    unlock: ({ sign }, at) => [sign(key.secret, at)],
  };
}

function multisig(draw: Draw, version: SigVersion, verify: boolean): Part {
  const tapscript = version === 'tapscript';
  const keys = draw.list(draw.once(8) ? draw.between(0, 21) : draw.between(1, 4), () =>
    drawKey(draw, tapscript),
  );
  const needed = draw.once(10) ? draw.between(0, 21) : draw.between(Math.min(1, keys.length), keys.length);
  if (tapscript && !draw.once(10)) return signatureAdds(draw, keys, needed, verify);
  const signers = new Set<number>();
  while (signers.size < Math.min(needed, keys.length)) signers.add(draw.below(keys.length));
  const order = draw.once(10) ? [...signers] : [...signers].sort((a, b) => a - b);
  const dummy = draw.once(20) ? draw.bytes(1) : EMPTY;
  return {
    code: concatBytes(
      pushNumber(needed),
      ...keys.map(({ bytes }) => pushData(bytes)),
      pushNumber(keys.length),
      Uint8Array.of(verify ? OP.CHECKMULTISIGVERIFY : OP.CHECKMULTISIG),
    ),
    unlock: ({ sign }, at) => [
      ...(draw.once(30) ? [] : [dummy]),
      ...order.map((index) => sign(keys[index]!.secret, at)),
    ],
  };
}

function signatureAdds(draw: Draw, keys: readonly Key[], needed: number, verify: boolean): Part {
  const code = concatBytes(
    ...keys.map(({ bytes }, i) => script(bytes, i === 0 ? OP.CHECKSIG : OP.CHECKSIGADD)),
    pushNumber(needed),
    Uint8Array.of(verify ? OP.NUMEQUALVERIFY : OP.NUMEQUAL),
  );
  return {
    code,
    unlock: ({ sign }, at) =>
      keys.map((key, i) => (i < needed || draw.once(8) ? sign(key.secret, at) : EMPTY)).reverse(),
  };
}

function preimage(draw: Draw, verify: boolean): Part {
  const [opcode, hash] = draw.one([
    [OP.RIPEMD160, ripemd160],
    [OP.SHA1, sha1],
    [OP.SHA256, sha256],
    [OP.HASH160, hash160],
    [OP.HASH256, hash256],
  ] as const);
  const secret = draw.bytes(draw.one([0, 1, 20, 32, 80, 81, 520]));
  return fixed(script(opcode, hash(secret), verify ? OP.EQUALVERIFY : OP.EQUAL), secret);
}

function lockTime(draw: Draw, { height, time }: Now): Part {
  const number = draw.one([
    0,
    1,
    height - 1,
    height,
    height + 1,
    time - 1,
    time,
    499_999_999,
    500_000_000,
    -1,
    2 ** 32,
  ]);
  return fixed(script(pushNumberBytes(number), OP.CHECKLOCKTIMEVERIFY, OP.DROP));
}

function sequence(draw: Draw): Part {
  const number = draw.one([0, 1, 2, 100, 0xffff, 1 << 22, (1 << 22) | 1, 2 ** 31, 2 ** 31 + 1, -1, 2 ** 39]);
  return fixed(script(pushNumberBytes(number), OP.CHECKSEQUENCEVERIFY, OP.DROP));
}

const pushNumberBytes = (number: number): Uint8Array => encodeScriptNumber(BigInt(number));

function branch(draw: Draw, version: SigVersion, now: Now, depth: number): Part {
  const [left, right] = [parts(draw, version, now, depth + 1), parts(draw, version, now, depth + 1)];
  const takesLeft = draw.once(2);
  const condition = draw.weighted([
    [12, () => (takesLeft ? TRUE : EMPTY)],
    [1, () => Uint8Array.of(takesLeft ? 2 : 0)],
    [1, () => (takesLeft ? Uint8Array.of(1, 0) : Uint8Array.of(0x80))],
  ])();
  const negated = draw.once(3);
  const taken = takesLeft !== negated ? left : right;
  return {
    code: concatBytes(
      Uint8Array.of(negated ? OP.NOTIF : OP.IF),
      left.code,
      Uint8Array.of(OP.ELSE),
      right.code,
      Uint8Array.of(OP.ENDIF),
    ),
    unlock: (signer, at) => [
      ...taken.unlock(signer, at + (taken === left ? 1 : 2 + left.code.length)),
      condition,
    ],
  };
}

const UNARY = [OP.OP_1ADD, OP.OP_1SUB, OP.NEGATE, OP.ABS, OP.NOT, OP.OP_0NOTEQUAL];
const BINARY = [
  OP.ADD,
  OP.SUB,
  OP.BOOLAND,
  OP.BOOLOR,
  OP.NUMEQUAL,
  OP.NUMNOTEQUAL,
  OP.LESSTHAN,
  OP.GREATERTHAN,
  OP.MIN,
  OP.MAX,
  OP.EQUAL,
];

/** Some sum on drawn numbers, whose result is dropped or must not be zero. */
function arithmetic(draw: Draw): Part {
  const number = (): Uint8Array =>
    draw.weighted([
      [8, () => pushNumberBytes(draw.between(-20, 20))],
      [2, () => pushNumberBytes(draw.one([127, 128, 255, 256, 2 ** 31 - 1, -(2 ** 31) + 1, 2 ** 31]))],
      [1, () => draw.bytes(draw.between(1, 6))],
    ])();
  const given = draw.once(2);
  const operands = [number(), number()];
  const code = script(
    ...(given ? [] : operands),
    ...(draw.once(2) ? [draw.one(UNARY)] : []),
    draw.one(BINARY),
    draw.once(4) ? OP.VERIFY : OP.DROP,
  );
  return given ? fixed(code, ...operands) : fixed(code);
}

const STACKS: readonly (readonly number[])[] = [
  [OP.DUP, OP.DROP],
  [OP.OP_1, OP.TOALTSTACK, OP.FROMALTSTACK, OP.DROP],
  [OP.DEPTH, OP.DROP],
  [OP.OP_1, OP.OP_2, OP.SWAP, OP.OP_2DROP],
  [OP.OP_1, OP.OP_2, OP.OVER, OP.OP_2DROP, OP.DROP],
  [OP.OP_1, OP.OP_2, OP.OP_3, OP.ROT, OP.OP_2DROP, OP.DROP],
  [OP.OP_1, OP.OP_2, OP.TUCK, OP.OP_2DROP, OP.DROP],
  [OP.OP_0, OP.PICK, OP.DROP],
  [OP.OP_1, OP.ROLL],
  [OP.OP_1, OP.OP_1, OP.OP_2DUP, OP.OP_2DROP, OP.OP_2DROP],
  [OP.IFDUP],
  [OP.OP_1, OP.OP_2, OP.NIP, OP.DROP],
  [OP.OP_1, OP.OP_1, OP.OP_3, OP.WITHIN, OP.VERIFY],
  [OP.NOP],
  [OP.NOP1],
  [OP.NOP10],
  [OP.CODESEPARATOR],
  [OP.SIZE, OP.DROP],
];

/** What mostly fails, or only just does not. */
function odd(draw: Draw, version: SigVersion): Part {
  return draw.weighted<() => Part>([
    [6, () => fixed(draw.bytes(draw.between(1, 8)))],
    [3, () => fixed(Uint8Array.of(OP.OP_0, OP.IF, draw.below(256), OP.ENDIF))],
    [
      2,
      () => fixed(Uint8Array.of(draw.one([OP.RETURN, OP.VERIF, OP.RESERVED, OP.VER, OP.RESERVED1, OP.CAT]))),
    ],
    [2, () => fixed(script(OP.OP_1, draw.one([OP.IF, OP.NOTIF])))],
    [2, () => fixed(Uint8Array.of(draw.one([OP.ELSE, OP.ENDIF, OP.TOALTSTACK, OP.FROMALTSTACK])))],
    // Pushes longer than need be.
    [3, () => fixed(concatBytes(Uint8Array.of(OP.PUSHDATA1, 1, draw.below(20)), Uint8Array.of(OP.DROP)))],
    [2, () => fixed(concatBytes(Uint8Array.of(OP.PUSHDATA2, 3, 0), draw.bytes(3), Uint8Array.of(OP.DROP)))],
    [1, () => fixed(concatBytes(pushData(draw.bytes(draw.one([520, 521]))), Uint8Array.of(OP.DROP)))],
    [1, () => fixed(new Uint8Array(draw.one([180, 200, 201, 202])).fill(OP.NOP))],
    [1, () => fixed(new Uint8Array(draw.one([990, 1_000, 1_001])).fill(OP.OP_1))],
    [
      version === 'tapscript' ? 2 : 1,
      () => fixed(Uint8Array.of(draw.one([0x50, 0x62, 0x7e, 0xbb, 0xfe, 0xff]))),
    ],
    // An end inside a push.
    [
      2,
      () =>
        fixed(draw.one([[0x1f, 0x69], [0x4c], [0x4d, 1], [0x4e, 1, 0, 0, 0]].map((b) => Uint8Array.from(b)))),
    ],
    // A signature within the code that is signed.
    [2, () => ({ code: script(draw.bytes(9), OP.DROP), unlock: nothing })],
  ])();
}

function part(draw: Draw, version: SigVersion, now: Now, depth: number): Part {
  return draw.weighted<() => Part>([
    [8, () => signature(draw, version, true)],
    [5, () => multisig(draw, version, true)],
    [4, () => preimage(draw, true)],
    [2, () => lockTime(draw, now)],
    [2, () => sequence(draw)],
    [depth < 2 ? 4 : 0, () => branch(draw, version, now, depth)],
    [3, () => arithmetic(draw)],
    [4, () => fixed(Uint8Array.from(draw.one(STACKS)))],
    [version === 'base' ? 1 : 0, () => containedSignature(draw, true)],
    [1, () => repeatedSignature(draw, version)],
    [1, () => idleSignatures(draw)],
    [2, () => odd(draw, version)],
  ])();
}

/** One signature checked again and again: more than the operations, or a tapscript's witness, may pay for. */
function repeatedSignature(draw: Draw, version: SigVersion): Part {
  const key = drawKey(draw, version === 'tapscript');
  const once = script(OP.DUP, key.bytes, OP.CHECKSIGVERIFY);
  return {
    code: concatBytes(...draw.list(draw.between(2, 14), () => once), Uint8Array.of(OP.DROP)),
    unlock: ({ sign }, at) => [sign(key.secret, at)],
  };
}

/** Operations that are counted, though they are never run. */
function idleSignatures(draw: Draw): Part {
  const count = draw.one([14, 15, 16, 60, 190]);
  const opcode = draw.one([OP.CHECKSIG, OP.CHECKSIG, OP.CHECKMULTISIG]);
  return fixed(
    concatBytes(Uint8Array.of(OP.OP_0, OP.IF), new Uint8Array(count).fill(opcode), Uint8Array.of(OP.ENDIF)),
  );
}

/** A signature within the code that it signs, from which it is cut out first (before segwit). */
function containedSignature(draw: Draw, verify: boolean): Part {
  const made = madeUpSignature(draw);
  return {
    code: script(made, OP.DROP, verify ? OP.CHECKSIGVERIFY : OP.CHECKSIG),
    unlock: ({ keyOf }, at) => [made, keyOf(made, at)],
  };
}

/** Parts one after the other; the first of them is unlocked by what lies on top. */
function sequenceOf(chosen: readonly Part[]): Part {
  const starts = chosen.map((_, i) => chosen.slice(0, i).reduce((sum, { code }) => sum + code.length, 0));
  return {
    code: concatBytes(...chosen.map(({ code }) => code)),
    unlock: (signer, at) =>
      chosen.flatMap((_, i) => {
        const index = chosen.length - 1 - i;
        return chosen[index]!.unlock(signer, at + starts[index]!);
      }),
  };
}

function parts(draw: Draw, version: SigVersion, now: Now, depth: number): Part {
  const count = draw.between(depth === 0 ? 0 : 1, 3 - depth);
  return sequenceOf(draw.list(count, () => part(draw, version, now, depth)));
}

export function drawProgram(draw: Draw, version: SigVersion, now: Now): Part {
  const before = parts(draw, version, now, 0);
  const last = draw.weighted<() => Part>([
    [5, () => signature(draw, version, false)],
    [3, () => multisig(draw, version, false)],
    [2, () => preimage(draw, false)],
    [version === 'base' ? 1 : 0, () => containedSignature(draw, false)],
    [3, () => fixed(Uint8Array.of(OP.OP_1))],
    [1, () => fixed(EMPTY, TRUE)],
  ])();
  return sequenceOf([before, last]);
}

/** Where the code begins that a signature signs which is checked at `at`, and which operation that follows. */
export function lastSeparator(
  code: Uint8Array,
  at: number,
): { readonly start: number; readonly position: number } {
  const cursor = new ScriptCursor(code);
  let found = { start: 0, position: 0xffffffff };
  for (let position = 0; cursor.next() && cursor.start < at; position++)
    if (cursor.opcode === OP.CODESEPARATOR) found = { start: cursor.position, position };
  return found;
}
