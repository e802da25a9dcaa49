/** Keys and descriptors without a wallet: their addresses, and messages signed with them. */
import { toHex } from '../../core/encoding/bytes.ts';
import { hash160, sha256 } from '../../core/encoding/hashes.ts';
import { AddressError, decodeAddress, encodeAddress } from '../../core/script/address.ts';
import { MAX_SCRIPT_ELEMENT_SIZE } from '../../core/script/script.ts';
import { MAX_PUBKEYS_PER_MULTISIG, multisig, p2sh, p2wsh } from '../../core/script/templates.ts';
import { splitChecksum, withChecksum } from '../../wallet/descriptors/checksum.ts';
import type { Descriptor } from '../../wallet/descriptors/descriptor.ts';
import { type ParsedDescriptor, parseDescriptor } from '../../wallet/descriptors/parse.ts';
import { signMessage, verifyMessage } from '../../wallet/message.ts';
import { range as rangeOf } from '../descriptor-scripts.ts';
import { describeScript, scriptDescription } from '../formats/address.ts';
import { group, method, refuse, t } from '../kit.ts';
import { publicKeyFrom, readPrivateKey } from '../texts.ts';

type MultisigType = 'legacy' | 'p2sh-segwit' | 'bech32';

function multisigTypeFrom(text: string): MultisigType {
  if (text === 'bech32m') throw refuse.key('createmultisig cannot create bech32m multisig addresses');
  if (text !== 'legacy' && text !== 'p2sh-segwit' && text !== 'bech32')
    throw refuse.key(`Unknown address type '${text}'`);
  return text;
}

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

export const keyMethods = group('Util', {
  validateaddress: method({
    help: 'Whether a text is an address of this network, and what it pays to.',
    parameters: { address: t.string() },
    result: t.object({
      isvalid: t.boolean(),
      address: t.optional(t.string('In its standard spelling')),
      scriptPubKey: t.optional(t.hex()),
      ...scriptDescription,
      iswitness: t.optional(scriptDescription.iswitness),
      error: t.optional(t.string()),
      error_locations: t.optional(t.array(t.integer('Index of a character that is probably wrong'))),
    }),
    handler({ address }, { parameters }) {
      try {
        const script = decodeAddress(address, parameters);
        return {
          isvalid: true,
          address: encodeAddress(script, parameters)!,
          scriptPubKey: toHex(script),
          ...describeScript(script),
        };
      } catch (error) {
        if (!(error instanceof AddressError)) throw error;
        return { isvalid: false, error_locations: error.errorLocations, error: error.message };
      }
    },
  }),

  createmultisig: method({
    help: 'An address that some of several keys must sign for, and its script. No wallet learns of it.',
    parameters: {
      nrequired: t.integer('Signatures needed'),
      keys: t.array(t.hex(), 'Public keys, in the order in which they must sign'),
      address_type: t.standard(t.string('legacy, p2sh-segwit or bech32'), 'legacy'),
    },
    result: t.object({
      address: t.string(),
      redeemScript: t.hex(),
      descriptor: t.string(),
      warnings: t.optional(t.array(t.string())),
    }),
    example: `2 '["03789ed0bb717d88f7d321a368d905e7430207ebbd82bd342cf11ae157a7ace5fd","03dbc6764b8884a92e871274b87583e6d5c2a58819473e17e107ef3f6aa5a61626"]'`,
    handler({ nrequired: required, keys: list, address_type }, { parameters }) {
      const keys = list.map(publicKeyFrom);
      const asked = multisigTypeFrom(address_type);
      if (required < 1)
        throw refuse.parameter('a multisignature address must require at least one key to redeem');
      if (keys.length < required)
        throw refuse.parameter(
          `not enough keys supplied (got ${keys.length} keys, but need at least ${required} to redeem)`,
        );
      if (keys.length > MAX_PUBKEYS_PER_MULTISIG)
        throw refuse.parameter(
          `Number of keys involved in the multisignature address creation > ${MAX_PUBKEYS_PER_MULTISIG}\nReduce the number`,
        );
      const redeemScript = multisig(required, keys);
      if (asked === 'legacy' && redeemScript.length > MAX_SCRIPT_ELEMENT_SIZE)
        throw refuse.parameter(
          `redeemScript exceeds size limit: ${redeemScript.length} > ${MAX_SCRIPT_ELEMENT_SIZE}`,
        );
      // Segwit has no uncompressed keys: the address is an old one then.
      const type = keys.every((key) => key.length === 33) ? asked : 'legacy';
      const witness = p2wsh(sha256(redeemScript));
      const inner = `multi(${[required, ...keys.map(toHex)].join(',')})`;
      const [script, descriptor] = {
        legacy: [p2sh(hash160(redeemScript)), `sh(${inner})`] as const,
        'p2sh-segwit': [p2sh(hash160(witness)), `sh(wsh(${inner}))`] as const,
        bech32: [witness, `wsh(${inner})`] as const,
      }[type];
      return {
        address: encodeAddress(script, parameters)!,
        redeemScript: toHex(redeemScript),
        descriptor: withChecksum(descriptor),
        warnings:
          type === asked
            ? undefined
            : ['Unable to make chosen address type, please ensure no uncompressed public keys are present.'],
      };
    },
  }),

  verifymessage: method({
    help: 'Whether the owner of an address has signed a message. The address must be a legacy one of a key.',
    parameters: { address: t.string(), signature: t.string('Base64'), message: t.string() },
    result: t.boolean(),
    handler({ address, signature, message }, { parameters }) {
      const verdict = verifyMessage(address, signature, message, parameters);
      if (verdict === 'ERR_INVALID_ADDRESS') throw refuse.key('Invalid address');
      if (verdict === 'ERR_ADDRESS_NO_KEY') throw refuse.type('Address does not refer to key');
      if (verdict === 'ERR_MALFORMED_SIGNATURE') throw refuse.type('Malformed base64 encoding');
      return verdict === 'OK';
    },
  }),

  signmessagewithprivkey: method({
    help: 'Signs a message with a private key; verifymessage checks it by the legacy address of that key.',
    parameters: { privkey: t.string('WIF'), message: t.string() },
    result: t.string('Base64'),
    handler({ privkey, message }, { parameters }) {
      const { secret, compressed } = readPrivateKey(privkey, parameters);
      return signMessage(message, secret, compressed);
    },
  }),

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
