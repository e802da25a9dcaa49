/** Scripts as Bitcoin Core's RPCs show them. */
import { toHex } from '../../core/encoding/bytes.ts';
import type { NetworkParameters } from '../../core/parameters/network.ts';
import { encodeAddress } from '../../core/script/address.ts';
import { toAssembly } from '../../core/script/assembly.ts';
import { isValidXOnlyKey } from '../../core/script/signing.ts';
import { type Solution, solve } from '../../core/script/templates.ts';
import { withChecksum } from '../../wallet/descriptors/checksum.ts';
import type { JsonWritable } from '../json.ts';
import { result } from '../result.ts';

/** Where a script stands decides which keys a descriptor of it may have. */
type Place = 'top' | 'wsh';

/** What a script alone tells: keys, address or bytes, without a key store (Core's InferDescriptor). */
export function inferDescriptor(script: Uint8Array, parameters: NetworkParameters): string {
  const solution = solve(script);
  return withChecksum(
    keysDescriptor(solution, 'top') ?? addressDescriptor(script, parameters) ?? `raw(${toHex(script)})`,
  );
}

/** The descriptor of a P2WSH output whose witness script is known. */
export function inferWitnessDescriptor(
  script: Uint8Array,
  witnessScript: Uint8Array,
  parameters: NetworkParameters,
): string {
  const inner = keysDescriptor(solve(witnessScript), 'wsh');
  return inner === null ? inferDescriptor(script, parameters) : withChecksum(`wsh(${inner})`);
}

function keysDescriptor({ type, solutions, required }: Solution, place: Place): string | null {
  if (type === 'witness_v1_taproot' && place === 'top')
    return isValidXOnlyKey(solutions[0]!) ? `rawtr(${toHex(solutions[0]!)})` : null;
  if (type !== 'pubkey' && type !== 'multisig') return null;
  if (!solutions.every((key) => isDescribable(key, place))) return null;
  const keys = solutions.map(toHex).join(',');
  return type === 'pubkey' ? `pk(${keys})` : `multi(${required},${keys})`;
}

/** Descriptors have no hybrid keys anywhere, and no uncompressed ones in segwit. */
function isDescribable(key: Uint8Array, place: Place): boolean {
  return key.length === 33 || (key.length === 65 && key[0] === 4 && place === 'top');
}

function addressDescriptor(script: Uint8Array, parameters: NetworkParameters): string | null {
  const address = encodeAddress(script, parameters);
  return address === null ? null : `addr(${address})`;
}

/** `scriptPubKey` of an output. `hex` false leaves the bytes out. */
export function scriptJson(
  script: Uint8Array,
  parameters: NetworkParameters,
  options: { readonly hex: boolean; readonly witnessScript?: Uint8Array } = { hex: true },
): { readonly [key: string]: JsonWritable } {
  const { witnessScript } = options;
  return {
    asm: toAssembly(script),
    desc:
      witnessScript === undefined
        ? inferDescriptor(script, parameters)
        : inferWitnessDescriptor(script, witnessScript, parameters),
    hex: options.hex ? toHex(script) : undefined,
    address: encodeAddress(script, parameters) ?? undefined,
    type: solve(script).type,
  };
}

export const scriptResult = [
  result.string('asm', 'Disassembly of the output script'),
  result.string('desc', 'Inferred descriptor for the output'),
  result.hex('hex', 'The raw output script bytes, hex-encoded'),
  result.string('address', 'The Bitcoin address (only if a well-defined address exists)', { optional: true }),
  result.string('type', "The type, eg 'pubkeyhash'"),
];
