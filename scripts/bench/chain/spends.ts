/** The scripts of a generated chain and how to spend each: a few keys a kind, all from one seed. */
import { createRequire } from 'node:module';
import * as tiny from 'tiny-secp256k1';
import { concatBytes, toHex, utf8 } from '../../../src/core/encoding/bytes.ts';
import { hash160, sha256, taggedHash } from '../../../src/core/encoding/hashes.ts';
import { legacySighash } from '../../../src/core/script/legacy-sighash.ts';
import { pushData } from '../../../src/core/script/script.ts';
import { SighashContext, segwitSighash, taprootSighash } from '../../../src/core/script/sighash.ts';
import { SIGHASH } from '../../../src/core/script/sighash-type.ts';
import {
  encodeDer,
  publicKeyOf,
  taprootOutputKey,
  tweakSecret,
  xOnlyKeyOf,
} from '../../../src/core/script/signing.ts';
import { taprootTweak } from '../../../src/core/script/taproot.ts';
import { multisig, p2pkh, p2tr, p2wpkh, p2wsh } from '../../../src/core/script/templates.ts';
import { NO_WITNESS, Transaction, type TxIn, type TxOut } from '../../../src/core/transaction/transaction.ts';

/** `multisig` is 2 of 3 in a witness script; `p2tr` is spent by its key. */
export const KINDS = ['p2wpkh', 'p2tr', 'p2pkh', 'multisig'] as const;
export type Kind = (typeof KINDS)[number];

const KEYS_PER_KIND = 8;
const AUX = new Uint8Array(32);
const HASH_TYPE = Uint8Array.of(SIGHASH.ALL);

/** Fills in what spends an input: its scriptSig or its witness. */
type Sign = (context: SighashContext, index: number) => Pick<TxIn, 'scriptSig' | 'witness'>;

interface Spendable {
  readonly script: Uint8Array;
  readonly sign: Sign;
}

const EMPTY = new Uint8Array(0);

/** Signatures by RFC 6979, so that the same come from both: 43 us each by the native code, 108 by WebAssembly. */
const signCompact = ((): ((hash: Uint8Array, secret: Uint8Array) => Uint8Array) => {
  try {
    const native = createRequire(import.meta.url)('secp256k1/bindings') as NativeSigner;
    return (hash, secret) => native.ecdsaSign(hash, secret).signature;
  } catch {
    return tiny.sign;
  }
})();

interface NativeSigner {
  ecdsaSign(hash: Uint8Array, secret: Uint8Array): { readonly signature: Uint8Array };
}

function ecdsa(hash: Uint8Array, secret: Uint8Array): Uint8Array {
  return concatBytes(encodeDer(signCompact(hash, secret)), HASH_TYPE);
}

const MAKERS: Readonly<Record<Kind, (secrets: readonly Uint8Array[]) => Spendable>> = {
  p2wpkh([secret]) {
    const key = publicKeyOf(secret!);
    const code = p2pkh(hash160(key));
    const sign: Sign = (context, index) => {
      const { value } = context.spent![index]!;
      const signature = ecdsa(segwitSighash(context, index, code, value, SIGHASH.ALL), secret!);
      return { scriptSig: EMPTY, witness: [signature, key] };
    };
    return { script: p2wpkh(hash160(key)), sign };
  },
  p2tr([secret]) {
    const internal = xOnlyKeyOf(secret!);
    const tweaked = tweakSecret(secret!, taprootTweak(internal));
    const sign: Sign = (context, index) => {
      const hash = taprootSighash(context, index, SIGHASH.DEFAULT)!;
      return { scriptSig: EMPTY, witness: [tiny.signSchnorr(hash, tweaked, AUX)] };
    };
    return { script: p2tr(taprootOutputKey(internal)!.x), sign };
  },
  p2pkh([secret]) {
    const key = publicKeyOf(secret!);
    const code = p2pkh(hash160(key));
    const sign: Sign = (context, index) => {
      const signature = ecdsa(legacySighash(context, index, code, SIGHASH.ALL), secret!);
      return { scriptSig: concatBytes(pushData(signature), pushData(key)), witness: NO_WITNESS };
    };
    return { script: code, sign };
  },
  multisig(secrets) {
    const code = multisig(
      2,
      secrets.map((secret) => publicKeyOf(secret)),
    );
    const sign: Sign = (context, index) => {
      const hash = segwitSighash(context, index, code, context.spent![index]!.value, SIGHASH.ALL);
      const signatures = secrets.slice(0, 2).map((secret) => ecdsa(hash, secret));
      return { scriptSig: EMPTY, witness: [EMPTY, ...signatures, code] };
    };
    return { script: p2wsh(sha256(code)), sign };
  },
};

export class KeyRing {
  readonly #scripts = new Map<Kind, Uint8Array[]>();
  readonly #signers = new Map<string, Sign>();

  constructor(seed: string) {
    for (const kind of KINDS) {
      const scripts: Uint8Array[] = [];
      for (let n = 0; n < KEYS_PER_KIND; n++) {
        const secrets = [0, 1, 2].map((i) => taggedHash('penny bench', utf8(`${seed} ${kind} ${n} ${i}`)));
        const { script, sign } = MAKERS[kind](secrets);
        scripts.push(script);
        this.#signers.set(toHex(script), sign);
      }
      this.#scripts.set(kind, scripts);
    }
  }

  script(kind: Kind, n: number): Uint8Array {
    return this.#scripts.get(kind)![n % KEYS_PER_KIND]!;
  }

  /** @param spent what each input spends, to one of this ring's scripts. */
  sign(unsigned: Transaction, spent: readonly TxOut[]): Transaction {
    const context = new SighashContext(unsigned, spent);
    const { version, outputs, lockTime } = unsigned;
    const inputs = unsigned.inputs.map((input, index) => {
      const sign = this.#signers.get(toHex(spent[index]!.scriptPubKey))!;
      return { ...input, ...sign(context, index) };
    });
    return Transaction.from({ version, inputs, outputs, lockTime });
  }
}
