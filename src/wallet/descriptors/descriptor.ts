/** An output descriptor (BIP380-387) of one network: what scripts it stands for and what is needed to spend those, and its text. */
import type { NetworkParameters } from '../../core/parameters/network.ts';
import type { SigningProvider } from '../signing/provider.ts';
import { withChecksum } from './checksum.ts';
import {
  ConstantKey,
  type KeyExpression,
  type KeyForm,
  noSecrets,
  type SecretLookup,
} from './key-expression.ts';
import {
  type DescriptorNode,
  Expander,
  formatNode,
  mapNodeKeys,
  nodeKeys,
  type OutputType,
  outputTypeOf,
  warningsOf,
} from './kinds.ts';

/** The keys and scripts of one index of a descriptor. */
export interface Expansion {
  readonly scripts: readonly Uint8Array[];
  readonly provider: SigningProvider;
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
