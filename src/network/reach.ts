/** Through whom each network is reached, and which of them we dial by ourselves (Core's -proxy, -onion, -onlynet). */
import { isRoutable, type NetworkAddress, parseAddress } from './network-address.ts';

/** A SOCKS5 proxy. */
export interface SocksProxy {
  /** `host:port`, or `unix:` and a path. */
  readonly address: string;
  /** Each connection has credentials of its own, so that Tor gives it a circuit of its own. */
  readonly isolates: boolean;
}

/** What is dialled: an address of a network, or a name that somebody has to look up. */
export type Reached = Exclude<NetworkAddress['network'], 'unknown' | 'i2p'> | 'name';

export interface Reach {
  readonly proxies: Partial<Record<Reached, SocksProxy>>;
  /** Networks whose addresses are dialled unasked; undefined: all that can be reached. */
  readonly only?: ReadonlySet<string>;
}

/** Undefined to dial it directly. @throws for what nobody could reach but by telling others of it */
export function proxyFor({ proxies }: Reach, host: string): SocksProxy | undefined {
  // RFC 7686: such names are never looked up.
  const isHidden = /\.(onion|i2p)\.?$/i.test(host);
  const address = parseAddress(host, 1);
  // What no proxy could reach lies on this side of it.
  if (address !== undefined && !isRoutable(address, false)) return undefined;
  const network = address?.network ?? 'name';
  const proxy = proxies[network as Reached];
  if (isHidden && (network === 'i2p' || proxy === undefined || network === 'name'))
    throw new Error(`no proxy for ${host}`);
  return proxy;
}

export function isReachable({ proxies, only }: Reach, network: NetworkAddress['network']): boolean {
  const isPossible = network === 'ipv4' || network === 'ipv6' || (network === 'onion' && proxies.onion);
  return Boolean(isPossible) && (only === undefined || only.has(network));
}

export const DIRECT: Reach = Object.freeze({ proxies: {} });
