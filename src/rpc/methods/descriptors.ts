/** Output descriptors: what they are, and the addresses they stand for. */
import { encodeAddress } from '../../core/script/address.ts';
import { splitChecksum } from '../../wallet/descriptors/checksum.ts';
import type { Descriptor } from '../../wallet/descriptors/descriptor.ts';
import type { ParsedDescriptor } from '../../wallet/descriptors/parse.ts';
import { RpcCode, RpcError } from '../errors.ts';
import { defineMethod, type Method } from '../method.ts';
import { param } from '../parameter.ts';
import { readDescriptor } from '../refusals.ts';
import { result } from '../result.ts';
import { rangeFrom } from '../values.ts';

const getdescriptorinfo = defineMethod({
  name: 'getdescriptorinfo',
  category: 'Util',
  description: 'Analyses a descriptor.',
  parameters: [param.string('descriptor', 'The descriptor.')],
  results: [
    result.object('', '', [
      result.string(
        'descriptor',
        'The descriptor in canonical form, without private keys. For a multipath descriptor, only the first will be returned.',
      ),
      result.array(
        'multipath_expansion',
        'All descriptors produced by expanding multipath derivation elements. Only if the provided descriptor specifies multipath derivation elements.',
        [result.string('', '')],
        { optional: true },
      ),
      result.string('checksum', 'The checksum for the input descriptor'),
      result.boolean('isrange', 'Whether the descriptor is ranged'),
      result.boolean('issolvable', 'Whether the descriptor is solvable'),
      result.boolean('hasprivatekeys', 'Whether the input descriptor contained at least one private key'),
    ]),
  ],
  examples: [
    '"wpkh([d34db33f/84h/0h/0h]xpub6DJ2dNUysrn5Vt36jH2KLBT2i1auw1tTSSomg8PhqNiUtx8QX2SvC9nrHu81fT41fvDUnhMjEzQgXnQjKEu3oaqMSzhSrHMxyyoEAmUHQbY/0/*)"',
  ],
  handler([text], { parameters }) {
    const { descriptors, secrets } = readDescriptor(text, parameters);
    const [first] = descriptors;
    const texts = descriptors.map((descriptor) => descriptor.format()!);
    return {
      descriptor: texts[0],
      multipath_expansion: texts.length > 1 ? texts : undefined,
      checksum: splitChecksum(text, false).checksum,
      isrange: first!.isRange,
      issolvable: first!.isSolvable,
      hasprivatekeys: secrets.size > 0,
    };
  },
});

function addressesOf(
  descriptor: Descriptor,
  { secrets }: ParsedDescriptor,
  begin: number,
  end: number,
): string[] {
  const addresses: string[] = [];
  for (let index = begin; index <= end; index++) {
    const scripts = descriptor.scriptsAt(index, secrets.lookup);
    if (scripts === null)
      throw new RpcError(RpcCode.INVALID_ADDRESS_OR_KEY, 'Cannot derive script without private keys');
    for (const script of scripts) {
      const address = encodeAddress(script, descriptor.parameters);
      if (address !== null) addresses.push(address);
      // combo() has a bare key besides its addresses; anything else without one is refused.
      else if (descriptor.isSingleType)
        throw new RpcError(
          RpcCode.INVALID_ADDRESS_OR_KEY,
          'Descriptor does not have a corresponding address',
        );
    }
  }
  if (addresses.length === 0) throw new RpcError(RpcCode.MISC_ERROR, 'Unexpected empty result');
  return addresses;
}

const deriveaddresses = defineMethod({
  name: 'deriveaddresses',
  category: 'Util',
  description:
    'Derives one or more addresses corresponding to an output descriptor.\n' +
    'Examples of output descriptors are:\n' +
    '    pkh(<pubkey>)                                     P2PKH outputs for the given pubkey\n' +
    '    wpkh(<pubkey>)                                    Native segwit P2PKH outputs for the given pubkey\n' +
    '    sh(multi(<n>,<pubkey>,<pubkey>,...))              P2SH-multisig outputs for the given threshold and pubkeys\n' +
    '    tr(<pubkey>,multi_a(<n>,<pubkey>,<pubkey>,...))   P2TR-multisig outputs for the given threshold and pubkeys',
  parameters: [
    param.string('descriptor', 'The descriptor.'),
    param.range(
      'range',
      'If a ranged descriptor is used, this specifies the end or the range (in [begin,end] notation) to derive.',
      { optional: true },
    ),
  ],
  results: [
    result.array('', 'The derived addresses', [result.string('address', '')], {
      condition: 'for single derivation descriptors',
    }),
    result.array(
      '',
      'The derived addresses for each of the multipath expansions of the descriptor, in multipath specifier order',
      [
        result.array('', 'The derived addresses for a multipath descriptor expansion', [
          result.string('address', ''),
        ]),
      ],
      { condition: 'for multipath descriptors' },
    ),
  ],
  examples: [
    '"wpkh([d34db33f/84h/0h/0h]xpub6DJ2dNUysrn5Vt36jH2KLBT2i1auw1tTSSomg8PhqNiUtx8QX2SvC9nrHu81fT41fvDUnhMjEzQgXnQjKEu3oaqMSzhSrHMxyyoEAmUHQbY/0/*)#cjjspncu" "[0,2]"',
  ],
  handler([text, range], { parameters }) {
    const parsed = readDescriptor(text, parameters, true);
    const { isRange } = parsed.descriptors[0]!;
    if (!isRange && range !== undefined)
      throw new RpcError(
        RpcCode.INVALID_PARAMETER,
        'Range should not be specified for an un-ranged descriptor',
      );
    if (isRange && range === undefined)
      throw new RpcError(RpcCode.INVALID_PARAMETER, 'Range must be specified for a ranged descriptor');
    const { begin, end } = range === undefined ? { begin: 0, end: 0 } : rangeFrom(range);
    const lists = parsed.descriptors.map((descriptor) => addressesOf(descriptor, parsed, begin, end));
    return lists.length === 1 ? lists[0]! : lists;
  },
});

export const descriptorMethods: readonly Method[] = [getdescriptorinfo, deriveaddresses];
