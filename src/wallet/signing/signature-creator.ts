/** Makes the signatures of one input: real ones, or blanks of the same size to measure with. */
import { concatBytes, equalBytes } from '../../core/encoding/bytes.ts';
import { legacySighash } from '../../core/script/legacy-sighash.ts';
import type { SignatureChecker, SigVersion } from '../../core/script/machine.ts';
import { nobleEngine } from '../../core/script/noble-engine.ts';
import {
  KEY_PATH_SPEND,
  type SighashContext,
  segwitSighash,
  taprootSighash,
} from '../../core/script/sighash.ts';
import { SIGHASH } from '../../core/script/sighash-type.ts';
import { TransactionChecker } from '../../core/script/signature-checker.ts';
import { publicKeyOf, signEcdsa, signSchnorr, tweakSecret } from '../../core/script/signing.ts';
import { taprootTweak } from '../../core/script/taproot.ts';
import type { TxOut } from '../../core/transaction/transaction.ts';
import type { SigningProvider } from './provider.ts';

export interface SignatureCreator {
  readonly checker: SignatureChecker;
  /** DER with hash type, or null if the secret is not known. */
  createEcdsa(publicKey: Uint8Array, scriptCode: Uint8Array, version: SigVersion): Uint8Array | null;
  /**
   * 64 bytes, or 65 with hash type; null if the secret is not known.
   * @param merkleRoot tweaks the key (BIP341; empty without scripts); null leaves it as it is
   */
  createSchnorr(x: Uint8Array, leafHash: Uint8Array | null, merkleRoot: Uint8Array | null): Uint8Array | null;
}

/** BIP340 allows zeros; Core signs so too, and the same input always gets the same signature. */
const NO_AUXILIARY = new Uint8Array(32);

export class TransactionSigner implements SignatureCreator {
  readonly checker: SignatureChecker;
  readonly #provider: SigningProvider;
  readonly #context: SighashContext;
  readonly #index: number;
  readonly #spent: TxOut;
  readonly #hashType: number;

  /** @param hashType DEFAULT is ALL where there is no taproot */
  constructor(
    provider: SigningProvider,
    context: SighashContext,
    index: number,
    spent: TxOut,
    hashType: number,
  ) {
    this.#provider = provider;
    this.#context = context;
    this.#index = index;
    this.#spent = spent;
    this.#hashType = hashType;
    this.checker = new TransactionChecker(context, index, spent, nobleEngine);
  }

  createEcdsa(publicKey: Uint8Array, scriptCode: Uint8Array, version: SigVersion): Uint8Array | null {
    const secret = this.#provider.key(publicKey)?.secret;
    if (!secret || (version === 'witnessV0' && publicKey.length !== 33)) return null;
    if (!equalBytes(publicKeyOf(secret, publicKey.length === 33), publicKey)) return null;
    const type = this.#hashType === SIGHASH.DEFAULT ? SIGHASH.ALL : this.#hashType;
    const hash =
      version === 'base'
        ? legacySighash(this.#context, this.#index, scriptCode, type)
        : segwitSighash(this.#context, this.#index, scriptCode, this.#spent.value, type);
    return concatBytes(signEcdsa(hash, secret, { grindLowR: true }), Uint8Array.of(type));
  }

  createSchnorr(
    x: Uint8Array,
    leafHash: Uint8Array | null,
    merkleRoot: Uint8Array | null,
  ): Uint8Array | null {
    const secret = this.#provider.key(x)?.secret;
    if (!secret || this.#context.spent === null) return null;
    const spend = leafHash === null ? KEY_PATH_SPEND : { ...KEY_PATH_SPEND, leafHash };
    const hash = taprootSighash(this.#context, this.#index, this.#hashType, spend);
    if (hash === null) return null;
    const key = merkleRoot === null ? secret : tweakSecret(secret, taprootTweak(x, merkleRoot));
    const signature = signSchnorr(hash, key, NO_AUXILIARY);
    return this.#hashType === SIGHASH.DEFAULT
      ? signature
      : concatBytes(signature, Uint8Array.of(this.#hashType));
  }
}

/** A strict DER signature with its hash type. @param r an unsigned number */
const blankEcdsa = (r: Uint8Array): Uint8Array =>
  concatBytes(
    Uint8Array.of(0x30, r.length + 36, 2, r.length),
    r,
    Uint8Array.of(2, 32, 1),
    new Uint8Array(31),
    Uint8Array.of(SIGHASH.ALL),
  );
const BLANK_SCHNORR = new Uint8Array(64);

/** Signs for any key with blanks, and takes everything that is asked of the transaction for granted. */
const blanks = (ecdsa: Uint8Array): SignatureCreator => ({
  createEcdsa: () => ecdsa,
  createSchnorr: () => BLANK_SCHNORR,
  checker: Object.freeze({
    checkEcdsa: (signature: Uint8Array) => signature.length > 0,
    checkSchnorr: () => undefined,
    checkTweak: nobleEngine.checkTweak,
    checkLockTime: () => true,
    checkSequence: () => true,
  }),
});
/** Of 71 bytes, as most are that are ground to a low R. */
export const blankSigner = blanks(blankEcdsa(Uint8Array.of(1, ...new Uint8Array(31))));
/** Of 72 bytes: others may not grind. */
export const blankForeignSigner = blanks(blankEcdsa(Uint8Array.of(0, 0x80, ...new Uint8Array(31))));
