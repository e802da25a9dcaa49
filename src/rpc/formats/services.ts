/** The services a node offers, as Bitcoin Core's RPCs show them. */

/** Bits that have a name. */
const NAMES: ReadonlyMap<bigint, string> = new Map([
  [0n, 'NETWORK'],
  [2n, 'BLOOM'],
  [3n, 'WITNESS'],
  [6n, 'COMPACT_FILTERS'],
  [10n, 'NETWORK_LIMITED'],
  [11n, 'P2P_V2'],
]);

export const servicesHex = (services: bigint): string => services.toString(16).padStart(16, '0');

export function serviceNames(services: bigint): string[] {
  const names: string[] = [];
  for (let bit = 0n; bit < 64n; bit++)
    if ((services >> bit) & 1n) names.push(NAMES.get(bit) ?? `UNKNOWN[2^${bit}]`);
  return names;
}
