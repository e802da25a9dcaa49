/**
 * BIP380-387 output descriptors: what scripts they stand for, what is needed to spend those, and their
 * text. Reading text is in `parse.ts`.
 */
import { compareBytes, toHex } from '../../core/encoding/bytes.ts';
import { hash160, sha256 } from '../../core/encoding/hashes.ts';
import type { NetworkParameters } from '../../core/parameters/network.ts';
import { encodeAddress } from '../../core/script/address.ts';
import { TAPSCRIPT_LEAF } from '../../core/script/taproot.ts';
import { multisig, p2pk, p2pkh, p2sh, p2tr, p2wpkh, p2wsh, solve } from '../../core/script/templates.ts';
import { SigningProvider } from '../signing/provider.ts';
import { buildTaprootTree } from '../signing/taproot-tree.ts';
import { withChecksum } from './checksum.ts';
import {
  ConstantKey,
  type KeyExpression,
  type KeyForm,
  noSecrets,
  type SecretLookup,
} from './key-expression.ts';
import {
  formatMiniscript,
  keysOf,
  lockWarnings,
  type Miniscript,
  mapKeys,
  miniscript,
  miniscriptToScript,
} from './miniscript.ts';

/** Address types as RPC names them. */
export type OutputType = 'legacy' | 'p2sh-segwit' | 'bech32' | 'bech32m';

export interface TreeLeaf {
  readonly depth: number;
  readonly script: DescriptorNode;
}

export type DescriptorNode =
  | { readonly kind: 'pk' | 'pkh' | 'wpkh' | 'combo' | 'rawtr' | 'unused'; readonly key: KeyExpression }
  | {
      readonly kind: 'multi' | 'sortedmulti' | 'multi_a' | 'sortedmulti_a';
      readonly threshold: number;
      readonly keys: readonly KeyExpression[];
    }
  | { readonly kind: 'sh' | 'wsh'; readonly inner: DescriptorNode }
  | { readonly kind: 'tr'; readonly key: KeyExpression; readonly leaves: readonly TreeLeaf[] }
  | { readonly kind: 'miniscript'; readonly root: Miniscript<KeyExpression> }
  | { readonly kind: 'addr' | 'raw'; readonly script: Uint8Array };

export function nodeKeys(node: DescriptorNode): readonly KeyExpression[] {
  switch (node.kind) {
    case 'multi':
    case 'sortedmulti':
    case 'multi_a':
    case 'sortedmulti_a':
      return node.keys;
    case 'sh':
    case 'wsh':
      return nodeKeys(node.inner);
    case 'tr':
      return [node.key, ...node.leaves.flatMap((leaf) => nodeKeys(leaf.script))];
    case 'miniscript':
      return keysOf(node.root);
    case 'addr':
    case 'raw':
      return [];
    default:
      return [node.key];
  }
}

/** The same descriptor with every key replaced. */
export function mapNodeKeys(
  node: DescriptorNode,
  map: (key: KeyExpression) => KeyExpression,
): DescriptorNode {
  switch (node.kind) {
    case 'multi':
    case 'sortedmulti':
    case 'multi_a':
    case 'sortedmulti_a':
      return { ...node, keys: node.keys.map(map) };
    case 'sh':
    case 'wsh':
      return { ...node, inner: mapNodeKeys(node.inner, map) };
    case 'tr': {
      const leaves = node.leaves.map((leaf) => ({ ...leaf, script: mapNodeKeys(leaf.script, map) }));
      return { ...node, key: map(node.key), leaves };
    }
    case 'miniscript':
      return { ...node, root: mapKeys(node.root, map) };
    case 'addr':
    case 'raw':
      return node;
    default:
      return { ...node, key: map(node.key) };
  }
}

/** Braces around leaves that were read in depth-first order. */
export function formatTree<S>(
  leaves: readonly { readonly depth: number; readonly script: S }[],
  format: (script: S) => string,
): string {
  let text = '';
  /** For each open brace: has its right side begun? */
  const open: boolean[] = [];
  for (const leaf of leaves) {
    while (open.length < leaf.depth) {
      text += '{';
      open.push(false);
    }
    text += format(leaf.script);
    while (open.at(-1) === true) {
      text += '}';
      open.pop();
    }
    if (open.length > 0) {
      text += ',';
      open[open.length - 1] = true;
    }
  }
  return text;
}

/** The keys and scripts of one index of a descriptor. */
export interface Expansion {
  readonly scripts: readonly Uint8Array[];
  readonly provider: SigningProvider;
}

const xOnly = (publicKey: Uint8Array): Uint8Array => publicKey.subarray(1, 33);

class Expander {
  readonly provider = new SigningProvider();
  readonly #index: number;
  readonly #secrets: SecretLookup;
  readonly #withSecrets: boolean;
  missing = false;

  constructor(index: number, secrets: SecretLookup, withSecrets: boolean) {
    this.#index = index;
    this.#secrets = secrets;
    this.#withSecrets = withSecrets;
  }

  #key(key: KeyExpression): Uint8Array {
    const derived = key.derive(this.#index, this.#secrets);
    if (derived === null) {
      this.missing = true;
      return new Uint8Array(33);
    }
    const secret = this.#withSecrets ? key.deriveSecret(this.#index, this.#secrets) : null;
    this.provider.addKey(derived.publicKey, derived.origin, secret);
    return derived.publicKey;
  }

  #witnessKeyHash(key: Uint8Array): Uint8Array {
    const script = p2wpkh(hash160(key));
    this.provider.addScript(script);
    return script;
  }

  /** `leaf` is true inside tr(), where keys are written by their x only. */
  scripts(node: DescriptorNode, leaf = false): Uint8Array[] {
    const { provider } = this;
    switch (node.kind) {
      case 'pk': {
        const key = this.#key(node.key);
        return [p2pk(leaf ? xOnly(key) : key)];
      }
      case 'pkh':
        return [p2pkh(hash160(this.#key(node.key)))];
      case 'wpkh':
        return [this.#witnessKeyHash(this.#key(node.key))];
      case 'combo': {
        const key = this.#key(node.key);
        const plain = [p2pk(key), p2pkh(hash160(key))];
        if (key.length !== 33) return plain;
        const witness = this.#witnessKeyHash(key);
        return [...plain, witness, p2sh(hash160(witness))];
      }
      case 'rawtr':
        return [p2tr(xOnly(this.#key(node.key)))];
      case 'unused':
        this.#key(node.key);
        return [];
      case 'multi':
      case 'sortedmulti': {
        const keys = node.keys.map((key) => this.#key(key));
        return [multisig(node.threshold, node.kind === 'multi' ? keys : keys.sort(compareBytes))];
      }
      case 'multi_a':
      case 'sortedmulti_a': {
        const keys = node.keys.map((key) => xOnly(this.#key(key)));
        if (node.kind === 'sortedmulti_a') keys.sort(compareBytes);
        return [
          miniscriptToScript(miniscript('multi_a', 'tapscript', { k: node.threshold, keys }), (key) => key),
        ];
      }
      case 'sh':
      case 'wsh': {
        const inner = this.scripts(node.inner)[0]!;
        provider.addScript(inner);
        if (node.kind === 'sh') return [p2sh(hash160(inner))];
        const script = p2wsh(sha256(inner));
        provider.addScript(script);
        return [script];
      }
      case 'tr': {
        const internalKey = xOnly(this.#key(node.key));
        const leaves = node.leaves.map(({ depth, script }) => ({
          depth,
          script: this.scripts(script, true)[0]!,
          leafVersion: TAPSCRIPT_LEAF,
        }));
        if (this.missing) return [];
        const tree = buildTaprootTree(internalKey, leaves)!;
        provider.addTree(tree);
        return [p2tr(tree.outputKey)];
      }
      case 'miniscript': {
        const bytes = (key: KeyExpression): Uint8Array =>
          node.root.context === 'tapscript' ? xOnly(this.#key(key)) : this.#key(key);
        return [miniscriptToScript(node.root, bytes)];
      }
      case 'addr':
      case 'raw':
        return [node.script];
    }
  }
}

export class Descriptor {
  readonly node: DescriptorNode;
  readonly parameters: NetworkParameters;
  readonly isRange: boolean;

  constructor(node: DescriptorNode, parameters: NetworkParameters) {
    this.node = node;
    this.parameters = parameters;
    this.isRange = nodeKeys(node).some((key) => key.isRange);
  }

  get keys(): readonly KeyExpression[] {
    return nodeKeys(this.node);
  }

  /** False for addr() and raw(), which do not tell how to spend. */
  get isSolvable(): boolean {
    return this.node.kind !== 'addr' && this.node.kind !== 'raw';
  }

  /** False for combo(), which stands for several kinds of script. */
  get isSingleType(): boolean {
    return this.node.kind !== 'combo';
  }

  /** What may surprise whoever pays to it, in Core's words. */
  get warnings(): readonly string[] {
    return warningsOf(this.node);
  }

  /** The type of address that these scripts are; null for none or several. */
  get outputType(): OutputType | null {
    return outputTypeOf(this.node);
  }

  /**
   * Scripts at this index (0 where the descriptor has no range) and what spending them takes.
   * @returns null if a hardened step needs a secret that is not known
   */
  expand(index: number, secrets: SecretLookup = noSecrets, withSecrets = false): Expansion | null {
    const expander = new Expander(index, secrets, withSecrets);
    const scripts = expander.scripts(this.node);
    return expander.missing ? null : { scripts, provider: expander.provider };
  }

  /** The descriptor of one index, with plain keys and their origins. */
  at(index: number, secrets: SecretLookup = noSecrets): Descriptor | null {
    let complete = true;
    const inTaproot = this.node.kind === 'tr' || this.node.kind === 'rawtr';
    const node = mapNodeKeys(this.node, (key) => {
      const derived = key.derive(index, secrets);
      if (derived === null) {
        complete = false;
        return key;
      }
      return new ConstantKey(derived.publicKey, inTaproot, this.parameters, derived.origin);
    });
    return complete ? new Descriptor(node, this.parameters) : null;
  }

  scriptsAt(index: number, secrets: SecretLookup = noSecrets): readonly Uint8Array[] | null {
    return this.expand(index, secrets)?.scripts ?? null;
  }

  /** Text with its checksum; null only where the normalized form needs a secret that is not known. */
  format(form: KeyForm = 'public', secrets: SecretLookup = noSecrets): string | null {
    const body = this.formatBody(form, secrets);
    return body === null ? null : withChecksum(body);
  }

  /** Text without checksum. */
  formatBody(form: KeyForm = 'public', secrets: SecretLookup = noSecrets): string | null {
    let complete = true;
    const key = (expression: KeyExpression): string => {
      const text = expression.format(form, secrets);
      complete &&= text !== null;
      return text ?? '';
    };
    const text = formatNode(this.node, key, this.parameters);
    return complete ? text : null;
  }

  /** Is at least one secret of its keys known? */
  hasSecrets(secrets: SecretLookup): boolean {
    return this.keys.some((key) => key.hasSecret(secrets));
  }
}

function formatNode(
  node: DescriptorNode,
  key: (key: KeyExpression) => string,
  parameters: NetworkParameters,
): string {
  const format = (inner: DescriptorNode): string => formatNode(inner, key, parameters);
  switch (node.kind) {
    case 'multi':
    case 'sortedmulti':
    case 'multi_a':
    case 'sortedmulti_a':
      return `${node.kind}(${[node.threshold, ...node.keys.map(key)].join(',')})`;
    case 'sh':
    case 'wsh':
      return `${node.kind}(${format(node.inner)})`;
    case 'tr':
      return `tr(${[key(node.key), ...(node.leaves.length > 0 ? [formatTree(node.leaves, format)] : [])].join(',')})`;
    case 'miniscript':
      return formatMiniscript(node.root, key);
    case 'addr':
      return `addr(${encodeAddress(node.script, parameters)})`;
    case 'raw':
      return `raw(${toHex(node.script)})`;
    default:
      return `${node.kind}(${key(node.key)})`;
  }
}

function warningsOf(node: DescriptorNode): string[] {
  if (node.kind === 'tr') return node.leaves.flatMap(({ script }) => warningsOf(script));
  if (node.kind === 'sh' || node.kind === 'wsh') return warningsOf(node.inner);
  return node.kind === 'miniscript' ? lockWarnings(node.root) : [];
}

function outputTypeOf(node: DescriptorNode): OutputType | null {
  switch (node.kind) {
    case 'pkh':
      return 'legacy';
    case 'wpkh':
    case 'wsh':
      return 'bech32';
    case 'sh':
      return outputTypeOf(node.inner) === 'bech32' ? 'p2sh-segwit' : 'legacy';
    case 'tr':
    case 'rawtr':
      return 'bech32m';
    case 'addr':
    case 'raw':
      return outputTypeOfScript(node.script);
    default:
      return null;
  }
}

function outputTypeOfScript(script: Uint8Array): OutputType | null {
  switch (solve(script).type) {
    case 'pubkeyhash':
    case 'scripthash':
      return 'legacy';
    case 'witness_v0_keyhash':
    case 'witness_v0_scripthash':
      return 'bech32';
    case 'witness_v1_taproot':
    case 'witness_unknown':
      return 'bech32m';
    default:
      return null;
  }
}
