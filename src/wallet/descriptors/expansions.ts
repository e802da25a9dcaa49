/** Everything that a descriptor's text stands for. */
import type { NetworkParameters } from '../../core/parameters/network.ts';
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
