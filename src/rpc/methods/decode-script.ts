/** decodescript: what a script is, and what it would be inside P2SH and P2WSH. */
import { EMPTY } from '../../core/encoding/bytes.ts';
import { hash160 } from '../../core/encoding/hashes.ts';
import type { NetworkParameters } from '../../core/parameters/network.ts';
import { encodeAddress } from '../../core/script/address.ts';
import { p2sh } from '../../core/script/templates.ts';
import { canWrap, segwitForm } from '../../core/script/wrapping.ts';
import { SigningProvider } from '../../wallet/signing/provider.ts';
import { scriptFields, scriptPubKey } from '../formats/script.ts';
import { joinFields } from '../json-writer.ts';
import { group, method, t } from '../kit.ts';
import { bytesFrom } from '../values.ts';

const p2shAddress = (script: Uint8Array, parameters: NetworkParameters): string =>
  encodeAddress(p2sh(hash160(script)), parameters)!;

const { hex: _, ...withoutHex } = scriptPubKey;

export const decodeScriptMethods = group('Rawtransactions', {
  decodescript: method({
    help: 'What a script is, and the addresses of outputs that would pay to it.',
    parameters: { hexstring: t.hex() },
    result: t.written(
      t.object({
        ...withoutHex,
        p2sh: t.optional(t.string('Address of it inside P2SH, where that makes sense')),
        segwit: t.optional(
          t.object(
            { ...scriptPubKey, 'p2sh-segwit': t.string('Address of this inside P2SH') },
            'It as a witness output, where that makes sense',
          ),
        ),
      }),
    ),
    example: '76a914000000000000000000000000000000000000000088ac',
    handler({ hexstring }, { parameters }) {
      const script = hexstring === '' ? EMPTY : bytesFrom(hexstring, 'argument');
      const decoded = scriptFields(script, parameters, { hex: false });
      if (!canWrap(script)) return joinFields(decoded);
      const p2sh = p2shAddress(script, parameters);
      const output = segwitForm(script);
      if (output === null) return joinFields(decoded, { p2sh });
      const provider = new SigningProvider();
      provider.addScript(script);
      const segwit = joinFields(scriptFields(output, parameters, { provider }), {
        'p2sh-segwit': p2shAddress(output, parameters),
      });
      return joinFields(decoded, { p2sh, segwit });
    },
  }),
});
