/** What is known, and what was made, for spending one output: the working memory of a signer. */
import { EMPTY, toHex } from '../../core/encoding/bytes.ts';
import { hash160 } from '../../core/encoding/hashes.ts';
import type { KeyOrigin } from '../descriptors/key-path.ts';
import type { SpendableLeaf, TreeLeafScript } from './taproot-tree.ts';

interface KeySignature {
  /** 33 or 65 bytes */
  readonly publicKey: Uint8Array;
  /** DER with hash type */
  readonly signature: Uint8Array;
}

interface KeyWithOrigin {
  readonly publicKey: Uint8Array;
  readonly origin: KeyOrigin;
}

export interface TapKeyOrigin {
  /** 32 bytes */
  readonly x: Uint8Array;
  /** Leaves the key stands in, hex; empty for an internal key. */
  readonly leafHashes: ReadonlySet<string>;
  readonly origin: KeyOrigin;
}

interface TapLeafSignature {
  readonly x: Uint8Array;
  readonly leafHash: Uint8Array;
  /** 64 bytes, or 65 with hash type */
  readonly signature: Uint8Array;
}

export type HashKind = 'ripemd160' | 'sha256' | 'hash160' | 'hash256';

/** What would have been needed; hashes as scripts have them. */
export interface Missing {
  readonly publicKeys: Uint8Array[];
  readonly signatures: Uint8Array[];
  redeemScript: Uint8Array | null;
  witnessScript: Uint8Array | null;
}

export class SpendData {
  complete = false;
  /** A witness was made, or would be. */
  usesWitness = false;
  scriptSig: Uint8Array = EMPTY;
  witness: readonly Uint8Array[] = [];
  redeemScript: Uint8Array = EMPTY;
  witnessScript: Uint8Array = EMPTY;
  /** By HASH160 of the key, hex. */
  readonly signatures = new Map<string, KeySignature>();
  /** By HASH160 of the key, hex. */
  readonly keys = new Map<string, KeyWithOrigin>();
  tapKeySignature: Uint8Array = EMPTY;
  /** By x and leaf hash, hex. */
  readonly tapLeafSignatures = new Map<string, TapLeafSignature>();
  tapInternalKey: Uint8Array = EMPTY;
  tapMerkleRoot: Uint8Array = EMPTY;
  /** By script and leaf version, hex. */
  readonly tapLeaves = new Map<string, SpendableLeaf>();
  tapTree: readonly TreeLeafScript[] = [];
  /** By x, hex. */
  readonly tapKeys = new Map<string, TapKeyOrigin>();
  /** By kind and hash, `sha256:00ff..`. */
  readonly preimages = new Map<string, Uint8Array>();
  readonly missing: Missing = { publicKeys: [], signatures: [], redeemScript: null, witnessScript: null };

  addLeaf(leaf: SpendableLeaf): void {
    const id = `${toHex(leaf.script)}:${leaf.leafVersion}`;
    if (!this.tapLeaves.has(id)) this.tapLeaves.set(id, leaf);
  }

  addKey(publicKey: Uint8Array, origin: KeyOrigin): void {
    const id = toHex(hash160(publicKey));
    if (!this.keys.has(id)) this.keys.set(id, { publicKey, origin });
  }

  addTapKey(x: Uint8Array, origin: KeyOrigin, leafHash: Uint8Array | null): void {
    const id = toHex(x);
    const known = this.tapKeys.get(id);
    const leafHashes = new Set(known?.leafHashes ?? []);
    if (leafHash !== null) leafHashes.add(toHex(leafHash));
    this.tapKeys.set(id, { x, leafHashes, origin: known?.origin ?? origin });
  }

  /** The key of this hash, from signatures, origins or (in tapscript) x-only keys. */
  keyByHash(hash: Uint8Array): Uint8Array | undefined {
    const id = toHex(hash);
    return this.signatures.get(id)?.publicKey ?? this.keys.get(id)?.publicKey;
  }
}
