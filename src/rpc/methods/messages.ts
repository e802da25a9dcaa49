/** Messages signed with the key of an address. */
import { signMessage, verifyMessage } from '../../wallet/message.ts';
import { group, method, refuse } from '../kit.ts';
import { boolean, string } from '../schema.ts';
import { readPrivateKey } from '../texts.ts';

export const messageMethods = group('Util', {
  verifymessage: method({
    help: 'Whether the owner of an address has signed a message. The address must be a legacy one of a key.',
    parameters: { address: string(), signature: string('Base64'), message: string() },
    result: boolean(),
    example: 'ADDRESS SIGNATURE "what was signed"',
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
    parameters: { privkey: string('WIF'), message: string() },
    result: string('Base64'),
    example: 'WIF "what is signed"',
    handler({ privkey, message }, { parameters }) {
      const { secret, compressed } = readPrivateKey(privkey, parameters);
      return signMessage(message, secret, compressed);
    },
  }),
});
