/** Signed spends of the usual kinds of outputs, made in a few words: data for tests and benchmarks. */
import { concatBytes, EMPTY } from '../../src/core/encoding/bytes.ts';
import { hash160, sha256 } from '../../src/core/encoding/hashes.ts';
import { legacySighash } from '../../src/core/script/legacy-sighash.ts';
import { OP } from '../../src/core/script/opcodes.ts';
import { pushData, script } from '../../src/core/script/script.ts';
import { SighashContext, segwitSighash, taprootSighash } from '../../src/core/script/sighash.ts';
import { SIGHASH } from '../../src/core/script/sighash-type.ts';
import {
  publicKeyOf,
  signEcdsa,
  signSchnorr,
  taprootOutputKey,
  tweakSecret,
  xOnlyKeyOf,
} from '../../src/core/script/signing.ts';
import { controlBlock, hashTapTree, TAPSCRIPT_LEAF, taprootTweak } from '../../src/core/script/taproot.ts';
import { multisig, p2pk, p2pkh, p2sh, p2tr, p2wpkh, p2wsh } from '../../src/core/script/templates.ts';
import {
  SEQUENCE_FINAL,
  Transaction,
  type TxIn,
  type TxOut,
} from '../../src/core/transaction/transaction.ts';

export const SPEND_KINDS = [
  'p2pk',
  'p2pkh',
  'p2sh-multisig',
  'p2wpkh',
  'p2sh-p2wpkh',
  'p2wsh-multisig',
  'p2tr-key',
  'p2tr-script',
] as const;

export type SpendKind = (typeof SPEND_KINDS)[number];

export interface Spend {
  readonly tx: Transaction;
  readonly spent: readonly TxOut[];
}

/** A secret that belongs to a number: SHA-256 of it. */
export function secretOf(number: number): Uint8Array {
  return sha256(Uint8Array.of(number, number >>> 8, number >>> 16, number >>> 24));
}

interface Unlock {
  readonly scriptSig: Uint8Array;
  readonly witness: readonly Uint8Array[];
}

type Sign = (context: SighashContext, index: number) => Unlock;

const AUX = new Uint8Array(32);

function ecdsa(hash: Uint8Array, secret: Uint8Array, type: number): Uint8Array {
  return concatBytes(signEcdsa(hash, secret), Uint8Array.of(type));
}

/** The output script of a kind for a key, and how to spend it. */
function kindOf(kind: SpendKind, number: number, type: number): { scriptPubKey: Uint8Array; sign: Sign } {
  const secret = secretOf(number);
  const key = publicKeyOf(secret);
  const others = [secretOf(number + 1_000_000), secretOf(number + 2_000_000)];
  const legacy = (context: SighashContext, index: number, code: Uint8Array, by = secret) =>
    ecdsa(legacySighash(context, index, code, type), by, type);
  const segwit = (context: SighashContext, index: number, code: Uint8Array, by = secret) =>
    ecdsa(segwitSighash(context, index, code, context.spent![index]!.value, type), by, type);
  const twoOfThree = multisig(2, [key, ...others.map((other) => publicKeyOf(other))]);
  const keyCode = p2pkh(hash160(key));
  switch (kind) {
    case 'p2pk':
      return {
        scriptPubKey: p2pk(key),
        sign: (context, index) => ({ scriptSig: script(legacy(context, index, p2pk(key))), witness: [] }),
      };
    case 'p2pkh':
      return {
        scriptPubKey: keyCode,
        sign: (context, index) => ({ scriptSig: script(legacy(context, index, keyCode), key), witness: [] }),
      };
    case 'p2sh-multisig':
      return {
        scriptPubKey: p2sh(hash160(twoOfThree)),
        sign: (context, index) => ({
          scriptSig: script(
            OP.OP_0,
            legacy(context, index, twoOfThree),
            legacy(context, index, twoOfThree, others[1]),
            twoOfThree,
          ),
          witness: [],
        }),
      };
    case 'p2wpkh':
      return {
        scriptPubKey: p2wpkh(hash160(key)),
        sign: (context, index) => ({ scriptSig: EMPTY, witness: [segwit(context, index, keyCode), key] }),
      };
    case 'p2sh-p2wpkh': {
      const redeemScript = p2wpkh(hash160(key));
      return {
        scriptPubKey: p2sh(hash160(redeemScript)),
        sign: (context, index) => ({
          scriptSig: pushData(redeemScript),
          witness: [segwit(context, index, keyCode), key],
        }),
      };
    }
    case 'p2wsh-multisig':
      return {
        scriptPubKey: p2wsh(sha256(twoOfThree)),
        sign: (context, index) => ({
          scriptSig: EMPTY,
          witness: [
            EMPTY,
            segwit(context, index, twoOfThree),
            segwit(context, index, twoOfThree, others[0]),
            twoOfThree,
          ],
        }),
      };
    case 'p2tr-key':
    case 'p2tr-script':
      return taprootKind(kind, secret, others[0]!, type);
  }
}

function taprootKind(kind: SpendKind, secret: Uint8Array, leafSecret: Uint8Array, type: number) {
  const internal = xOnlyKeyOf(secret);
  const leafScript = script(xOnlyKeyOf(leafSecret), OP.CHECKSIG);
  const tree = hashTapTree([
    { leafVersion: TAPSCRIPT_LEAF, script: leafScript },
    { leafVersion: TAPSCRIPT_LEAF, script: Uint8Array.of(OP.OP_1) },
  ]);
  const output = taprootOutputKey(internal, tree.root)!;
  const suffix = type === SIGHASH.ALL ? EMPTY : Uint8Array.of(type);
  const taprootType = type === SIGHASH.ALL ? SIGHASH.DEFAULT : type;
  const sign: Sign = (context, index) => {
    if (kind === 'p2tr-key') {
      const hash = taprootSighash(context, index, taprootType)!;
      const tweaked = tweakSecret(secret, taprootTweak(internal, tree.root));
      return { scriptSig: EMPTY, witness: [concatBytes(signSchnorr(hash, tweaked, AUX), suffix)] };
    }
    const leaf = tree.leaves[0]!;
    const spend = { annexHash: null, leafHash: leaf.hash, codeSeparatorPosition: 0xffffffff };
    const hash = taprootSighash(context, index, taprootType, spend)!;
    const signature = concatBytes(signSchnorr(hash, leafSecret, AUX), suffix);
    return {
      scriptSig: EMPTY,
      witness: [signature, leafScript, controlBlock(internal, output.parity, leaf)],
    };
  };
  return { scriptPubKey: p2tr(output.x), sign };
}

export interface SpendOptions {
  /** Tells the keys, and so the transactions, of one call from those of another. */
  readonly seed?: number;
  readonly hashType?: number;
  readonly lockTime?: number;
}

/** A transaction with one input for each kind, all signed, and one output for each input. */
export function makeSpend(kinds: readonly SpendKind[], options: SpendOptions = {}): Spend {
  const { seed = 1, hashType = SIGHASH.ALL, lockTime = 0 } = options;
  const parts = kinds.map((kind, i) => kindOf(kind, seed * 1000 + i, hashType));
  const spent = parts.map(({ scriptPubKey }, i) => ({ value: 10_000n + BigInt(i), scriptPubKey }));
  const outputs = spent.map(({ value, scriptPubKey }) => ({ value: value - 1000n, scriptPubKey }));
  const inputs: TxIn[] = kinds.map((_, vout) => ({
    prevout: { txid: sha256(secretOf(seed)), vout },
    scriptSig: EMPTY,
    sequence: SEQUENCE_FINAL - 1,
    witness: [],
  }));
  const context = new SighashContext(Transaction.from({ version: 2, inputs, outputs, lockTime }), spent);
  const signed = inputs.map((input, index) => ({ ...input, ...parts[index]!.sign(context, index) }));
  return { tx: Transaction.from({ version: 2, inputs: signed, outputs, lockTime }), spent };
}
