/** How we take part in the network. */
import { PROTOCOL_VERSION } from '../../network/protocol.ts';
import { serviceNames, servicesHex } from '../formats/services.ts';
import { nodeVersion } from '../formats/version.ts';
import { group, method } from '../method.ts';
import { amount, array, boolean, hex, integer, number, object, string, time } from '../schema.ts';
import { btc } from '../values.ts';
import { NETWORKS } from './known-addresses.ts';

const REACHABLE: ReadonlySet<string> = new Set(['ipv4', 'ipv6']);

export const networkMethods = group('Network', {
  getnetworkinfo: method({
    help: 'How this node takes part in the network. Fee rates are in BTC for 1,000 vbytes.',
    parameters: {},
    result: object({
      version: integer(),
      subversion: string('The user agent that peers see'),
      protocolversion: integer(),
      localservices: hex('What it offers to peers, as bits'),
      localservicesnames: array(string()),
      localrelay: boolean('Takes transactions from peers'),
      timeoffset: integer('Seconds by which the clocks of peers are ahead, in the median'),
      connections: integer(),
      connections_in: integer(),
      connections_out: integer(),
      networkactive: boolean(),
      networks: array(
        object({
          name: string(),
          limited: boolean('Not to be used'),
          reachable: boolean(),
          proxy: string('host:port, or empty'),
          proxy_randomize_credentials: boolean(),
        }),
      ),
      relayfee: amount('What pays less is not relayed'),
      incrementalfee: amount('What a replacement must pay more'),
      localaddresses: array(
        object({ address: string(), port: integer(), score: integer('How sure it is') }),
        'Where peers may find this node',
      ),
      warnings: array(string()),
    }),
    handler(_, { network, mempool }) {
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
  }),

  getnettotals: method({
    help: 'Bytes that went over the network since the start.',
    parameters: {},
    result: object({
      totalbytesrecv: integer(),
      totalbytessent: integer(),
      timemillis: time('Milliseconds'),
      uploadtarget: object(
        {
          timeframe: number('Seconds'),
          target: number('Bytes; 0 for no limit'),
          target_reached: boolean(),
          serve_historical_blocks: boolean(),
          bytes_left_in_cycle: number(),
          time_left_in_cycle: number('Seconds'),
        },
        'There is no limit',
      ),
    }),
    handler(_, { network, clock }) {
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
  }),

  setnetworkactive: method({
    help: 'Ends all connections to peers and makes no more, or goes on.',
    parameters: { state: boolean() },
    result: boolean('As it is now'),
    example: 'false',
    handler({ state }, { network }) {
      network.setActive(state);
      return network.active;
    },
  }),
});
