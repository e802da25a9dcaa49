/** `penny rpc -netinfo [level [outonly]]`: the peers of a node and how many there are, as bitcoin-cli shows them. */
import { writeJson } from '../../../core/encoding/json-writer.ts';
import type { Call } from './rpc-connection.ts';
import { UsageError } from './usage-error.ts';
import { VERSION } from './version.ts';

type Peer = Readonly<Record<string, unknown>> & {
  readonly network: string;
  readonly inbound: boolean;
  readonly connection_type: string;
  readonly servicesnames: readonly string[];
  readonly minping?: number;
};

interface Network {
  readonly protocolversion: number;
  readonly subversion: string;
  readonly localservicesnames: readonly string[];
  readonly networks: readonly { readonly name: string; readonly reachable: boolean }[];
  readonly localaddresses: readonly Readonly<Record<'address' | 'port' | 'score', unknown>>[];
}

/** Addresses that nobody on the internet has are shown only if peers have them. */
const UNROUTABLE: ReadonlyMap<string, string> = new Map([
  ['not_publicly_routable', 'npr'],
  ['internal', 'int'],
]);
const TYPES: Readonly<Record<string, string>> = {
  'outbound-full-relay': 'full',
  'block-relay-only': 'block',
  manual: 'manual',
  feeler: 'feeler',
  'addr-fetch': 'addr',
};
const MOST_DETAILS = 4;

const NETINFO_HELP = `-netinfo [level [outonly]] shows the peers of a node.

level  0  how many there are by network, and the addresses of the node (default)
       1  each peer as well; 2 with its address, 3 with its version, 4 with both
outonly, o  only peers that the node has called; needs a level

<->    in: the peer called; out: the node did
type   full, block (blocks only), manual, feeler, addr (asked for addresses)
serv   n NETWORK, b BLOOM, w WITNESS, c COMPACT_FILTERS, l NETWORK_LIMITED, 2 P2P_V2, u unknown
v      version of the transport
mping, ping  shortest and last time that an answer took
send, recv   since the last message
txn, blk     since it brought a new transaction (*: none are relayed to it) or block
hb     compact blocks unasked: . we want its, * it wants ours
addrp, addrl  addresses that were heeded (.: none are relayed to it) and dropped
age    since it connected`;

/** @param now milliseconds @throws UsageError, and what the calls throw */
export async function describePeers(call: Call, words: readonly string[], now: number): Promise<string> {
  const [first = '0', second] = words;
  if (first === 'h' || first === 'help') return NETINFO_HELP;
  const more = 'For more information, run: penny rpc -netinfo help';
  if (!/^\d{1,3}$/.test(first) || Number(first) > 255)
    throw new UsageError(`invalid -netinfo level argument: ${first}\n${more}`);
  const level = Math.min(Number(first), MOST_DETAILS);
  if (second !== undefined && (level === 0 || !['o', 'outonly'].includes(second)))
    throw new UsageError(
      `invalid -netinfo outonly argument: ${second}\n${level === 0 ? 'The outonly argument is only valid for a level greater than 0 (the first argument). ' : ''}${more}`,
    );
  const ask = async (method: string) => JSON.parse(writeJson(await call(method, [], '/')));
  const peers: readonly Peer[] = await ask('getpeerinfo');
  const network: Network = await ask('getnetworkinfo');
  const { chain } = await ask('getblockchaininfo');
  const services = network.localservicesnames;
  const shown = peers.filter(({ inbound }) => level > 0 && !(inbound && second !== undefined));
  return [
    `Penny client v${VERSION}${chain === 'main' ? '' : ` ${chain}`} - server ${network.protocolversion}${network.subversion}${level > 0 ? ` - services ${letters(services)}` : ''}\n`,
    ...(shown.length > 0 ? [`${table(shown, level, Math.floor(now / 1000))}\n`] : []),
    `${totals(peers, network)}\n`,
    ...(level > 0 ? [] : [`Local services: ${services.join(', ').toLowerCase().replaceAll('_', ' ')}\n`]),
    addresses(network),
  ].join('\n');
}

const letters = (services: readonly string[]): string =>
  services
    .map((name) => ({ NETWORK_LIMITED: 'l', P2P_V2: '2' })[name] ?? name.slice(0, 1).toLowerCase())
    .join('');

/** @param now seconds */
function table(peers: readonly Peer[], level: number, now: number): string {
  const ping = (seconds: unknown) => (seconds === undefined ? '' : Math.round(1000 * Number(seconds)));
  const pingText = (seconds: unknown) => (Number(ping(seconds)) > 999_999 ? '-' : ping(seconds));
  const since = (time: unknown, unit: number, never = '') =>
    time === 0 ? never : Math.trunc((now - Number(time)) / unit);
  const count = (value: unknown) => (value === 0 ? '' : value);
  type Column = readonly [name: string, width: number, unit: string, value: (peer: Peer) => unknown];
  // A width counts the space before its column.
  const columns: readonly Column[] = [
    ['<->', 3, '', ({ inbound }) => (inbound ? 'in' : 'out')],
    ['type', 7, '', (peer) => TYPES[peer.connection_type] ?? ''],
    ['net', 6, '', ({ network }) => UNROUTABLE.get(network) ?? network],
    ['serv', 7, '', ({ servicesnames }) => letters(servicesnames)],
    ['v', 3, '', ({ transport_protocol_type: type }) => /^v(.)$/.exec(String(type))?.[1] ?? ''],
    ['mping', 7, 'ms', ({ minping }) => pingText(minping)],
    ['ping', 7, 'ms', ({ pingtime }) => pingText(pingtime)],
    ['send', 5, 'sec', ({ lastsend }) => since(lastsend, 1)],
    ['recv', 5, 'sec', ({ lastrecv }) => since(lastrecv, 1)],
    [
      'txn',
      5,
      'min',
      ({ last_transaction: time, relaytxes }) => since(time, 60, relaytxes === false ? '*' : ''),
    ],
    ['blk', 5, 'min', ({ last_block: block }) => since(block, 60)],
    ['hb', 4, '', ({ bip152_hb_to: to, bip152_hb_from: from }) => (to ? '.' : ' ') + (from ? '*' : ' ')],
    ['addrp', 6, '', ({ addr_processed: n, addr_relay_enabled: on }) => count(n) || (on ? '' : '.')],
    ['addrl', 6, '', ({ addr_rate_limited: dropped }) => count(dropped)],
    ['age', 5, 'min', ({ conntime }) => since(conntime, 60)],
    ['id', 3, '', ({ id }) => id],
  ];
  const sorted = [...peers].sort(
    (a, b) => Number(b.inbound) - Number(a.inbound) || (a.minping ?? -1) - (b.minping ?? -1),
  );
  const cells = columns.map(([name, least, unit, value], i) => {
    const texts = sorted.map((peer) => String(value(peer)));
    const width = Math.max(least, ...texts.map((text) => text.length + (i === 0 ? 0 : 1)));
    return [name, ...texts, unit].map((text) => text.padStart(width));
  });
  const address = level === 2 || level === 4;
  const version = level >= 3;
  const addressWidth = address ? Math.max(...sorted.map(({ addr }) => String(addr).length + 1)) : 0;
  const tail = (addr: unknown, text: unknown) =>
    ` ${(address ? String(addr) : '').padEnd(addressWidth)}${version ? text : ''}`;
  const tails = sorted.map(({ addr, version: number, subver }) => tail(addr, `${number}${subver}`));
  const lines = ['', ...sorted, ''].map((_, i) => cells.map((column) => column[i]).join(''));
  return lines
    .map((line, i) => line + ([tail('address', 'version'), ...tails][i] ?? ''))
    .join('\n')
    .trimEnd();
}

function totals(peers: readonly Peer[], { networks }: Network): string {
  const shown = [
    ...networks.filter(({ reachable }) => reachable).map(({ name }) => name),
    ...[...UNROUTABLE.keys()].filter((name) => peers.some(({ network }) => network === name)),
  ];
  const ofType = (type: string) => peers.filter((peer) => peer.connection_type === type).length;
  const [blocks, manual] = [ofType('block-relay-only'), ofType('manual')];
  const row = (name: string, rows: readonly Peer[], more = '') =>
    `${name.padEnd(5)}${shown.map((each) => String(rows.filter(({ network }) => network === each).length).padStart(8)).join('')}   ${String(rows.length).padStart(5)}${more}`;
  const types = [blocks, ...(manual > 0 ? [manual] : [])];
  return [
    `     ${shown.map((name) => (UNROUTABLE.get(name) ?? name).padStart(8)).join('')}   total   block${manual > 0 ? '  manual' : ''}`,
    row(
      'in',
      peers.filter(({ inbound }) => inbound),
    ),
    row(
      'out',
      peers.filter(({ inbound }) => !inbound),
      types.map((each) => `   ${String(each).padStart(5)}`).join(''),
    ),
    row('total', peers),
  ].join('\n');
}

function addresses({ localaddresses }: Network): string {
  if (localaddresses.length === 0) return 'Local addresses: n/a\n';
  const width = Math.max(...localaddresses.map(({ address }) => String(address).length + 1));
  const rows = localaddresses.map(
    ({ address, port, score }) =>
      `${String(address).padEnd(width)}    port ${String(port).padStart(6)}    score ${String(score).padStart(6)}`,
  );
  return ['Local addresses', ...rows].join('\n');
}
