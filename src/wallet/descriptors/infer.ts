/**
 * The descriptor that says the most about a script, given which keys and scripts are known (Core's
 * InferDescriptor). There is always one: at least addr() or raw().
 */
import { toHex } from '../../core/encoding/bytes.ts';
import type { NetworkParameters } from '../../core/parameters/network.ts';
import { addressOfSolution } from '../../core/script/address.ts';
import { type Solution, solve } from '../../core/script/templates.ts';
import { isValidXOnlyKey } from '../../core/script/x-only-key.ts';
import { SigningProvider } from '../signing/provider.ts';
import { withChecksum } from './checksum.ts';
import { decodeMiniscript } from './decode-miniscript.ts';
import type { MiniscriptContext } from './fragments.ts';
import { formatOrigin } from './key-path.ts';
import { formatTree } from './kinds.ts';
import { formatMiniscript } from './miniscript.ts';
import { isSane } from './miniscript-sanity.ts';

type Place = 'top' | 'sh' | 'wsh';

const NOTHING = new SigningProvider();

/** With its checksum. */
export function inferDescriptor(
  script: Uint8Array,
  parameters: NetworkParameters,
  provider = NOTHING,
): string {
  const solution = solve(script);
  return inferSolved(script, solution, addressOfSolution(solution, parameters), provider);
}

/** The same for a caller who has solved the script and has its address already. */
export function inferSolved(
  script: Uint8Array,
  solution: Solution,
  address: string | null,
  provider = NOTHING,
): string {
  const known = new Inference(provider).descriptor(script, 'top', solution);
  return withChecksum(known ?? (address === null ? `raw(${toHex(script)})` : `addr(${address})`));
}

class Inference {
  readonly #provider: SigningProvider;

  constructor(provider: SigningProvider) {
    this.#provider = provider;
  }

  /** Null if nothing better than an address is known. */
  descriptor(script: Uint8Array, place: Place, solution = solve(script)): string | null {
    const { type, solutions, required } = solution;
    const first = solutions[0]!;
    switch (type) {
      case 'pubkey':
        return call('pk', this.#key(first, place));
      case 'pubkeyhash':
        return call('pkh', this.#keyByHash(first, place)) ?? this.#miniscript(script, place);
      case 'witness_v0_keyhash':
        return place === 'wsh' ? null : call('wpkh', this.#keyByHash(first, 'wsh'));
      case 'multisig': {
        const keys = solutions.map((key) => this.#key(key, place));
        return keys.every((key) => key !== null) ? `multi(${[required, ...keys].join(',')})` : null;
      }
      case 'scripthash':
        return place === 'top' ? this.#wrapped('sh', this.#provider.scriptByHash(first)) : null;
      case 'witness_v0_scripthash':
        return place === 'wsh' ? null : this.#wrapped('wsh', this.#provider.witnessScript(first));
      case 'witness_v1_taproot':
        return place === 'top' ? this.#taproot(first) : null;
      default:
        return this.#miniscript(script, place);
    }
  }

  #wrapped(place: 'sh' | 'wsh', script: Uint8Array | undefined): string | null {
    return script === undefined ? null : call(place, this.descriptor(script, place));
  }

  #taproot(outputKey: Uint8Array): string | null {
    const tree = this.#provider.tree(outputKey);
    const leaves = tree?.tree.map(({ script }) => this.#fromMiniscript(script, 'tapscript')) ?? [null];
    if (tree !== undefined && leaves.every((leaf) => leaf !== null)) {
      const depths = tree.tree.map(({ depth }) => depth);
      const scripts = leaves.length === 0 ? '' : `,${formatTree(leaves, depths)}`;
      return `tr(${this.#keyText(tree.internalKey)}${scripts})`;
    }
    return isValidXOnlyKey(outputKey) ? `rawtr(${this.#keyText(outputKey)})` : null;
  }

  #miniscript(script: Uint8Array, place: Place): string | null {
    return place === 'wsh' ? this.#fromMiniscript(script, 'p2wsh') : null;
  }

  #fromMiniscript(script: Uint8Array, context: MiniscriptContext): string | null {
    const node = decodeMiniscript(script, context, (hash) => this.#provider.keyByHash(hash)?.publicKey);
    return node !== null && isSane(node, toHex) ? formatMiniscript(node, (key) => this.#keyText(key)) : null;
  }

  #keyByHash(hash: Uint8Array, place: Place): string | null {
    const owned = this.#provider.keyByHash(hash);
    return owned === undefined ? null : this.#key(owned.publicKey, place);
  }

  /** Descriptors have no hybrid keys anywhere, and no uncompressed ones in segwit. */
  #key(key: Uint8Array, place: Place): string | null {
    const allowed = key.length === 33 || (key.length === 65 && key[0] === 4 && place !== 'wsh');
    return allowed ? this.#keyText(key) : null;
  }

  #keyText(key: Uint8Array): string {
    const origin = this.#provider.key(key)?.origin;
    return `${origin ? `[${formatOrigin(origin)}]` : ''}${toHex(key)}`;
  }
}

const call = (name: string, inner: string | null): string | null =>
  inner === null ? null : `${name}(${inner})`;
