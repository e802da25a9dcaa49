/**
 * The seam behind which curves are computed. `noble-engine.ts` is the reference; faster ones live in
 * `platform`. One suite (test/support/signature-engine-suite.ts) holds all of them to the same answers.
 */
export interface SignatureEngine {
  readonly name: string;
  /**
   * ECDSA as consensus sees it.
   * @param signature 64 bytes r || s; s may be high, either may be out of range (then false).
   * @param hash 32 bytes.
   * @param publicKey 33 or 65 bytes as in the script; the hybrid prefixes 6 and 7 are allowed.
   */
  verifyEcdsa(signature: Uint8Array, hash: Uint8Array, publicKey: Uint8Array): boolean;
  /** BIP340: 64-byte signature, 32-byte message, 32-byte x. */
  verifySchnorr(signature: Uint8Array, message: Uint8Array, publicKeyX: Uint8Array): boolean;
  /** BIP341: is the point with x `outputX` and this parity of y equal to lift_x(internalX) + tweak * G? */
  checkTweak(outputX: Uint8Array, parity: 0 | 1, internalX: Uint8Array, tweak: Uint8Array): boolean;
  /** Key + tweak * G, both keys in 33 bytes; null if key or tweak is out of range or the sum is at infinity. */
  tweakKey(publicKey: Uint8Array, tweak: Uint8Array): Uint8Array | null;
}
