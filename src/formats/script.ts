/** Scripts as Bitcoin Core's RPCs show them. */
import { toHex } from '../core/encoding/bytes.ts';
import { JsonText } from '../core/encoding/json-writer.ts';
import type { NetworkParameters } from '../core/parameters/network.ts';
import { addressOfSolution } from '../core/script/address.ts';
import { toAssembly } from '../core/script/assembly.ts';
import { solve } from '../core/script/templates.ts';
import { inferSolved } from '../wallet/descriptors/infer.ts';
import type { SigningProvider } from '../wallet/signing/provider.ts';

interface ScriptView {
  /** Leaves the bytes out. */
  readonly hex?: false;
  /** What more is known than the script. */
  readonly provider?: SigningProvider;
}

/** `scriptPubKey` of an output. */
export function scriptJson(script: Uint8Array, parameters: NetworkParameters): JsonText {
  return new JsonText(`{${scriptFields(script, parameters)}}`);
}

/** The text of its fields; nothing in them needs escapes. */
export function scriptFields(
  script: Uint8Array,
  parameters: NetworkParameters,
  view: ScriptView = {},
): string {
  const solution = solve(script);
  const address = addressOfSolution(solution, parameters);
  const desc = inferSolved(script, solution, address, view.provider);
  const hexField = view.hex === false ? '' : `"hex":"${toHex(script)}",`;
  const addressField = address === null ? '' : `"address":"${address}",`;
  return `"asm":"${toAssembly(script)}","desc":"${desc}",${hexField}${addressField}"type":"${solution.type}"`;
}
