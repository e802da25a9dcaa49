/** What a script is told about the transaction that runs it, if any does. */
import {
  LOCK_TIME_THRESHOLD,
  SEQUENCE_DISABLE,
  SEQUENCE_FINAL,
  SEQUENCE_MASK,
  SEQUENCE_TIME,
  type TxOut,
} from '../transaction/transaction.ts';
import { ScriptFailure } from './errors.ts';
import { legacySighash } from './legacy-sighash.ts';
import type { SignatureChecker, SigVersion } from './machine.ts';
import { type SighashContext, segwitSighash, type TaprootSpend, taprootSighash } from './sighash.ts';
import { SIGHASH } from './sighash-type.ts';
import { hasKeySize, parseLaxDer } from './signature-encoding.ts';
import type { SignatureEngine } from './signature-engine.ts';

/** BIP68's bits of a sequence number that are compared. */
const LOCK_BITS = SEQUENCE_TIME | SEQUENCE_MASK;

/** For scripts that no transaction runs (Core's BaseSignatureChecker). */
export const NOTHING_SIGNED: SignatureChecker = Object.freeze({
  checkEcdsa: () => false,
  checkSchnorr: () => {
    throw new ScriptFailure('SCHNORR_SIG');
  },
  checkTweak: () => false,
  checkLockTime: () => false,
  checkSequence: () => false,
});

/** Checks against one input of a real transaction. */
export class TransactionChecker implements SignatureChecker {
  readonly #context: SighashContext;
  readonly #index: number;
  readonly #amount: bigint;
  readonly #engine: SignatureEngine;
  #lastCode: Uint8Array | undefined;
  #lastType = -1;
  #lastHash: Uint8Array | undefined;

  constructor(context: SighashContext, index: number, spent: TxOut, engine: SignatureEngine) {
    this.#context = context;
    this.#index = index;
    this.#amount = spent.value;
    this.#engine = engine;
  }

  checkEcdsa(
    signature: Uint8Array,
    key: Uint8Array,
    scriptCode: Uint8Array,
    sigVersion: SigVersion,
  ): boolean {
    if (signature.length === 0 || !hasKeySize(key)) return false;
    const compact = parseLaxDer(signature.subarray(0, -1));
    if (compact === null) return false;
    const hash = this.#hash(scriptCode, signature[signature.length - 1]!, sigVersion);
    return this.#engine.verifyEcdsa(compact, hash, key);
  }

  /** A multisig tries many keys on one hash: keep the last, or a hostile script hashes megabytes each time. */
  #hash(scriptCode: Uint8Array, hashType: number, sigVersion: SigVersion): Uint8Array {
    if (this.#lastHash === undefined || this.#lastCode !== scriptCode || this.#lastType !== hashType) {
      this.#lastHash =
        sigVersion === 'base'
          ? legacySighash(this.#context, this.#index, scriptCode, hashType)
          : segwitSighash(this.#context, this.#index, scriptCode, this.#amount, hashType);
      this.#lastCode = scriptCode;
      this.#lastType = hashType;
    }
    return this.#lastHash;
  }

  checkSchnorr(signature: Uint8Array, key: Uint8Array, spend: TaprootSpend): void {
    if (signature.length !== 64 && signature.length !== 65) throw new ScriptFailure('SCHNORR_SIG_SIZE');
    let hashType: number = SIGHASH.DEFAULT;
    if (signature.length === 65) {
      hashType = signature[64]!;
      // One meaning, one form: DEFAULT is never written out.
      if (hashType === SIGHASH.DEFAULT) throw new ScriptFailure('SCHNORR_SIG_HASHTYPE');
    }
    const hash = taprootSighash(this.#context, this.#index, hashType, spend);
    if (hash === null) throw new ScriptFailure('SCHNORR_SIG_HASHTYPE');
    if (!this.#engine.verifySchnorr(signature.subarray(0, 64), hash, key))
      throw new ScriptFailure('SCHNORR_SIG');
  }

  checkTweak(outputX: Uint8Array, parity: 0 | 1, internalX: Uint8Array, tweak: Uint8Array): boolean {
    return this.#engine.checkTweak(outputX, parity, internalX, tweak);
  }

  checkLockTime(lockTime: bigint): boolean {
    const { tx } = this.#context;
    const own = BigInt(tx.lockTime);
    if (own < LOCK_TIME_THRESHOLD !== lockTime < LOCK_TIME_THRESHOLD) return false;
    if (lockTime > own) return false;
    // A final input switches the transaction's lock time off, so it would prove nothing.
    return tx.inputs[this.#index]!.sequence !== SEQUENCE_FINAL;
  }

  checkSequence(sequence: bigint): boolean {
    const { tx } = this.#context;
    const own = tx.inputs[this.#index]!.sequence;
    if (tx.version < 2 || own >= SEQUENCE_DISABLE) return false;
    const ownLock = own & LOCK_BITS;
    const lock = Number(sequence & BigInt(LOCK_BITS));
    if (ownLock < SEQUENCE_TIME !== lock < SEQUENCE_TIME) return false;
    return lock <= ownLock;
  }
}
