/** Reads BIP380 key expressions, with Bitcoin Core's error texts. */
import { HDKey } from '@scure/bip32';
import { concatBytes, fromHex, isHex } from '../../core/encoding/bytes.ts';
import type { NetworkParameters } from '../../core/parameters/network.ts';
import { isValidPublicKey, publicKeyOf } from '../../core/script/signing.ts';
import { decodeWif } from '../../core/script/wif.ts';
import { DescriptorError } from './descriptor-error.ts';
import { ConstantKey, ExtendedKey, type KeyExpression, type SecretKeys } from './key-expression.ts';
import { HARDENED, type KeyOrigin, parseStep } from './key-path.ts';
import { MusigKey } from './musig-key.ts';

/** Where in a descriptor a key stands: it decides which forms of key are allowed. */
export type KeyContext = 'top' | 'p2sh' | 'p2wpkh' | 'p2wsh' | 'p2tr' | 'musig';

export interface KeyParser {
  readonly parameters: NetworkParameters;
  /** Secrets found in the text are put here. */
  readonly secrets: SecretKeys;
  /** Keys read before: what is derived from one that is there twice is derived once. */
  readonly known: Map<string, KeyExpression>;
}

/** All paths that these steps stand for: one, or several with a `<a;b>` step (BIP389). */
function parsePaths(steps: readonly string[], allowMultipath: boolean): number[][] {
  let paths: number[][] = [[]];
  let multipath = false;
  for (const step of steps) {
    if (!(step.startsWith('<') && step.endsWith('>'))) {
      const value = parseStep(step);
      for (const path of paths) path.push(value);
      continue;
    }
    if (!allowMultipath)
      throw new DescriptorError(
        `Key path value '${step}' specifies multipath in a section where multipath is not allowed`,
      );
    if (multipath) throw new DescriptorError('Multiple multipath key path specifiers found');
    multipath = true;
    const choices = step.slice(1, -1).split(';');
    if (choices.length < 2)
      throw new DescriptorError('Multipath key path specifiers must have at least two items');
    const values: number[] = [];
    for (const choice of choices) {
      const value = parseStep(choice);
      if (values.includes(value))
        throw new DescriptorError(`Duplicated key path value ${value} in multipath specifier`);
      values.push(value);
    }
    paths = values.map((value) => [...paths[0]!, value]);
  }
  return paths;
}

/** The marker of the last hardened step decides how the whole key is written. */
const markerOf = (steps: readonly string[]): "'" | 'h' | null =>
  (steps.flatMap((step) => [...step.matchAll(/['h](?=$|;|>)/g)]).at(-1)?.[0] as "'" | 'h' | undefined) ??
  null;

function parseOrigin(text: string): { origin: KeyOrigin; steps: string[] } {
  if (!text.startsWith('['))
    throw new DescriptorError(
      `Key origin start '[ character expected but not found, got '${text[0] ?? ']'}' instead`,
    );
  const [fingerprint, ...steps] = text.slice(1).split('/');
  if (fingerprint!.length !== 8)
    throw new DescriptorError(
      `Fingerprint is not 4 bytes (${fingerprint!.length} characters instead of 8 characters)`,
    );
  if (!isHex(fingerprint!)) throw new DescriptorError(`Fingerprint '${fingerprint}' is not hex`);
  return { origin: { fingerprint: fromHex(fingerprint!), path: parsePaths(steps, false)[0]! }, steps };
}

function parseConstant(
  text: string,
  context: KeyContext,
  parser: KeyParser,
  origin: KeyOrigin | null,
  marker: "'" | 'h',
): KeyExpression | null {
  const { parameters } = parser;
  const allowUncompressed = context === 'top' || context === 'p2sh';
  if (isHex(text)) {
    const bytes = fromHex(text);
    const valid = isValidPublicKey(bytes);
    if (bytes.length === 65 && (bytes[0] === 6 || bytes[0] === 7))
      throw new DescriptorError('Hybrid public keys are not allowed');
    if (valid && (allowUncompressed || bytes.length === 33))
      return new ConstantKey(bytes, false, parameters, origin, marker);
    if (valid) throw new DescriptorError('Uncompressed keys are not allowed');
    const even = concatBytes(Uint8Array.of(2), bytes);
    if (bytes.length === 32 && context === 'p2tr' && isValidPublicKey(even))
      return new ConstantKey(even, true, parameters, origin, marker);
    throw new DescriptorError(`Pubkey '${text}' is invalid`);
  }
  const wif = tryDecode(() => decodeWif(text, parameters));
  if (wif === null) return null;
  if (!wif.compressed && !allowUncompressed) throw new DescriptorError('Uncompressed keys are not allowed');
  const publicKey = publicKeyOf(wif.secret, wif.compressed);
  parser.secrets.add(publicKey, wif.secret);
  return new ConstantKey(publicKey, context === 'p2tr', parameters, origin, marker);
}

function tryDecode<T>(decode: () => T): T | null {
  try {
    return decode();
  } catch {
    return null;
  }
}

/** @throws DescriptorError with Core's text */
export function parseKey(text: string, context: KeyContext, parser: KeyParser): KeyExpression {
  const id = `${context} ${text}`;
  const key = parser.known.get(id) ?? readKey(text, context, parser);
  parser.known.set(id, key);
  return key;
}

function readKey(text: string, context: KeyContext, parser: KeyParser): KeyExpression {
  if (text.startsWith('musig(')) {
    if (context !== 'p2tr') throw new DescriptorError('musig() is only allowed in tr() and rawtr()');
    return parseMusig(text, parser);
  }
  const parts = text.split(']');
  if (parts.length > 2) throw new DescriptorError("Multiple ']' characters found for a single pubkey");
  const given = parts.length === 2 ? parseOrigin(parts[0]!) : null;
  const origin = given?.origin ?? null;
  const [key, ...steps] = parts.at(-1)!.split('/');
  if (key === undefined || key === '') throw new DescriptorError('No key provided');
  if (/^\s|\s$/.test(key)) throw new DescriptorError(`Key '${key}' is invalid due to whitespace`);
  const originMarker = markerOf(given?.steps ?? []) ?? 'h';
  if (steps.length === 0) {
    const constant = parseConstant(key, context, parser, origin, originMarker);
    if (constant !== null) return constant;
  }
  const { bip32Public, bip32Private } = parser.parameters;
  const versions = { public: bip32Public, private: bip32Private };
  const node = tryDecode(() => HDKey.fromExtendedKey(key, versions));
  if (node === null) throw new DescriptorError(`key '${key}' is not valid`);
  const last = steps.at(-1);
  const ranging = last === '*' ? 'unhardened' : last === '*h' || last === "*'" ? 'hardened' : 'none';
  const rangeSteps = ranging === 'none' ? [] : steps.splice(-1);
  // The steps decide over the range, and both over the origin: the order in which Core reads them.
  const marker = markerOf(steps) ?? markerOf(rangeSteps) ?? originMarker;
  const paths = parsePaths(steps, true);
  if (node.privateKey) parser.secrets.add(node.publicKey!, node.privateKey);
  const root = node.privateKey ? HDKey.fromExtendedKey(node.publicExtendedKey, versions) : node;
  return new ExtendedKey(root, paths, ranging, origin, marker);
}

/** `musig(KEY,...)`, perhaps with steps below the key that they make. @throws DescriptorError */
function parseMusig(text: string, parser: KeyParser): KeyExpression {
  const fail = (what: string) => new DescriptorError(`musig(): ${what}`);
  const [inner = '', after = '', ...more] = text.slice('musig('.length).split(')');
  if (more.length > 0) throw new DescriptorError("Too many ')' in musig() expression");
  if (!text.includes(')')) throw new DescriptorError('Invalid musig() expression');
  if (inner === '') throw fail('Must contain key expressions');
  const keys = inner.split(',').map((key) => {
    try {
      return parseKey(key, 'musig', parser);
    } catch (error) {
      throw error instanceof DescriptorError ? fail(error.message) : error;
    }
  });
  const [, ...steps] = after.split('/');
  if (after.startsWith('/')) {
    if (!keys.every((key) => key instanceof ExtendedKey))
      throw fail('derivation requires all participants to be xpubs or xprvs');
    if (keys.some((key) => key.isRange))
      throw fail('Cannot have ranged participant keys if musig() also has derivation');
    if (/^\*['h]$/.test(steps.at(-1)!)) throw fail('Cannot have hardened child derivation');
  }
  const ranged = steps.at(-1) === '*';
  if (ranged) steps.pop();
  let paths: number[][];
  try {
    paths = parsePaths(steps, true);
  } catch (error) {
    throw error instanceof DescriptorError ? fail(error.message) : error;
  }
  if (paths.flat().some((step) => step >= HARDENED)) throw fail('cannot have hardened derivation steps');
  const variants = new Set(keys.map((key) => key.variants).filter((count) => count > 1));
  if (variants.size > 0 && paths.length > 1)
    throw fail('Cannot have multipath participant keys if musig() is also multipath');
  if (variants.size > 1) throw fail('Multipath derivation paths have mismatched lengths');
  return new MusigKey(keys, paths, ranged, parser.parameters);
}
