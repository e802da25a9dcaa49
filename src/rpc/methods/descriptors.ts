/** Output descriptors: what they are, and the addresses they stand for. */
import { encodeAddress } from '../../core/script/address.ts';
import { splitChecksum } from '../../wallet/descriptors/checksum.ts';
import type { Descriptor } from '../../wallet/descriptors/descriptor.ts';
import { type ParsedDescriptor, parseDescriptor } from '../../wallet/descriptors/parse.ts';
import { range as rangeOf } from '../descriptor-scripts.ts';
import { group, method, refuse, t } from '../kit.ts';

function addressesOf(
  descriptor: Descriptor,
  { secrets }: ParsedDescriptor,
  begin: number,
  end: number,
): string[] {
  const addresses: string[] = [];
  for (let index = begin; index <= end; index++) {
    const scripts = descriptor.scriptsAt(index, secrets.lookup);
    if (scripts === null) throw refuse.key('Cannot derive script without private keys');
    for (const script of scripts) {
      const address = encodeAddress(script, descriptor.parameters);
      if (address !== null) addresses.push(address);
      // combo() has a bare key besides its addresses; anything else without one is refused.
      else if (descriptor.isSingleType) throw refuse.key('Descriptor does not have a corresponding address');
    }
  }
  if (addresses.length === 0) throw refuse.misc('Unexpected empty result');
  return addresses;
}

const EXAMPLE =
  '"wpkh([d34db33f/84h/0h/0h]xpub6DJ2dNUysrn5Vt36jH2KLBT2i1auw1tTSSomg8PhqNiUtx8QX2SvC9nrHu81fT41fvDUnhMjEzQgXnQjKEu3oaqMSzhSrHMxyyoEAmUHQbY/0/*)';

export const descriptorMethods = group('Util', {
  getdescriptorinfo: method({
    help: 'What a descriptor is, and its checksum. Private keys are not repeated.',
    parameters: { descriptor: t.string() },
    result: t.object({
      descriptor: t.string('With its checksum, and public keys; of several paths the first'),
      multipath_expansion: t.optional(t.array(t.string(), 'One for each of several paths')),
      checksum: t.string('Of the text as it was given'),
      isrange: t.boolean('Stands for many scripts, by a *'),
      issolvable: t.boolean('Tells how to spend'),
      hasprivatekeys: t.boolean(),
    }),
    example: `${EXAMPLE}"`,
    handler({ descriptor: text }, { parameters }) {
      const { descriptors, secrets } = parseDescriptor(text, parameters);
      const [first] = descriptors;
      const texts = descriptors.map((descriptor) => descriptor.format()!);
      return {
        descriptor: texts[0]!,
        multipath_expansion: texts.length > 1 ? texts : undefined,
        checksum: splitChecksum(text, false).checksum!,
        isrange: first!.isRange,
        issolvable: first!.isSolvable,
        hasprivatekeys: secrets.size > 0,
      };
    },
  }),

  deriveaddresses: method({
    help: 'The addresses that a descriptor stands for; it must have its checksum.',
    parameters: {
      descriptor: t.string(),
      range: t.optional(rangeOf('Of one with a *: the last index, or [first,last]')),
    },
    result: t.cases('', {
      'of one path': t.array(t.string()),
      'of several paths': t.array(t.array(t.string())),
    }),
    example: `${EXAMPLE}#cjjspncu" "[0,2]"`,
    handler({ descriptor: text, range }, { parameters }) {
      const parsed = parseDescriptor(text, parameters, true);
      const { isRange } = parsed.descriptors[0]!;
      if (!isRange && range !== undefined)
        throw refuse.parameter('Range should not be specified for an un-ranged descriptor');
      if (isRange && range === undefined)
        throw refuse.parameter('Range must be specified for a ranged descriptor');
      const [begin, end] = range ?? [0, 0];
      const lists = parsed.descriptors.map((descriptor) => addressesOf(descriptor, parsed, begin, end));
      return lists.length === 1 ? lists[0]! : lists;
    },
  }),
});
