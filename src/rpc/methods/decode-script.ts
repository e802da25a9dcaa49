/** decodescript: what a script is, and what it would be inside P2SH and P2WSH. */
import { EMPTY } from '../../core/encoding/bytes.ts';
import { hash160, sha256 } from '../../core/encoding/hashes.ts';
import type { NetworkParameters } from '../../core/parameters/network.ts';
import { encodeAddress } from '../../core/script/address.ts';
import { isOpSuccess, OP } from '../../core/script/opcodes.ts';
import { hasValidOperations, isUnspendable, ScriptCursor } from '../../core/script/script.ts';
import { p2sh, p2wpkh, p2wsh, type ScriptType, type Solution, solve } from '../../core/script/templates.ts';
import { SigningProvider } from '../../wallet/signing/provider.ts';
import { scriptFields, scriptPubKey } from '../formats/script.ts';
import { joinFields } from '../json-writer.ts';
import { group, method, t } from '../kit.ts';
import { bytesFrom } from '../values.ts';

const WRAPPED_IN_P2SH: ReadonlySet<ScriptType> = new Set([
  'multisig',
  'nonstandard',
  'pubkey',
  'pubkeyhash',
  'witness_v0_keyhash',
  'witness_v0_scripthash',
]);

function canWrap(script: Uint8Array, type: ScriptType): boolean {
  if (!WRAPPED_IN_P2SH.has(type) || !hasValidOperations(script) || isUnspendable(script)) return false;
  const cursor = new ScriptCursor(script);
  while (cursor.next()) if (cursor.opcode === OP.CHECKSIGADD || isOpSuccess(cursor.opcode)) return false;
  return true;
}

/** The segwit output that stands for a script; null if none can. */
function segwitForm(script: Uint8Array, { type, solutions }: Solution): Uint8Array | null {
  const isKeyed = type === 'pubkey' || type === 'multisig';
  // Segwit knows compressed keys only (BIP143 policy).
  if (isKeyed && !solutions.every((key) => key.length === 33)) return null;
  if (type === 'pubkey') return p2wpkh(hash160(solutions[0]!));
  if (type === 'pubkeyhash') return p2wpkh(solutions[0]!);
  if (type !== 'multisig' && type !== 'nonstandard') return null;
  return p2wsh(sha256(script));
}

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
      const solution = solve(script);
      if (!canWrap(script, solution.type)) return joinFields(decoded);
      const p2sh = p2shAddress(script, parameters);
      const output = segwitForm(script, solution);
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
