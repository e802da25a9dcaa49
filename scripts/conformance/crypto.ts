/** crypto/: curve, signatures and hashes; every engine that loads here is asked what it can be asked. */
import { hmac } from '@noble/hashes/hmac.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { Point } from '@noble/secp256k1';
import { concatBytes, fromHex, toDisplayHex, toHex, utf8 } from '../../src/core/encoding/bytes.ts';
import { ripemd160, sha256 } from '../../src/core/encoding/hashes.ts';
import { MuHash } from '../../src/core/encoding/muhash.ts';
import { siphash24 } from '../../src/core/encoding/siphash.ts';
import { nobleEngine } from '../../src/core/script/noble-engine.ts';
import { isLowS, isStrictDer, parseLaxDer } from '../../src/core/script/signature-encoding.ts';
import type { SignatureEngine } from '../../src/core/script/signature-engine.ts';
import {
  isValidPublicKey,
  isValidSecret,
  parsePublicKey,
  publicKeyOf,
  signEcdsa,
  signSchnorr,
  xOnlyKeyOf,
} from '../../src/core/script/signing.ts';
import { loadSignatureEngine, SIGNATURE_ENGINES } from '../../src/platform/node/signatures/load-engine.ts';
import {
  type ConformanceModule,
  expectEqual,
  expectThrows,
  type NotApplicable,
  type Report,
  type Runner,
  type VectorFile,
} from './suite.ts';

async function loadEngines(): Promise<SignatureEngine[]> {
  const engines: SignatureEngine[] = [];
  for (const name of SIGNATURE_ENGINES) {
    const loaded = await loadSignatureEngine(name).catch(() => undefined);
    if (loaded !== undefined) engines.push(loaded.engine);
  }
  return engines;
}

async function runBip340(file: VectorFile, report: Report): Promise<void> {
  const engines = await loadEngines();
  for (const line of file.lines().slice(1)) {
    const [index, secret, key, aux, message, signature, verdict, ...comment] = line.split(',') as [
      string,
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    report.row(`${index} ${comment.join()}`, () => {
      const digest = fromHex(message);
      if (secret !== '') {
        expectEqual(toHex(xOnlyKeyOf(fromHex(secret))), key.toLowerCase(), 'public key');
        const signed = signSchnorr(digest, fromHex(secret), fromHex(aux));
        expectEqual(toHex(signed), signature.toLowerCase(), 'signature');
      }
      // Consensus signs 32 bytes only, and that is all the engines promise.
      for (const engine of digest.length === 32 ? engines : [nobleEngine])
        expectEqual(
          engine.verifySchnorr(fromHex(signature), digest, fromHex(key)),
          verdict === 'TRUE',
          engine.name,
        );
    });
  }
}

interface Wycheproof {
  readonly tc: number;
  readonly public_key: string;
  readonly msg: string;
  readonly sig: string;
  readonly valid: boolean;
  readonly comment: string;
}

async function runWycheproof(file: VectorFile, report: Report): Promise<void> {
  const engines = await loadEngines();
  report.each(file.json<Wycheproof[]>(), ({ tc, public_key, msg, sig, valid, comment }) =>
    report.row(`${tc} ${comment}`, () => {
      // Policy's strict encoding and low S, as in a script under STRICTENC and LOW_S.
      const signature = concatBytes(fromHex(sig), Uint8Array.of(1));
      const compact = isStrictDer(signature) ? parseLaxDer(fromHex(sig)) : null;
      const hash = sha256(fromHex(msg));
      for (const engine of engines) {
        const verified =
          compact !== null && isLowS(compact) && engine.verifyEcdsa(compact, hash, fromHex(public_key));
        expectEqual(verified, valid, engine.name);
      }
    }),
  );
}

interface Rfc6979 {
  readonly sign: readonly { description: string; d: string; m: string; signature: string }[];
  readonly invalid_sign: readonly { description: string; d: string; m: string }[];
  readonly invalid_verify: readonly {
    description: string;
    Q: string;
    m: string;
    signature: string;
    strict?: boolean;
  }[];
}

/** 64 bytes of the DER that signing gives. */
function signCompact(hash: Uint8Array, secret: Uint8Array): string {
  return toHex(parseLaxDer(signEcdsa(hash, secret))!);
}

async function runRfc6979(file: VectorFile, report: Report): Promise<void> {
  const engines = await loadEngines();
  const { sign, invalid_sign, invalid_verify } = report.groups<Rfc6979>(file.json(), [
    'sign',
    'invalid_sign',
    'invalid_verify',
  ]);
  report.each(sign, ({ description, d, m, signature }, index) =>
    report.row(`sign ${index} ${description}`, () => {
      expectEqual(signCompact(fromHex(m), fromHex(d)), signature);
    }),
  );
  report.each(invalid_sign, ({ description, d, m }) =>
    report.row(`invalid_sign ${description}`, () => {
      expectEqual(isValidSecret(fromHex(d)), false, 'isValidSecret');
      expectThrows(() => signEcdsa(fromHex(m), fromHex(d)), 'signing');
    }),
  );
  report.each(invalid_verify, ({ description, Q, m, signature, strict }) =>
    report.row(`invalid_verify ${description}`, () => {
      for (const engine of engines) {
        const compact = fromHex(signature);
        const verified = (!strict || isLowS(compact)) && engine.verifyEcdsa(compact, fromHex(m), fromHex(Q));
        expectEqual(verified, false, engine.name);
      }
    }),
  );
}

/** The first nonce shows in the signature; the later ones are for when it is out of range, which nobody has seen. */
function runNonces(file: VectorFile, report: Report): void {
  report.each(file.json<{ message: string; d: string; k0: string }[]>(), ({ message, d, k0 }) =>
    report.row(message, () => {
      const signature = signCompact(sha256(utf8(message)), fromHex(d));
      expectEqual(signature.slice(0, 64), toHex(xOnlyKeyOf(fromHex(k0))), 'r = x(k0 G)');
    }),
  );
}

type PointRow = Readonly<Record<'P' | 'Q' | 'd', string>> & {
  readonly description?: string;
  readonly compress?: boolean;
  readonly expected: string | boolean | null;
};

function point(hex: string): Point {
  const parsed = parsePublicKey(fromHex(hex));
  if (parsed === null) throw new RangeError('not a point');
  return parsed;
}

function scalar(hex: string): bigint {
  if (!isValidSecret(fromHex(hex))) throw new RangeError('not a scalar');
  return BigInt(`0x${hex}`);
}

function encodePoint(result: Point, like: string): string | null {
  return result.is0() ? null : toHex(result.toBytes(like.length === 66));
}

const POINT_OPERATIONS: Readonly<Record<string, (row: PointRow) => string | boolean | null>> = {
  isPoint: ({ P }) => isValidPublicKey(fromHex(P)),
  pointAdd: ({ P, Q }) => encodePoint(point(P).add(point(Q)), P),
  pointAddScalar: ({ P, d }) => encodePoint(point(P).add(Point.BASE.multiply(scalar(d))), P),
  pointCompress: ({ P, compress }) => toHex(point(P).toBytes(compress ?? true)),
  pointFromScalar: ({ d }) => toHex(publicKeyOf(fromHex(d))),
  pointMultiply: ({ P, d }) => encodePoint(point(P).multiply(scalar(d)), P),
};

function runPoints(file: VectorFile, report: Report): void {
  type Rows = Readonly<Record<string, readonly PointRow[]>>;
  const { valid, invalid } = report.groups<{ valid: Rows; invalid: Rows }>(file.json(), ['valid', 'invalid']);
  const run = (rows: Rows, check: (operation: () => string | boolean | null, row: PointRow) => void) => {
    for (const [name, list] of Object.entries(rows))
      report.each(list, (row, index) =>
        report.row(`${name} ${index} ${row.description ?? ''}`, () =>
          check(() => POINT_OPERATIONS[name]!(row), row),
        ),
      );
  };
  run(valid, (operation, { expected }) => expectEqual(operation(), expected));
  run(invalid, (operation) => {
    // A sum at infinity has no encoding, which is a refusal too.
    expectThrows(() => {
      const result = operation();
      if (result === null) throw new RangeError('infinity');
      return result;
    }, 'operation');
  });
}

function runSiphash(file: VectorFile, report: Report): void {
  interface Row {
    readonly key: readonly [string, string];
    readonly input: readonly string[];
    readonly expected: { siphash24: string };
  }
  report.each(file.json<Row[]>(), ({ key, input, expected }, index) =>
    report.row(`row ${index}`, () => {
      const data = concatBytes(...input.map(fromHex));
      const hash = siphash24(BigInt(`0x${key[0]}`), BigInt(`0x${key[1]}`), data);
      expectEqual(hash.toString(16).padStart(16, '0'), expected.siphash24.padStart(16, '0'));
    }),
  );
}

interface Hashes {
  readonly ripemd160: readonly HashRow[];
  readonly sha256: readonly HashRow[];
  readonly hmac_sha512: readonly { key: string; data: string; hmac_sha512: string }[];
  readonly hkdf_sha256_l32: readonly unknown[];
  readonly chacha20poly1305: readonly unknown[];
  readonly murmurhash3: readonly unknown[];
  readonly muhash3072: { insert: number[]; remove: number[]; digest_uint256: string } | readonly [];
}

interface HashRow {
  readonly ascii?: string;
  readonly ascii_repeat?: readonly [string, number];
  readonly ripemd160?: string;
  readonly sha256?: string;
}

function textOf({ ascii, ascii_repeat }: HashRow): Uint8Array {
  return utf8(ascii ?? ascii_repeat![0].repeat(ascii_repeat![1]));
}

function runHashes(file: VectorFile, report: Report): void {
  const rows = report.groups<Hashes>(file.json(), [
    'ripemd160',
    'sha256',
    'hmac_sha512',
    'hkdf_sha256_l32',
    'chacha20poly1305',
    'murmurhash3',
    'muhash3072',
  ]);
  report.each(rows.ripemd160, (row, index) =>
    report.row(`ripemd160 ${index}`, () => expectEqual(toHex(ripemd160(textOf(row))), row.ripemd160)),
  );
  report.each(rows.sha256, (row, index) =>
    report.row(`sha256 ${index}`, () => expectEqual(toHex(sha256(textOf(row))), row.sha256)),
  );
  report.each(rows.hmac_sha512, ({ key, data, hmac_sha512 }, index) =>
    report.row(`hmac_sha512 ${index}`, () =>
      expectEqual(toHex(hmac(sha512, fromHex(key), fromHex(data))), hmac_sha512),
    ),
  );
  const { muhash3072 } = rows;
  if ('insert' in muhash3072)
    report.row('muhash3072', () => {
      const element = (first: number) => Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? first : 0));
      const hash = new MuHash();
      for (const first of muhash3072.insert) hash.add(element(first));
      for (const first of muhash3072.remove) hash.remove(element(first));
      expectEqual(toDisplayHex(hash.digest()), muhash3072.digest_uint256);
    });
  const skip = (reason: NotApplicable, list: readonly unknown[]) =>
    list.length > 0 && report.skip(reason, list.length);
  skip('bip324', rows.hkdf_sha256_l32);
  skip('bip324', rows.chacha20poly1305);
  skip('bip37', rows.murmurhash3);
}

const skipBip324: Runner = (file, report) => report.skip('bip324', file.lines().length - 1);

export const conformance: ConformanceModule = {
  runners: {
    'bip340.csv': runBip340,
    'ecdsa_wycheproof.json': runWycheproof,
    'ecdsa_rfc6979.json': runRfc6979,
    'rfc6979_k.json': runNonces,
    'ec_points.json': runPoints,
    'siphash.json': runSiphash,
    'hashes.json': runHashes,
    'bip324_*.csv': skipBip324,
  },
};
