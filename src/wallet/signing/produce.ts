/**
 * Spends an output as far as what is known allows: finds keys and scripts, makes signatures, puts
 * scriptSig and witness together, and tries them. What it learns and makes stays in the SpendData
 * (Core's ProduceSignature).
 */
import { concatBytes, EMPTY, toHex } from '../../core/encoding/bytes.ts';
import { hash160, ripemd160 } from '../../core/encoding/hashes.ts';
import { compactSizeLength } from '../../core/encoding/writer.ts';
import { STANDARD_FLAGS } from '../../core/script/flags.ts';
import type { SigVersion } from '../../core/script/machine.ts';
import { pushMinimal } from '../../core/script/script.ts';
import { TAPSCRIPT_LEAF, tapLeafHash } from '../../core/script/taproot.ts';
import { p2pkh, type ScriptType, solve } from '../../core/script/templates.ts';
import { verifyScript } from '../../core/script/verify.ts';
import { decodeMiniscript } from '../descriptors/decode-miniscript.ts';
import { isSane } from '../descriptors/miniscript-sanity.ts';
import type { SigningProvider } from './provider.ts';
import { type Satisfier, satisfy } from './satisfy.ts';
import type { SignatureCreator } from './signature-creator.ts';
import type { HashKind, SpendData } from './spend-data.ts';

/** What one script needs on the stack; `solved` false if some of it is not there. */
interface Step {
  readonly type: ScriptType;
  readonly solved: boolean;
  readonly items: readonly Uint8Array[];
}

export function produceSignature(
  scriptPubKey: Uint8Array,
  data: SpendData,
  provider: SigningProvider,
  creator: SignatureCreator,
): boolean {
  if (data.complete) return true;
  new Producer(data, provider, creator).produce(scriptPubKey);
  return data.complete;
}

class Producer {
  readonly #data: SpendData;
  readonly #provider: SigningProvider;
  readonly #creator: SignatureCreator;

  constructor(data: SpendData, provider: SigningProvider, creator: SignatureCreator) {
    this.#data = data;
    this.#provider = provider;
    this.#creator = creator;
  }

  produce(scriptPubKey: Uint8Array): void {
    const data = this.#data;
    let step = this.#solve(scriptPubKey, 'base');
    let redeemScript: Uint8Array | null = null;
    if (step.solved && step.type === 'scripthash') {
      redeemScript = step.items[0]!;
      data.redeemScript = redeemScript;
      step = this.#solve(redeemScript, 'base');
      if (step.type === 'scripthash') step = { ...step, solved: false };
    }
    let { items, solved } = step;
    let witness: readonly Uint8Array[] | null = null;
    if (solved && step.type === 'witness_v0_keyhash') {
      const inner = this.#solve(p2pkh(items[0]!), 'witnessV0');
      solved = inner.solved;
      witness = inner.items;
    } else if (solved && step.type === 'witness_v0_scripthash') {
      const inner = this.#solveWitnessScript(items[0]!);
      solved = inner.solved;
      witness = [...inner.items, items[0]!];
    } else if (step.type === 'witness_v1_taproot' && redeemScript === null) {
      data.usesWitness = true;
      witness = solved ? items : null;
    }
    if (witness !== null) data.usesWitness = true;
    if (witness !== null || step.type === 'witness_v1_taproot') items = [];
    data.witness = witness ?? [];
    data.scriptSig = concatBytes(
      ...[...items, ...(redeemScript === null ? [] : [redeemScript])].map(pushMinimal),
    );
    data.complete =
      solved &&
      verifyScript(data.scriptSig, scriptPubKey, data.witness, STANDARD_FLAGS, this.#creator.checker) ===
        null;
  }

  #solve(script: Uint8Array, version: SigVersion): Step {
    const { type, solutions, required = 0 } = solve(script);
    const data = this.#data;
    const step = (solved: boolean, ...items: Uint8Array[]): Step => ({ type, solved, items });
    const first = solutions[0]!;
    switch (type) {
      case 'pubkey': {
        const signature = this.#sign(first, script, version);
        return signature === null ? step(false) : step(true, signature);
      }
      case 'pubkeyhash': {
        const key = this.#keyByHash(first);
        if (key === undefined) {
          data.missing.publicKeys.push(first);
          return step(false);
        }
        const signature = this.#sign(key, script, version);
        return signature === null ? step(false) : step(true, signature, key);
      }
      case 'scripthash': {
        const found = this.#scriptByHash(first);
        if (found === undefined) data.missing.redeemScript = first;
        return found === undefined ? step(false) : step(true, found);
      }
      case 'witness_v0_keyhash':
        return step(true, first);
      case 'witness_v0_scripthash': {
        const found = this.#scriptByHash(ripemd160(first));
        if (found === undefined) data.missing.witnessScript = first;
        return found === undefined ? step(false) : step(true, found);
      }
      case 'multisig': {
        // Every key signs, though not every signature is used: a PSBT is to carry them all.
        const made = solutions.map((key) => this.#sign(key, script, version)).filter((one) => one !== null);
        const blanks = Array.from({ length: Math.max(0, required - made.length) }, () => EMPTY);
        // The first item is the one too many that CHECKMULTISIG takes off the stack.
        return step(made.length >= required, EMPTY, ...made.slice(0, required), ...blanks);
      }
      case 'witness_v1_taproot': {
        const items = this.#solveTaproot(first);
        return items === null ? step(false) : step(true, ...items);
      }
      case 'anchor':
        return step(true);
      default:
        return step(false);
    }
  }

  #solveWitnessScript(script: Uint8Array): Step {
    this.#data.witnessScript = script;
    const step = this.#solve(script, 'witnessV0');
    const nested = ['scripthash', 'witness_v0_scripthash', 'witness_v0_keyhash'].includes(step.type);
    if (step.solved || step.items.length > 0) return nested ? { ...step, solved: false } : step;
    const node = decodeMiniscript(script, 'p2wsh', (hash) => this.#keyByHash(hash));
    if (node === null || !isSane(node, toHex)) return step;
    const items = satisfy(
      node,
      this.#satisfier((key) => this.#sign(key, script, 'witnessV0')),
    );
    return { type: 'nonstandard', solved: items !== null, items: items ?? [] };
  }

  #keyByHash(hash: Uint8Array): Uint8Array | undefined {
    return this.#data.keyByHash(hash) ?? this.#provider.keyByHash(hash)?.publicKey;
  }

  #scriptByHash(hash: Uint8Array): Uint8Array | undefined {
    const { redeemScript, witnessScript } = this.#data;
    const own = [redeemScript, witnessScript].find((script) => toHex(hash160(script)) === toHex(hash));
    return this.#provider.scriptByHash(hash) ?? own;
  }

  #sign(publicKey: Uint8Array, script: Uint8Array, version: SigVersion): Uint8Array | null {
    const data = this.#data;
    const keyHash = hash160(publicKey);
    const id = toHex(keyHash);
    const known = data.signatures.get(id);
    if (known !== undefined) return known.signature;
    const origin = this.#provider.keyByHash(keyHash)?.origin;
    if (origin) data.addKey(publicKey, origin);
    const signature = this.#creator.createEcdsa(publicKey, script, version);
    if (signature === null) data.missing.signatures.push(keyHash);
    else data.signatures.set(id, { publicKey, signature });
    return signature;
  }

  #solveTaproot(outputKey: Uint8Array): readonly Uint8Array[] | null {
    const data = this.#data;
    const tree = this.#provider.tree(outputKey);
    if (tree !== undefined) {
      data.tapInternalKey = tree.internalKey;
      data.tapMerkleRoot = tree.merkleRoot;
      data.tapTree = tree.tree;
      for (const leaf of tree.leaves) data.addLeaf(leaf);
    }
    for (const x of [data.tapInternalKey, outputKey]) {
      const origin = x.length === 32 ? this.#provider.key(x)?.origin : null;
      if (origin) data.addTapKey(x, origin, null);
    }
    if (data.tapKeySignature.length === 0)
      data.tapKeySignature =
        (data.tapInternalKey.length === 32
          ? this.#creator.createSchnorr(data.tapInternalKey, null, data.tapMerkleRoot)
          : null) ??
        this.#creator.createSchnorr(outputKey, null, null) ??
        EMPTY;
    if (data.tapKeySignature.length > 0) return [data.tapKeySignature];
    let smallest: Uint8Array[] | null = null;
    for (const { script, leafVersion, controlBlocks } of data.tapLeaves.values()) {
      const items = leafVersion === TAPSCRIPT_LEAF ? this.#solveLeaf(script) : null;
      if (items === null) continue;
      const stack = [...items, script, controlBlocks[0]!];
      if (smallest === null || sizeOf(stack) < sizeOf(smallest)) smallest = stack;
    }
    return smallest;
  }

  #solveLeaf(script: Uint8Array): readonly Uint8Array[] | null {
    const leafHash = tapLeafHash(TAPSCRIPT_LEAF, script);
    const keyByHash = (hash: Uint8Array): Uint8Array | undefined => {
      for (const { x } of this.#data.tapKeys.values()) if (toHex(hash160(x)) === toHex(hash)) return x;
      return this.#provider.xByHash(hash);
    };
    const node = decodeMiniscript(script, 'tapscript', keyByHash);
    return node === null
      ? null
      : satisfy(
          node,
          this.#satisfier((x) => this.#signLeaf(x, leafHash)),
        );
  }

  #signLeaf(x: Uint8Array, leafHash: Uint8Array): Uint8Array | null {
    const origin = this.#provider.key(x)?.origin;
    if (origin) this.#data.addTapKey(x, origin, leafHash);
    const id = toHex(x) + toHex(leafHash);
    const known = this.#data.tapLeafSignatures.get(id);
    if (known !== undefined) return known.signature;
    const signature = this.#creator.createSchnorr(x, leafHash, null);
    if (signature !== null) this.#data.tapLeafSignatures.set(id, { x, leafHash, signature });
    return signature;
  }

  #satisfier(sign: (key: Uint8Array) => Uint8Array | null): Satisfier {
    const { checker } = this.#creator;
    return {
      sign,
      preimage: (kind: HashKind, hash: Uint8Array) =>
        this.#data.preimages.get(`${kind}:${toHex(hash)}`) ?? null,
      checkAfter: (lockTime: number) => checker.checkLockTime(BigInt(lockTime)),
      checkOlder: (sequence: number) => checker.checkSequence(BigInt(sequence)),
    };
  }
}

function sizeOf(stack: readonly Uint8Array[]): number {
  return stack.reduce((sum, item) => sum + compactSizeLength(item.length) + item.length, 0);
}
