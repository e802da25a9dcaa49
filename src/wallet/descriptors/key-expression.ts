/**
 * BIP380 key expressions: a public key or an extended key with the steps to derive from it. Secrets
 * are never part of an expression; they are looked up by the public key they belong to.
 */
import { HDKey } from '@scure/bip32';
import { concatBytes, toHex } from '../../core/encoding/bytes.ts';
import { hash160 } from '../../core/encoding/hashes.ts';
import type { NetworkParameters } from '../../core/parameters/network.ts';
import { publicKeyOf } from '../../core/script/signing.ts';
import { encodeWif } from '../../core/script/wif.ts';
import { formatOrigin, formatSteps, HARDENED, type KeyOrigin } from './key-path.ts';
import { PublicParent, secretBelow } from './public-children.ts';

/** The secret of a public key (33 or 65 bytes), if it is known. */
export type SecretLookup = (publicKey: Uint8Array) => Uint8Array | undefined;

export const noSecrets: SecretLookup = () => undefined;

/** Secrets that came with a text, by public key. */
export class SecretKeys {
  readonly #secrets = new Map<string, Uint8Array>();

  add(publicKey: Uint8Array, secret: Uint8Array): void {
    this.#secrets.set(toHex(publicKey), secret);
  }

  get size(): number {
    return this.#secrets.size;
  }

  readonly lookup: SecretLookup = (publicKey) => this.#secrets.get(toHex(publicKey));

  entries(): IterableIterator<[publicKeyHex: string, secret: Uint8Array]> {
    return this.#secrets.entries();
  }
}

export type KeyForm = 'public' | 'private' | 'normalized';
type Ranging = 'none' | 'unhardened' | 'hardened';
type Marker = "'" | 'h';

export interface DerivedKey {
  /** 33 or 65 bytes; an x-only key has the prefix 02. */
  readonly publicKey: Uint8Array;
  readonly origin: KeyOrigin;
}

/** One private child; undefined in the astronomically rare case that BIP32 skips. */
function privateChild(node: HDKey, secrets: SecretLookup): HDKey | undefined {
  if (node.privateKey) return node;
  const secret = secrets(node.publicKey!);
  if (secret === undefined) return undefined;
  return new HDKey({
    versions: node.versions,
    depth: node.depth,
    index: node.index,
    parentFingerprint: node.parentFingerprint,
    chainCode: node.chainCode!,
    privateKey: secret,
  });
}

const fingerprintOf = (publicKey: Uint8Array): Uint8Array => hash160(publicKey).subarray(0, 4);

export abstract class KeyExpression {
  readonly origin: KeyOrigin | null;
  readonly marker: Marker;

  constructor(origin: KeyOrigin | null, marker: Marker) {
    this.origin = origin;
    this.marker = marker;
  }

  abstract readonly isRange: boolean;
  /** Bytes of the public key in a script. */
  abstract readonly size: number;
  /** How many keys a `<a;b>` step makes of this; 1 without one. */
  readonly variants: number = 1;
  abstract variant(index: number): KeyExpression;
  /** The key at this index; null if a hardened step is in the way and the secret is not known. */
  abstract derive(index: number, secrets: SecretLookup): DerivedKey | null;
  abstract deriveSecret(index: number, secrets: SecretLookup): Uint8Array | null;
  /** Spares deriving the key at this index again, which is most of what a listing of many coins costs. */
  abstract remember(index: number, publicKey: Uint8Array): void;
  abstract hasSecret(secrets: SecretLookup): boolean;
  /** The key without its origin. */
  protected abstract body(form: KeyForm, secrets: SecretLookup): string | null;

  /** As text; null if the normalized form needs a secret that is not known. Unknown secrets stay public. */
  format(form: KeyForm, secrets: SecretLookup): string | null {
    const body = this.body(form, secrets);
    if (body === null || this.origin === null) return body;
    const origin = formatOrigin(this.origin, form === 'normalized' ? 'h' : this.marker);
    // A normalized body may bring an origin of its own: the steps join, its fingerprint goes.
    return body.startsWith('[') ? `[${origin}${body.slice(9)}` : `[${origin}]${body}`;
  }

  protected originOf(root: Uint8Array, path: readonly number[]): KeyOrigin {
    if (this.origin === null) return { fingerprint: fingerprintOf(root), path };
    return { fingerprint: this.origin.fingerprint, path: [...this.origin.path, ...path] };
  }
}

/** A single key. */
export class ConstantKey extends KeyExpression {
  readonly publicKey: Uint8Array;
  readonly xOnly: boolean;
  readonly #parameters: NetworkParameters;
  readonly isRange = false;

  constructor(
    publicKey: Uint8Array,
    xOnly: boolean,
    parameters: NetworkParameters,
    origin: KeyOrigin | null,
    marker: Marker = 'h',
  ) {
    super(origin, marker);
    this.publicKey = publicKey;
    this.xOnly = xOnly;
    this.#parameters = parameters;
  }

  get size(): number {
    return this.publicKey.length;
  }

  variant(): KeyExpression {
    return this;
  }

  remember(): void {}

  derive(): DerivedKey {
    return { publicKey: this.publicKey, origin: this.originOf(this.publicKey, []) };
  }

  /** An x-only key may belong to the secret of either parity. */
  deriveSecret(_index: number, secrets: SecretLookup): Uint8Array | null {
    const odd = concatBytes(Uint8Array.of(3), this.publicKey.subarray(1));
    return secrets(this.publicKey) ?? (this.xOnly ? secrets(odd) : undefined) ?? null;
  }

  hasSecret(secrets: SecretLookup): boolean {
    return this.deriveSecret(0, secrets) !== null;
  }

  protected body(form: KeyForm, secrets: SecretLookup): string {
    const secret = form === 'private' ? this.deriveSecret(0, secrets) : null;
    if (secret !== null) return encodeWif(secret, this.publicKey.length === 33, this.#parameters);
    return toHex(this.xOnly ? this.publicKey.subarray(1) : this.publicKey);
  }
}

/** An extended key (BIP32) with the steps below it. */
export class ExtendedKey extends KeyExpression {
  /** Public; its secret is looked up. */
  readonly root: HDKey;
  readonly paths: readonly (readonly number[])[];
  readonly ranging: Ranging;
  readonly size = 33;
  override readonly variants: number;
  #parent: HDKey | undefined;
  #children: PublicParent | undefined;
  readonly #known = new Map<number, Uint8Array>();
  /** The root and what the unhardened steps of the path lead to. */
  readonly #nodes: PublicParent[] = [];

  constructor(
    root: HDKey,
    paths: readonly (readonly number[])[],
    ranging: Ranging,
    origin: KeyOrigin | null,
    marker: Marker,
  ) {
    super(origin, marker);
    this.root = root;
    this.paths = paths;
    this.ranging = ranging;
    this.variants = paths.length;
  }

  get isRange(): boolean {
    return this.ranging !== 'none';
  }

  get #path(): readonly number[] {
    return this.paths[0]!;
  }

  variant(index: number): KeyExpression {
    if (this.variants === 1) return this;
    // What a multipath descriptor expands to is written with h, whatever the text had.
    return new ExtendedKey(this.root, [this.paths[index]!], this.ranging, this.origin, 'h');
  }

  /** The node whose children are the keys (or the key itself), kept because its steps cost most. */
  #deriveParent(secrets: SecretLookup): HDKey | null {
    if (this.#parent !== undefined) return this.#parent;
    let node: HDKey | undefined = this.root;
    if (this.#path.some((step) => step >= HARDENED)) node = privateChild(this.root, secrets);
    if (node === undefined) return null;
    for (const step of this.#path) node = node.deriveChild(step);
    this.#parent = node.privateKey ? HDKey.fromExtendedKey(node.publicExtendedKey, node.versions) : node;
    return this.#parent;
  }

  derive(index: number, secrets: SecretLookup): DerivedKey | null {
    const path = this.#pathTo(index);
    const publicKey = this.#known.get(index) ?? this.#derivePublic(index, secrets);
    return publicKey === null ? null : { publicKey, origin: this.originOf(this.root.publicKey!, path) };
  }

  #derivePublic(index: number, secrets: SecretLookup): Uint8Array | null {
    if (this.ranging === 'hardened') {
      const secret = this.#below(this.#pathTo(index), secrets);
      return secret && publicKeyOf(secret);
    }
    const parent = this.#deriveParent(secrets);
    if (parent === null) return null;
    this.#children ??= new PublicParent(parent.publicKey!, parent.chainCode!);
    return this.isRange ? this.#children.child(index) : parent.publicKey!;
  }

  remember(index: number, publicKey: Uint8Array): void {
    if (this.isRange) this.#known.set(index, publicKey);
  }

  #below(path: readonly number[], secrets: SecretLookup): Uint8Array | null {
    const secret = secrets(this.root.publicKey!);
    return secret === undefined ? null : secretBelow(secret, this.root.chainCode!, path);
  }

  #pathTo(index: number): readonly number[] {
    if (!this.isRange) return this.#path;
    return [...this.#path, this.ranging === 'hardened' ? index + HARDENED : index];
  }

  deriveSecret(index: number, secrets: SecretLookup): Uint8Array | null {
    const path = this.#pathTo(index);
    return path.every((step) => step < HARDENED) ? this.#addUp(path, secrets) : this.#below(path, secrets);
  }

  /** What unhardened steps make of a secret. Of the way there only public keys are kept. */
  #addUp(path: readonly number[], secrets: SecretLookup): Uint8Array | null {
    let secret = secrets(this.root.publicKey!);
    if (secret === undefined) return null;
    this.#nodes[0] ??= new PublicParent(this.root.publicKey!, this.root.chainCode!);
    for (const [depth, step] of path.entries()) {
      secret = this.#nodes[depth]!.childSecret(secret, step);
      if (depth < path.length - 1) this.#nodes[depth + 1] ??= this.#nodes[depth]!.step(step);
    }
    return secret;
  }

  hasSecret(secrets: SecretLookup): boolean {
    return secrets(this.root.publicKey!) !== undefined;
  }

  /** Of the root; null where its secret is not known. */
  rootSecret(secrets: SecretLookup): HDKey | null {
    return privateChild(this.root, secrets) ?? null;
  }

  protected body(form: KeyForm, secrets: SecretLookup): string | null {
    const marker = form === 'normalized' ? 'h' : this.marker;
    const range = this.ranging === 'none' ? '' : this.ranging === 'hardened' ? `/*${marker}` : '/*';
    const lastHardened = this.#path.findLastIndex((step) => step >= HARDENED);
    if (form === 'normalized' && this.ranging !== 'hardened' && lastHardened >= 0) {
      let node = privateChild(this.root, secrets);
      if (node === undefined) return null;
      const above = this.#path.slice(0, lastHardened + 1);
      for (const step of above) node = node.deriveChild(step);
      const fingerprint = toHex(fingerprintOf(this.root.publicKey!));
      const below = formatSteps(this.#path.slice(lastHardened + 1));
      return `[${fingerprint}${formatSteps(above)}]${node.publicExtendedKey}${below}${range}`;
    }
    const withSecret = form === 'private' ? privateChild(this.root, secrets) : undefined;
    const key = withSecret?.privateExtendedKey ?? this.root.publicExtendedKey;
    return `${key}${formatSteps(this.#path, marker)}${range}`;
  }
}
