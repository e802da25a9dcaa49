/** What a descriptor's text stands for. */
import type { NetworkParameters } from '../../core/parameters/network.ts';
import { WalletError } from '../wallet-error.ts';
import type { Expansion } from './descriptor.ts';
import { DescriptorError } from './descriptor-error.ts';
import { parseDescriptor } from './parse.ts';

/** @param range first and last index, of those that have any @throws DescriptorError */
export function* expandAll(
  text: string,
  parameters: NetworkParameters,
  range: readonly [number, number],
  withSecrets = false,
): Generator<Expansion> {
  const { descriptors, secrets } = parseDescriptor(text, parameters);
  for (const descriptor of descriptors) {
    const [first, last] = descriptor.isRange ? range : [0, 0];
    for (let index = first; index <= last; index++) {
      const expansion = descriptor.expand(index, secrets.lookup, withSecrets);
      if (expansion === null)
        throw new DescriptorError(`Cannot derive script without private keys: '${text}'`);
      yield expansion;
    }
  }
}

/**
 * The one script to pay to. Of a combo() it is P2WPKH, or P2PKH where the key is uncompressed.
 * @throws DescriptorError if the text is no descriptor, WalletError if it is one that stands for several
 */
export function descriptorScript(text: string, parameters: NetworkParameters): Uint8Array {
  const { descriptors, secrets } = parseDescriptor(text, parameters);
  const [descriptor] = descriptors;
  if (descriptor === undefined || descriptors.length > 1)
    throw new WalletError('Multipath descriptor not accepted', 'parameter');
  if (descriptor.isRange)
    throw new WalletError(
      'Ranged descriptor not accepted. Maybe pass through deriveaddresses first?',
      'parameter',
    );
  const scripts = descriptor.scriptsAt(0, secrets.lookup);
  if (scripts === null) throw new WalletError('Cannot derive script without private keys', 'address');
  if (scripts.length === 1) return scripts[0]!;
  return scripts.length === 4 ? scripts[2]! : scripts[1]!;
}
