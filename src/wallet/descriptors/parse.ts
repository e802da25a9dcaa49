/** Reads output descriptors (BIP380-387, 389), with Bitcoin Core's error texts. */
import { fromHex, isHex, toHex } from '../../core/encoding/bytes.ts';
import type { NetworkParameters } from '../../core/parameters/network.ts';
import { AddressError, decodeAddress } from '../../core/script/address.ts';
import { MAX_SCRIPT_ELEMENT_SIZE } from '../../core/script/script.ts';
import { MAX_PUBKEYS_PER_MULTISIG } from '../../core/script/templates.ts';
import { MAX_TAPROOT_DEPTH } from '../signing/taproot-tree.ts';
import { splitChecksum } from './checksum.ts';
import { Descriptor } from './descriptor.ts';
import { DescriptorError } from './descriptor-error.ts';
import { parseUint32, TextCursor } from './expression.ts';
import { type KeyExpression, SecretKeys } from './key-expression.ts';
import { type DescriptorNode, descriptorNode, type MultiKind, mapNodeKeys, nodeKeys } from './kinds.ts';
import { complaint } from './miniscript-sanity.ts';
import { type KeyContext, type KeyParser, parseKey } from './parse-key.ts';
import { parseMiniscript } from './parse-miniscript.ts';

type Context = Exclude<KeyContext, 'p2wpkh'>;

const MAX_PUBKEYS_PER_MULTI_A = 999;

export interface ParsedDescriptor {
  /** One, or several where a key has a `<a;b>` step. */
  readonly descriptors: readonly Descriptor[];
  /** The secrets that the text had. */
  readonly secrets: SecretKeys;
}

/** @throws DescriptorError with Core's text */
export function parseDescriptor(
  text: string,
  parameters: NetworkParameters,
  requireChecksum = false,
): ParsedDescriptor {
  const { payload } = splitChecksum(text, requireChecksum);
  const secrets = new SecretKeys();
  const node = new DescriptorParser({ parameters, secrets, known: new Map() }).parse(payload);
  const count = Math.max(1, ...nodeKeys(node).map((key) => key.variants));
  const descriptors = Array.from({ length: count }, (_, i) => {
    const chosen = count === 1 ? node : mapNodeKeys(node, (key) => key.variant(i));
    return new Descriptor(chosen, parameters);
  });
  return { descriptors, secrets };
}

/** How many descriptors these keys make; each must stand for one or for that many. */
function requireSameVariants(keys: readonly { variants: number }[], message: string): number {
  const most = Math.max(1, ...keys.map((key) => key.variants));
  if (keys.some((key) => key.variants !== 1 && key.variants !== most)) throw new DescriptorError(message);
  return most;
}

class DescriptorParser {
  readonly #keys: KeyParser;

  constructor(keys: KeyParser) {
    this.#keys = keys;
  }

  parse(text: string): DescriptorNode {
    const cursor = new TextCursor(text);
    const node = this.#script(cursor.takeExpression(), 'top');
    // Core has no words for text after a complete expression.
    if (cursor.rest !== '') throw new DescriptorError('');
    return node;
  }

  #key(text: string, context: KeyContext, owner: string): KeyExpression {
    try {
      return parseKey(text, context, this.#keys);
    } catch (error) {
      if (error instanceof DescriptorError) throw new DescriptorError(`${owner}: ${error.message}`);
      throw error;
    }
  }

  #script(text: string, context: Context): DescriptorNode {
    const [, name = '', inner = ''] = /^([a-z_]+)\((.*)\)$/s.exec(text) ?? [];
    const atTop = context === 'top';
    const requireTop = (what: string): void => {
      if (!atTop) throw new DescriptorError(`Can only have ${what} at top level`);
    };
    const requireNesting = (what: string): void => {
      if (!atTop && context !== 'p2sh')
        throw new DescriptorError(`Can only have ${what} at top level or inside sh()`);
    };
    switch (name) {
      case 'pk':
        return descriptorNode(name, [this.#key(inner, context, 'pk()')]);
      case 'pkh':
        if (context === 'p2tr') break;
        return descriptorNode(name, [this.#key(inner, context, 'pkh()')]);
      case 'combo':
        requireTop('combo()');
        return descriptorNode(name, [this.#key(inner, context, 'combo()')]);
      case 'multi':
      case 'sortedmulti':
      case 'multi_a':
      case 'sortedmulti_a':
        return this.#multi(name, inner, context);
      case 'wpkh':
        requireNesting('wpkh()');
        return descriptorNode(name, [this.#key(inner, 'p2wpkh', 'wpkh()')]);
      case 'sh':
        requireTop('sh()');
        return descriptorNode(name, [], { inner: [this.#only(inner, 'p2sh')] });
      case 'wsh':
        requireNesting('wsh()');
        return descriptorNode(name, [], { inner: [this.#only(inner, 'p2wsh')] });
      case 'addr':
        requireTop('addr()');
        return descriptorNode(name, [], { script: this.#address(inner) });
      case 'tr':
        requireTop('tr');
        return this.#taproot(inner);
      case 'rawtr': {
        requireTop('rawtr');
        const key = onlyKey(inner, 'rawtr(): only one key expected.');
        return descriptorNode(name, [this.#key(key, 'p2tr', 'rawtr()')]);
      }
      case 'unused': {
        requireTop('unused');
        const key = parseKey(onlyKey(inner, 'unused(): only one key expected'), context, this.#keys);
        if (key.isRange) throw new DescriptorError('unused(): key cannot be ranged');
        return descriptorNode(name, [key]);
      }
      case 'raw':
        requireTop('raw()');
        if (!isHex(inner)) throw new DescriptorError('Raw script is not hex');
        return descriptorNode(name, [], { script: fromHex(inner) });
    }
    return this.#miniscript(text, context);
  }

  /** A script expression with nothing after it. */
  #only(text: string, context: Context): DescriptorNode {
    const cursor = new TextCursor(text);
    const node = this.#script(cursor.takeExpression(), context);
    if (cursor.rest !== '') throw new DescriptorError('');
    return node;
  }

  #address(text: string): Uint8Array {
    try {
      return decodeAddress(text, this.#keys.parameters);
    } catch (error) {
      if (error instanceof AddressError) throw new DescriptorError('Address is not valid');
      throw error;
    }
  }

  #multi(kind: MultiKind, text: string, context: Context): DescriptorNode {
    const inTaproot = kind.endsWith('_a');
    if (inTaproot !== (context === 'p2tr'))
      throw new DescriptorError(
        inTaproot
          ? 'Can only have multi_a/sortedmulti_a inside tr()'
          : 'Can only have multi/sortedmulti at top level, in sh(), or in wsh()',
      );
    const cursor = new TextCursor(text);
    const first = cursor.takeExpression();
    const threshold = parseUint32(first);
    if (threshold === null) throw new DescriptorError(`Multi threshold '${first}' is not valid`);
    const keys: KeyExpression[] = [];
    while (cursor.rest !== '') {
      if (!cursor.skip(',')) throw new DescriptorError(`Multi: expected ',', got '${cursor.rest[0]}'`);
      keys.push(this.#key(cursor.takeExpression(), context, 'Multi'));
    }
    const count = keys.length;
    const limit = inTaproot ? MAX_PUBKEYS_PER_MULTI_A : MAX_PUBKEYS_PER_MULTISIG;
    if (count === 0 || count > limit)
      throw new DescriptorError(
        `Cannot have ${count} keys in ${inTaproot ? 'multi_a' : 'multisig'}; must have between 1 and ${limit} keys, inclusive`,
      );
    if (threshold < 1)
      throw new DescriptorError(`Multisig threshold cannot be ${threshold}, must be at least 1`);
    if (threshold > count)
      throw new DescriptorError(
        `Multisig threshold cannot be larger than the number of keys; threshold is ${threshold} but only ${count} keys specified`,
      );
    if (context === 'top' && count > 3)
      throw new DescriptorError(`Cannot have ${count} pubkeys in bare multisig; only at most 3 pubkeys`);
    const size = keys.reduce((sum, key) => sum + key.size + 1, 3);
    if (context === 'p2sh' && size > MAX_SCRIPT_ELEMENT_SIZE)
      throw new DescriptorError(
        `P2SH script is too large, ${size} bytes is larger than ${MAX_SCRIPT_ELEMENT_SIZE} bytes`,
      );
    requireSameVariants(keys, 'multi(): Multipath derivation paths have mismatched lengths');
    return descriptorNode(kind, keys, { threshold });
  }

  #taproot(text: string): DescriptorNode {
    const cursor = new TextCursor(text);
    const key = this.#key(cursor.takeExpression(), 'p2tr', 'tr()');
    const inner: DescriptorNode[] = [];
    const depths: number[] = [];
    if (cursor.rest !== '') {
      if (!cursor.skip(',')) throw new DescriptorError(`tr: expected ',', got '${cursor.rest[0]}'`);
      this.#leaves(cursor, inner, depths);
    }
    const scripts = inner.map((leaf) => ({
      variants: Math.max(1, ...nodeKeys(leaf).map((k) => k.variants)),
    }));
    const most = requireSameVariants(scripts, 'tr(): Multipath subscripts have mismatched lengths');
    if (key.variants > 1 && most > 1 && key.variants !== most) {
      // Core counts the internal key in when it looks for the longest.
      const text_ =
        key.variants > most
          ? 'tr(): Multipath subscripts have mismatched lengths'
          : 'tr(): Multipath internal key mismatches multipath subscripts lengths';
      throw new DescriptorError(text_);
    }
    return descriptorNode('tr', [key], { inner, depths });
  }

  #leaves(cursor: TextCursor, inner: DescriptorNode[], depths: number[]): void {
    /** For each open brace: are we in its right branch? */
    const branches: boolean[] = [];
    do {
      while (cursor.skip('{')) {
        branches.push(false);
        if (branches.length > MAX_TAPROOT_DEPTH)
          throw new DescriptorError(`tr() supports at most ${MAX_TAPROOT_DEPTH} nesting levels`);
      }
      depths.push(branches.length);
      inner.push(this.#script(cursor.takeExpression(), 'p2tr'));
      while (branches.at(-1) === true) {
        if (!cursor.skip('}')) throw new DescriptorError("tr(): expected '}' after script expression");
        branches.pop();
      }
      if (branches.length > 0) {
        if (!cursor.skip(',')) throw new DescriptorError("tr(): expected ',' after script expression");
        branches[branches.length - 1] = true;
      }
    } while (branches.length > 0);
    if (cursor.rest !== '') throw new DescriptorError("tr(): expected ')' after script expression");
  }

  #miniscript(text: string, context: Context): DescriptorNode {
    const inWitness = context === 'p2wsh' || context === 'p2tr';
    const kind = context === 'p2wsh' ? 'p2wsh' : 'tapscript';
    const keyContext = context === 'p2wsh' ? 'p2wsh' : 'p2tr';
    const root = parseMiniscript(text, kind, (key) => parseKey(key, keyContext, this.#keys));
    if (root !== null) {
      if (!inWitness) throw new DescriptorError('Miniscript expressions can only be used in wsh or tr.');
      const { lookup } = this.#keys.secrets;
      // Asked for every part of the tree, and deriving is slow.
      const identities = new Map<KeyExpression, string>();
      const identity = (key: KeyExpression): string => {
        const known = identities.get(key);
        if (known !== undefined) return known;
        const derived = key.variant(0).derive(0, lookup);
        const found = derived === null ? key.format('public', lookup)! : toHex(derived.publicKey);
        identities.set(key, found);
        return found;
      };
      const problem = complaint(root, (key) => key.variant(0).format('public', lookup)!, identity);
      if (problem !== null) throw new DescriptorError(problem);
      const node = descriptorNode('miniscript', [], { root });
      requireSameVariants(nodeKeys(node), 'Miniscript: Multipath derivation paths have mismatched lengths');
      return node;
    }
    if (context === 'p2sh') throw new DescriptorError('A function is needed within P2SH');
    if (context === 'p2wsh') throw new DescriptorError('A function is needed within P2WSH');
    throw new DescriptorError(`'${text}' is not a valid descriptor function`);
  }
}

function onlyKey(text: string, message: string): string {
  const cursor = new TextCursor(text);
  const key = cursor.takeExpression();
  if (cursor.rest !== '') throw new DescriptorError(message);
  return key;
}
