/**
 * The kinds of output descriptor (BIP380-387), a row each: its scripts and what spending them takes, the type of
 * their addresses, its text. What is said of keys is the same for all. Reading text is in `parse.ts`.
 */
import { compareBytes, toHex } from '../../core/encoding/bytes.ts';
import { hash160, sha256 } from '../../core/encoding/hashes.ts';
import type { NetworkParameters } from '../../core/parameters/network.ts';
import { encodeAddress } from '../../core/script/address.ts';
import { TAPSCRIPT_LEAF } from '../../core/script/taproot.ts';
import {
  multisig,
  p2pk,
  p2pkh,
  p2sh,
  p2tr,
  p2wpkh,
  p2wsh,
  type ScriptType,
  solve,
} from '../../core/script/templates.ts';
import { SigningProvider } from '../signing/provider.ts';
import { buildTaprootTree } from '../signing/taproot-tree.ts';
import type { KeyExpression, SecretLookup } from './key-expression.ts';
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

export type MultiKind = 'multi' | 'sortedmulti' | 'multi_a' | 'sortedmulti_a';
// biome-ignore format: a list
type Kind =
  | 'pk' | 'pkh' | 'wpkh' | 'combo' | 'rawtr' | 'unused' | MultiKind | 'sh' | 'wsh' | 'tr' | 'miniscript' | 'addr' | 'raw';

export interface DescriptorNode {
  readonly kind: Kind;
  /** Its own: those of what is inside it are there. */
  readonly keys: readonly KeyExpression[];
  readonly threshold?: number;
  /** What sh() and wsh() are of, and the leaves of tr() from the left. */
  readonly inner: readonly DescriptorNode[];
  /** Of each leaf. */
  readonly depths?: readonly number[];
  readonly root?: Miniscript<KeyExpression>;
  readonly script?: Uint8Array;
}

export const descriptorNode = (
  kind: Kind,
  keys: readonly KeyExpression[] = [],
  more: Partial<DescriptorNode> = {},
): DescriptorNode => ({ kind, keys, inner: [], ...more });

export const nodeKeys = ({ keys, inner, root }: DescriptorNode): readonly KeyExpression[] => [
  ...keys,
  ...inner.flatMap(nodeKeys),
  ...(root === undefined ? [] : keysOf(root)),
];

/** The same descriptor with every key replaced. */
export const mapNodeKeys = (
  node: DescriptorNode,
  map: (key: KeyExpression) => KeyExpression,
): DescriptorNode => ({
  ...node,
  keys: node.keys.map(map),
  inner: node.inner.map((one) => mapNodeKeys(one, map)),
  ...(node.root && { root: mapKeys(node.root, map) }),
});

/** What may surprise whoever pays to it, in Core's words. */
export const warningsOf = ({ inner, root }: DescriptorNode): readonly string[] =>
  root === undefined ? inner.flatMap(warningsOf) : lockWarnings(root);

/** Braces around leaves that were read in depth-first order. */
export function formatTree(leaves: readonly string[], depths: readonly number[]): string {
  let text = '';
  /** For each open brace: has its right side begun? */
  const open: boolean[] = [];
  for (const [i, leaf] of leaves.entries()) {
    for (; open.length < depths[i]!; open.push(false)) text += '{';
    text += leaf;
    for (; open.at(-1) === true; open.pop()) text += '}';
    if (open.length === 0) continue;
    text += ',';
    open[open.length - 1] = true;
  }
  return text;
}

const xOnly = (publicKey: Uint8Array): Uint8Array => publicKey.subarray(1, 33);

/** The keys of one index, as they are asked for, and what was learned on the way. */
export class Expander {
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

  key(key: KeyExpression): Uint8Array {
    const derived = key.derive(this.#index, this.#secrets);
    if (derived === null) {
      this.missing = true;
      return new Uint8Array(33);
    }
    const secret = this.#withSecrets ? key.deriveSecret(this.#index, this.#secrets) : null;
    this.provider.addKey(derived.publicKey, derived.origin, secret);
    return derived.publicKey;
  }

  keys({ keys }: DescriptorNode): Uint8Array[] {
    return keys.map((key) => this.key(key));
  }

  /** A script whose text is needed to spend what is made of it. */
  kept(script: Uint8Array): Uint8Array {
    this.provider.addScript(script);
    return script;
  }

  /** `leaf` is true inside tr(), where keys are written by their x only. */
  scripts(node: DescriptorNode, leaf = false): Uint8Array[] {
    return KINDS[node.kind].scripts(this, node, leaf);
  }

  only({ inner: [inner] }: DescriptorNode): Uint8Array {
    return this.kept(this.scripts(inner!)[0]!);
  }
}

interface Row {
  scripts(expander: Expander, node: DescriptorNode, leaf: boolean): Uint8Array[];
  /** Null for none or several. */
  readonly type?: (node: DescriptorNode) => OutputType | null;
  /** What it says in place of `kind(threshold,keys)`. */
  readonly format?: (
    node: DescriptorNode,
    format: (inner: DescriptorNode) => string,
    key: (key: KeyExpression) => string,
    parameters: NetworkParameters,
  ) => string;
}

const always = (type: OutputType) => (): OutputType => type;

const multi = (isSorted: boolean): Row => ({
  scripts(expander, node) {
    const keys = expander.keys(node);
    return [multisig(node.threshold!, isSorted ? keys.sort(compareBytes) : keys)];
  },
});

const multiA = (isSorted: boolean): Row => ({
  scripts(expander, node) {
    const keys = expander.keys(node).map(xOnly);
    if (isSorted) keys.sort(compareBytes);
    const root = miniscript('multi_a', 'tapscript', { k: node.threshold!, keys });
    return [miniscriptToScript(root, (key) => key)];
  },
});

const KINDS: Readonly<Record<Kind, Row>> = {
  pk: {
    scripts: (expander, node, leaf) => expander.keys(node).map((key) => p2pk(leaf ? xOnly(key) : key)),
  },
  pkh: {
    scripts: (expander, node) => expander.keys(node).map((key) => p2pkh(hash160(key))),
    type: always('legacy'),
  },
  wpkh: {
    scripts: (expander, node) => expander.keys(node).map((key) => expander.kept(p2wpkh(hash160(key)))),
    type: always('bech32'),
  },
  combo: {
    scripts(expander, node) {
      const [key] = expander.keys(node) as [Uint8Array];
      const plain = [p2pk(key), p2pkh(hash160(key))];
      if (key.length !== 33) return plain;
      const witness = expander.kept(p2wpkh(hash160(key)));
      return [...plain, witness, p2sh(hash160(witness))];
    },
  },
  rawtr: {
    scripts: (expander, node) => expander.keys(node).map((key) => p2tr(xOnly(key))),
    type: always('bech32m'),
  },
  unused: {
    scripts(expander, node) {
      expander.keys(node);
      return [];
    },
  },
  multi: multi(false),
  sortedmulti: multi(true),
  multi_a: multiA(false),
  sortedmulti_a: multiA(true),
  sh: {
    scripts: (expander, node) => [p2sh(hash160(expander.only(node)))],
    type: ({ inner: [inner] }) => (outputTypeOf(inner!) === 'bech32' ? 'p2sh-segwit' : 'legacy'),
    format: ({ inner: [inner] }, format) => `sh(${format(inner!)})`,
  },
  wsh: {
    scripts: (expander, node) => [expander.kept(p2wsh(sha256(expander.only(node))))],
    type: always('bech32'),
    format: ({ inner: [inner] }, format) => `wsh(${format(inner!)})`,
  },
  tr: {
    scripts(expander, node) {
      const internalKey = xOnly(expander.keys(node)[0]!);
      const leaves = node.inner.map((leaf, i) => ({
        depth: node.depths![i]!,
        script: expander.scripts(leaf, true)[0]!,
        leafVersion: TAPSCRIPT_LEAF,
      }));
      if (expander.missing) return [];
      const tree = buildTaprootTree(internalKey, leaves)!;
      expander.provider.addTree(tree);
      return [p2tr(tree.outputKey)];
    },
    type: always('bech32m'),
    format: ({ keys, inner, depths }, format, key) =>
      `tr(${[...keys.map(key), ...(inner.length > 0 ? [formatTree(inner.map(format), depths!)] : [])].join(',')})`,
  },
  miniscript: {
    scripts: (expander, { root }) => [
      miniscriptToScript(root!, (key) =>
        root!.context === 'tapscript' ? xOnly(expander.key(key)) : expander.key(key),
      ),
    ],
    format: ({ root }, _, key) => formatMiniscript(root!, key),
  },
  addr: {
    scripts: (_, { script }) => [script!],
    type: ({ script }) => outputTypeOfScript(script!),
    format: ({ script }, _, __, parameters) => `addr(${encodeAddress(script!, parameters)})`,
  },
  raw: {
    scripts: (_, { script }) => [script!],
    type: ({ script }) => outputTypeOfScript(script!),
    format: ({ script }) => `raw(${toHex(script!)})`,
  },
};

export function formatNode(
  node: DescriptorNode,
  key: (key: KeyExpression) => string,
  parameters: NetworkParameters,
): string {
  const { kind, threshold, keys } = node;
  const format = (inner: DescriptorNode): string => formatNode(inner, key, parameters);
  const text = KINDS[kind].format?.(node, format, key, parameters);
  return text ?? `${kind}(${[...(threshold === undefined ? [] : [threshold]), ...keys.map(key)].join(',')})`;
}

export const outputTypeOf = (node: DescriptorNode): OutputType | null =>
  KINDS[node.kind].type?.(node) ?? null;

const SCRIPT_TYPES: Partial<Record<ScriptType, OutputType>> = {
  pubkeyhash: 'legacy',
  scripthash: 'legacy',
  witness_v0_keyhash: 'bech32',
  witness_v0_scripthash: 'bech32',
  witness_v1_taproot: 'bech32m',
  witness_unknown: 'bech32m',
};

const outputTypeOfScript = (script: Uint8Array): OutputType | null =>
  SCRIPT_TYPES[solve(script).type] ?? null;
