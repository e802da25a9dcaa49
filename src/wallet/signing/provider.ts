/**
 * What one needs to know to spend outputs: keys by their hash, scripts by theirs, key origins, taproot
 * trees, secrets. Filled from descriptors, PSBT fields or RPC parameters; knows nothing of where from.
 */
import { concatBytes, equalBytes, toHex } from '../../core/encoding/bytes.ts';
import { hash160, ripemd160 } from '../../core/encoding/hashes.ts';
import type { KeyOrigin } from '../descriptors/key-path.ts';
import type { TaprootTree } from './taproot-tree.ts';

interface OwnedKey {
  /** 33 or 65 bytes */
  readonly publicKey: Uint8Array;
  readonly origin: KeyOrigin | null;
  readonly secret: Uint8Array | null;
}

const EVEN = Uint8Array.of(2);
const ODD = Uint8Array.of(3);

export class SigningProvider {
  readonly #keys = new Map<string, OwnedKey>();
  readonly #scripts = new Map<string, Uint8Array>();
  readonly #trees = new Map<string, TaprootTree>();

  addKey(publicKey: Uint8Array, origin: KeyOrigin | null, secret: Uint8Array | null): void {
    const id = toHex(hash160(publicKey));
    const known = this.#keys.get(id);
    this.#keys.set(id, {
      publicKey,
      origin: origin ?? known?.origin ?? null,
      secret: secret ?? known?.secret ?? null,
    });
  }

  /** Takes over what another knows. */
  merge(other: SigningProvider): void {
    for (const { publicKey, origin, secret } of other.#keys.values()) this.addKey(publicKey, origin, secret);
    for (const [id, script] of other.#scripts) this.#scripts.set(id, script);
    for (const [id, tree] of other.#trees) this.#trees.set(id, tree);
  }

  /** Leaves out where keys come from. */
  forgetOrigins(): void {
    for (const [id, key] of this.#keys) this.#keys.set(id, { ...key, origin: null });
  }

  /** A redeem or witness script. */
  addScript(script: Uint8Array): void {
    this.#scripts.set(toHex(hash160(script)), script);
  }

  addTree(tree: TaprootTree): void {
    this.#trees.set(toHex(tree.outputKey), tree);
  }

  keyByHash(hash: Uint8Array): OwnedKey | undefined {
    return this.#keys.size === 0 ? undefined : this.#keys.get(toHex(hash));
  }

  /** The x of the key of which this is the hash, as tapscript has it. */
  xByHash(hash: Uint8Array): Uint8Array | undefined {
    for (const { publicKey } of this.#keys.values()) {
      const x = publicKey.subarray(1, 33);
      if (equalBytes(hash160(x), hash)) return x;
    }
    return undefined;
  }

  /** @param publicKey 33 or 65 bytes, or 32 for a key known by its x only */
  key(publicKey: Uint8Array): OwnedKey | undefined {
    // RPCs show blocks with a provider that knows nothing: it need not hash to say so.
    if (this.#keys.size === 0) return undefined;
    if (publicKey.length !== 32) return this.keyByHash(hash160(publicKey));
    const even = this.key(concatBytes(EVEN, publicKey));
    const odd = this.key(concatBytes(ODD, publicKey));
    return even?.secret || !odd?.secret ? (even ?? odd) : odd;
  }

  /** @param hash 20 bytes: HASH160 of the script */
  scriptByHash(hash: Uint8Array): Uint8Array | undefined {
    return this.#scripts.size === 0 ? undefined : this.#scripts.get(toHex(hash));
  }

  /** @param program 32 bytes: SHA-256 of the script */
  witnessScript(program: Uint8Array): Uint8Array | undefined {
    return this.#scripts.size === 0 ? undefined : this.scriptByHash(ripemd160(program));
  }

  tree(outputKey: Uint8Array): TaprootTree | undefined {
    return this.#trees.size === 0 ? undefined : this.#trees.get(toHex(outputKey));
  }
}
