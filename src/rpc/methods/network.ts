/** How we take part in the network. */
import type { NetworkName } from '../../network/peer-info.ts';
import { PROTOCOL_VERSION } from '../../network/protocol.ts';
import { serviceNames, servicesHex } from '../formats/services.ts';
import { nodeVersion } from '../formats/version.ts';
import { defineMethod, type Method } from '../method.ts';
import { param } from '../parameter.ts';
import { result } from '../result.ts';
import { btc } from '../values.ts';

const NETWORKS: readonly NetworkName[] = ['ipv4', 'ipv6', 'onion', 'i2p', 'cjdns'];
const REACHABLE: ReadonlySet<string> = new Set(['ipv4', 'ipv6']);

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
      version: nodeVersion(network.options.userAgent).number,
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

export const networkMethods: readonly Method[] = [getnetworkinfo, getnettotals, setnetworkactive];
