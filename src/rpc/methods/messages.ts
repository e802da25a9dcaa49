/** Messages signed with the key of an address. */
import { signMessage, verifyMessage } from '../../wallet/message.ts';
import { RpcCode, RpcError } from '../errors.ts';
import { defineMethod, type Method } from '../method.ts';
import { param } from '../parameter.ts';
import { readPrivateKey } from '../refusals.ts';
import { result } from '../result.ts';

const verifymessage = defineMethod({
  name: 'verifymessage',
  category: 'Util',
  description: 'Verify a signed message.',
  parameters: [
    param.string('address', 'The bitcoin address to use for the signature.'),
    param.string('signature', 'The signature provided by the signer in base 64 encoding (see signmessage).'),
    param.string('message', 'The message that was signed.'),
  ],
  results: [result.boolean('', 'If the signature is verified or not.')],
  examples: ['"1D1ZrZNe3JUo7ZycKEYQQiQAWd9y54F4XX" "signature" "my message"'],
  handler([address, signature, message], { parameters }) {
    const verdict = verifyMessage(address, signature, message, parameters);
    if (verdict === 'ERR_INVALID_ADDRESS')
      throw new RpcError(RpcCode.INVALID_ADDRESS_OR_KEY, 'Invalid address');
    if (verdict === 'ERR_ADDRESS_NO_KEY')
      throw new RpcError(RpcCode.TYPE_ERROR, 'Address does not refer to key');
    if (verdict === 'ERR_MALFORMED_SIGNATURE')
      throw new RpcError(RpcCode.TYPE_ERROR, 'Malformed base64 encoding');
    return verdict === 'OK';
  },
});

const signmessagewithprivkey = defineMethod({
  name: 'signmessagewithprivkey',
  category: 'Util',
  description: 'Sign a message with the private key of an address',
  parameters: [
    param.string('privkey', 'The private key to sign the message with.'),
    param.string('message', 'The message to create a signature of.'),
  ],
  results: [result.string('signature', 'The signature of the message encoded in base 64')],
  examples: ['"privkey" "my message"'],
  handler([privkey, message], { parameters }) {
    const { secret, compressed } = readPrivateKey(privkey, parameters);
    return signMessage(message, secret, compressed);
  },
});

export const messageMethods: readonly Method[] = [verifymessage, signmessagewithprivkey];
