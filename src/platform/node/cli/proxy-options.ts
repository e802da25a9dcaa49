/** Options that say through whom others are reached, and who: Bitcoin Core's names, values and errors. */
import type { Reach, Reached, SocksProxy } from '../../../network/reach.ts';
import { flag, type Given, list, parsed, type Values } from './option.ts';
import { UsageError } from './usage-error.ts';

const ADDRESS = '<ip[:port]|unix:path>';
const TOR_PORT = 9_050;
const GENERAL: readonly Reached[] = ['ipv4', 'ipv6', 'cjdns', 'onion', 'name'];
const ONE: Readonly<Record<string, Reached>> = {
  ...{ ipv4: 'ipv4', ipv6: 'ipv6', cjdns: 'cjdns' },
  ...{ onion: 'onion', tor: 'onion' },
};
/** What -onlynet names, and why it may not. */
const ONLY: Readonly<Record<string, string | undefined>> = {
  ...{ ipv4: undefined, ipv6: undefined },
  i2p: 'restricted to i2p (-onlynet=i2p) but -i2psam is not provided',
  cjdns: 'restricted to CJDNS (-onlynet=cjdns) but -cjdnsreachable is not provided',
};

export const PROXY = {
  onion: parsed(ADDRESS, 'Reach Tor through this SOCKS5 proxy; 0 does not.', (given: Given) => given, {
    default: null,
    otherwise: 'that of -proxy',
  }),
  onlynet: list(
    '<net>',
    'Find peers in this network only: ipv4, ipv6 or onion. Those added by hand are dialled all the same.',
  ),
  proxy: list(
    `${ADDRESS}[=<net>]`,
    'Dial through this SOCKS5 proxy, which looks up names; =<net> for addresses of one network.',
  ),
  proxyrandomize: flag('Each connection has credentials of its own, so that Tor keeps them apart.', {
    default: true,
  }),
};

/** Undefined where nothing is said. @throws UsageError */
export function reachOf({ onion, onlynet, proxy, proxyrandomize }: Values<typeof PROXY>): Reach | undefined {
  const proxies: Partial<Record<Reached, SocksProxy>> = {};
  const put = (networks: readonly Reached[], option: string, text: string): void => {
    for (const network of networks)
      if (text === '0') delete proxies[network];
      else proxies[network] = { address: proxyAddress(option, text), isolates: proxyrandomize };
  };
  for (const entry of proxy) {
    const [, address = '', network] = /^(.*?)(?:=([^=]*))?$/.exec(entry)!;
    if (address === '')
      throw new UsageError('No proxy server specified. Use -proxy=<ip> or -proxy=<ip:port>.');
    const one = ONE[network ?? ''];
    if (network !== undefined && one === undefined)
      throw new UsageError(`Unrecognized network in -proxy='${entry}': '${network}'`);
    put(one === undefined ? GENERAL : [one], 'proxy', address);
  }
  const isForbidden = onion === false || onion === '0';
  if (onion !== null) put(['onion'], 'onion', isForbidden ? '0' : onion);
  for (const network of onlynet) {
    const tor = isForbidden
      ? 'explicitly forbidden: -onion=0'
      : 'not provided: none of -proxy, -onion or -listenonion is given';
    const isTor = network === 'onion' && proxies.onion === undefined;
    if (network !== 'onion' && !Object.hasOwn(ONLY, network))
      throw new UsageError(`Unknown network specified in -onlynet: '${network}'`);
    const reason = isTor
      ? `restricted to Tor (-onlynet=onion) but the proxy for reaching the Tor network is ${tor}`
      : ONLY[network];
    if (reason !== undefined) throw new UsageError(`Outbound connections ${reason}`);
  }
  if (Object.keys(proxies).length + onlynet.length === 0) return undefined;
  return { proxies, ...(onlynet.length > 0 && { only: new Set(onlynet) }) };
}

function proxyAddress(option: string, text: string): string {
  if (/^unix:./.test(text)) return text;
  const [, host, port = TOR_PORT] = /^(\[[\da-fA-F:.]+\]|[^\s:[\]]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535)
    throw new UsageError(`Invalid -${option} address or hostname: '${text}'`);
  return `${host}:${port}`;
}
