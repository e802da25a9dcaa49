/** Scripts as Bitcoin Core's RPCs show them. */
import { toHex } from '../../core/encoding/bytes.ts';
import type { NetworkParameters } from '../../core/parameters/network.ts';
import { encodeAddress } from '../../core/script/address.ts';
import { toAssembly } from '../../core/script/assembly.ts';
import { solve } from '../../core/script/templates.ts';
import { inferWithAddress } from '../../wallet/descriptors/infer.ts';
import type { SigningProvider } from '../../wallet/signing/provider.ts';
import type { JsonWritable } from '../json.ts';
import { result } from '../result.ts';

/** `scriptPubKey` of an output. `hex` false leaves the bytes out; `provider` has what more is known. */
export function scriptJson(
  script: Uint8Array,
  parameters: NetworkParameters,
  options: { readonly hex: boolean; readonly provider?: SigningProvider } = { hex: true },
): { readonly [key: string]: JsonWritable } {
  const address = encodeAddress(script, parameters);
  return {
    asm: toAssembly(script),
    desc: inferWithAddress(script, address, options.provider),
    hex: options.hex ? toHex(script) : undefined,
    address: address ?? undefined,
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
