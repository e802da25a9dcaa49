/** What we know of the network, and how we take part in it. */
import { AddressError } from '../../network/network-address.ts';
import type { NetworkName } from '../../network/peer-info.ts';
import { PROTOCOL_VERSION } from '../../network/protocol.ts';
import { RpcCode, RpcError } from '../errors.ts';
import { serviceNames, servicesHex } from '../formats/services.ts';
import { helpText } from '../help.ts';
import { defineMethod, type Method } from '../method.ts';
import { param } from '../parameter.ts';
import { result } from '../result.ts';
import { btc } from '../values.ts';

/** Penny's version as Core counts its own: major * 10000 + minor * 100 + build. */
const VERSION = 100;
const NETWORKS: readonly NetworkName[] = ['ipv4', 'ipv6', 'onion', 'i2p', 'cjdns'];
const REACHABLE: ReadonlySet<string> = new Set(['ipv4', 'ipv6']);
const DEFAULT_BAN_TIME = 24 * 60 * 60;

const none = [result.none('', '')];

const getnetworkinfo = defineMethod({
  name: 'getnetworkinfo',
  category: 'Network',
  description: 'Returns an object containing various state info regarding P2P networking.',
  parameters: [],
  results: [
    result.object('', '', [
      result.number('version', 'the server version'),
      result.string('subversion', 'the server subversion string'),
      result.number('protocolversion', 'the protocol version'),
      result.hex('localservices', 'the services we offer to the network'),
      result.array('localservicesnames', 'the services we offer to the network, in human-readable form', [
        result.string('SERVICE_NAME', 'the service name'),
      ]),
      result.boolean('localrelay', 'true if transaction relay is requested from peers'),
      result.number('timeoffset', 'the time offset'),
      result.number('connections', 'the total number of connections'),
      result.number('connections_in', 'the number of inbound connections'),
      result.number('connections_out', 'the number of outbound connections'),
      result.boolean('networkactive', 'whether p2p networking is enabled'),
      result.array('networks', 'information per network', [
        result.object('', '', [
          result.string('name', 'network (ipv4, ipv6, onion, i2p, cjdns)'),
          result.boolean('limited', 'is the network limited using -onlynet?'),
          result.boolean('reachable', 'is the network reachable?'),
          result.string('proxy', '("host:port") the proxy that is used for this network, or empty if none'),
          result.boolean('proxy_randomize_credentials', 'Whether randomized credentials are used'),
        ]),
      ]),
      result.amount('relayfee', 'minimum relay fee rate for transactions in BTC/kvB'),
      result.amount(
        'incrementalfee',
        'minimum fee rate increment for mempool limiting or replacement in BTC/kvB',
      ),
      result.array('localaddresses', 'list of local addresses', [
        result.object('', '', [
          result.string('address', 'network address'),
          result.number('port', 'network port'),
          result.number('score', 'relative score'),
        ]),
      ]),
      result.array('warnings', 'any network and blockchain warnings', [result.string('', 'warning')]),
    ]),
  ],
  examples: [''],
  handler(_parameters, { network, mempool }) {
    const { inbound, outbound } = network.connectionCount();
    return {
      version: VERSION,
      subversion: network.options.userAgent,
      protocolversion: PROTOCOL_VERSION,
      localservices: servicesHex(network.localServices),
      localservicesnames: serviceNames(network.localServices),
      localrelay: !network.options.blocksOnly,
      timeoffset: network.timeOffset,
      connections: inbound + outbound,
      connections_in: inbound,
      connections_out: outbound,
      networkactive: network.active,
      networks: NETWORKS.map((name) => ({
        name,
        limited: !REACHABLE.has(name),
        reachable: REACHABLE.has(name),
        proxy: '',
        proxy_randomize_credentials: false,
      })),
      relayfee: btc(mempool.policy.minimumRelayFeeRate),
      incrementalfee: btc(mempool.policy.incrementalRelayFeeRate),
      localaddresses: network
        .localAddresses()
        .map(({ host, port, score }) => ({ address: host, port, score })),
      warnings: [],
    };
  },
});

const getnettotals = defineMethod({
  name: 'getnettotals',
  category: 'Network',
  description:
    'Returns information about network traffic, including bytes in, bytes out, and current system time.',
  parameters: [],
  results: [
    result.object('', '', [
      result.number('totalbytesrecv', 'Total bytes received'),
      result.number('totalbytessent', 'Total bytes sent'),
      result.time('timemillis', 'Current UNIX epoch time in milliseconds'),
      result.object('uploadtarget', '', [
        result.number('timeframe', 'Length of the measuring timeframe in seconds'),
        result.number('target', 'Target in bytes'),
        result.boolean('target_reached', 'True if target is reached'),
        result.boolean('serve_historical_blocks', 'True if serving historical blocks'),
        result.number('bytes_left_in_cycle', 'Bytes left in current time cycle'),
        result.number('time_left_in_cycle', 'Seconds left in current time cycle'),
      ]),
    ]),
  ],
  examples: [''],
  handler(_parameters, { network, clock }) {
    const { bytesReceived, bytesSent } = network.totals();
    return {
      totalbytesrecv: bytesReceived,
      totalbytessent: bytesSent,
      timemillis: Math.floor(clock.now()),
      uploadtarget: {
        timeframe: 86_400,
        target: 0,
        target_reached: false,
        serve_historical_blocks: true,
        bytes_left_in_cycle: 0,
        time_left_in_cycle: 0,
      },
    };
  },
});

const getnodeaddresses = defineMethod({
  name: 'getnodeaddresses',
  category: 'Network',
  description:
    'Return known addresses, after filtering for quality and recency.\nThese can potentially be used to find new peers in the network.',
  parameters: [
    param.integer(
      'count',
      'The maximum number of addresses to return. Specify 0 to return all known addresses.',
      {
        default: 1,
      },
    ),
    param.string(
      'network',
      'Return only addresses of the specified network. Can be one of: ipv4, ipv6, onion, i2p, cjdns.',
      {
        hint: 'all networks',
      },
    ),
  ],
  results: [
    result.array('', '', [
      result.object('', '', [
        result.time('time', 'The UNIX epoch time when the node was last seen'),
        result.number('services', 'The services offered by the node'),
        result.string('address', 'The address of the node'),
        result.number('port', 'The port number of the node'),
        result.string('network', 'The network (ipv4, ipv6, onion, i2p, cjdns) the node connected through'),
      ]),
    ]),
  ],
  examples: ['8', '4 "i2p"'],
  handler([count, name], { network }) {
    if (count < 0) throw new RpcError(RpcCode.INVALID_PARAMETER, 'Address count out of range');
    const wanted = NETWORKS.find((candidate) => candidate === name?.toLowerCase());
    if (name !== undefined && wanted === undefined)
      throw new RpcError(RpcCode.INVALID_PARAMETER, `Network not recognized: ${name}`);
    return network.knownAddresses(count, wanted).map(({ time, services, host, port, network: via }) => ({
      time,
      services,
      address: host,
      port,
      network: via,
    }));
  },
});

const addpeeraddress = defineMethod({
  name: 'addpeeraddress',
  category: 'hidden',
  description:
    'Add the address of a potential peer to an address manager table. This RPC is for testing only.',
  parameters: [
    param.string('address', 'The IP address of the peer'),
    param.integer('port', 'The port of the peer'),
    param.boolean('tried', 'If true, attempt to add the peer to the tried addresses table', {
      default: false,
    }),
  ],
  results: [
    result.object('', '', [
      result.boolean(
        'success',
        'whether the peer address was successfully added to the address manager table',
      ),
      result.string('error', 'error description, if the address could not be added', { optional: true }),
    ]),
  ],
  examples: ['"1.2.3.4" 8333 true'],
  handler([address, port, tried], { network }) {
    if (port < 0 || port > 0xffff) throw new RpcError(RpcCode.MISC_ERROR, 'JSON integer out of range');
    try {
      const success = network.addKnownAddress(address, port, tried);
      return success ? { success } : { success, error: 'failed-adding-to-new' };
    } catch (error) {
      if (error instanceof AddressError)
        throw new RpcError(RpcCode.CLIENT_INVALID_IP_OR_SUBNET, 'Invalid IP address');
      throw error;
    }
  },
});

const getaddrmaninfo = defineMethod({
  name: 'getaddrmaninfo',
  category: 'Network',
  description:
    "Provides information about the node's address manager by returning the number of addresses in the `new` and `tried` tables and their sum for all networks.",
  parameters: [],
  results: [
    result.keyed('', 'json object with network type as keys', [
      result.object('network', 'the network (ipv4, ipv6, onion, i2p, cjdns, all_networks)', [
        result.number(
          'new',
          "number of addresses in the new table, which represent potential peers the node has discovered but hasn't yet successfully connected to.",
        ),
        result.number(
          'tried',
          'number of addresses in the tried table, which represent peers the node has successfully connected to in the past.',
        ),
        result.number('total', 'total number of addresses in both new/tried tables'),
      ]),
    ]),
  ],
  examples: [''],
  handler(_parameters, { network }) {
    const counts = network.addressCounts();
    const all = { new: 0, tried: 0 };
    const listed = NETWORKS.map((name) => {
      const count = counts.get(name) ?? { new: 0, tried: 0 };
      all.new += count.new;
      all.tried += count.tried;
      return [name, { new: count.new, tried: count.tried, total: count.new + count.tried }] as const;
    });
    return Object.fromEntries([...listed, ['all_networks', { ...all, total: all.new + all.tried }] as const]);
  },
});

const setnetworkactive = defineMethod({
  name: 'setnetworkactive',
  category: 'Network',
  description: 'Disable/enable all p2p network activity.',
  parameters: [param.boolean('state', 'true to enable networking, false to disable')],
  results: [result.boolean('', 'The value that was passed in')],
  examples: [],
  handler([state], { network }) {
    network.setActive(state);
    return network.active;
  },
});

const setban = defineMethod({
  name: 'setban',
  category: 'Network',
  description: 'Attempts to add or remove an IP/Subnet from the banned list.',
  parameters: [
    param.string(
      'subnet',
      'The IP/Subnet (see getpeerinfo for nodes IP) with an optional netmask (default is /32 = single IP)',
    ),
    param.string(
      'command',
      "'add' to add an IP/Subnet to the list, 'remove' to remove an IP/Subnet from the list",
    ),
    param.long(
      'bantime',
      'time in seconds how long (or until when if [absolute] is set) the IP is banned (0 or empty means using the default time of 24h which can also be overwritten by the -bantime startup argument)',
      {
        default: 0,
      },
    ),
    param.boolean(
      'absolute',
      'If set, the bantime must be an absolute timestamp expressed in UNIX epoch time',
      {
        default: false,
      },
    ),
  ],
  results: none,
  examples: ['"192.168.0.6" "add" 86400', '"192.168.0.0/24" "add"'],
  handler([subnet, command, bantime, absolute], { network, clock }) {
    if (command !== 'add' && command !== 'remove') throw new RpcError(RpcCode.MISC_ERROR, helpText(setban));
    const now = Math.floor(clock.now() / 1000);
    try {
      if (command === 'remove') {
        if (!network.unban(subnet))
          throw new RpcError(
            RpcCode.CLIENT_INVALID_IP_OR_SUBNET,
            'Error: Unban failed. Requested address/subnet was not previously manually banned.',
          );
        return null;
      }
      if (absolute && bantime < now)
        throw new RpcError(RpcCode.INVALID_PARAMETER, 'Error: Absolute timestamp is in the past');
      const length = bantime > 0 ? bantime : (network.options.banTime ?? DEFAULT_BAN_TIME);
      if (!network.ban(subnet, absolute ? bantime : now + length))
        throw new RpcError(RpcCode.CLIENT_NODE_ALREADY_ADDED, 'Error: IP/Subnet already banned');
      return null;
    } catch (error) {
      if (error instanceof AddressError)
        throw new RpcError(RpcCode.CLIENT_INVALID_IP_OR_SUBNET, 'Error: Invalid IP/Subnet');
      throw error;
    }
  },
});

const listbanned = defineMethod({
  name: 'listbanned',
  category: 'Network',
  description: 'List all manually banned IPs/Subnets.',
  parameters: [],
  results: [
    result.array('', '', [
      result.object('', '', [
        result.string('address', 'The IP/Subnet of the banned node'),
        result.time('ban_created', 'The UNIX epoch time the ban was created'),
        result.time('banned_until', 'The UNIX epoch time the ban expires'),
        result.time('ban_duration', 'The ban duration, in seconds'),
        result.time('time_remaining', 'The time remaining until the ban expires, in seconds'),
      ]),
    ]),
  ],
  examples: [''],
  handler(_parameters, { network, clock }) {
    const now = Math.floor(clock.now() / 1000);
    return network.bans().map(({ subnet, createdAt, until }) => ({
      address: subnet,
      ban_created: createdAt,
      banned_until: until,
      ban_duration: until - createdAt,
      time_remaining: until - now,
    }));
  },
});

const clearbanned = defineMethod({
  name: 'clearbanned',
  category: 'Network',
  description: 'Clear all banned IPs.',
  parameters: [],
  results: none,
  examples: [''],
  handler(_parameters, { network }) {
    network.clearBans();
    return null;
  },
});

export const networkMethods: readonly Method[] = [
  getnetworkinfo,
  getnettotals,
  getnodeaddresses,
  addpeeraddress,
  getaddrmaninfo,
  setnetworkactive,
  setban,
  listbanned,
  clearbanned,
];
