/** How we take part in the network. */
import { PROTOCOL_VERSION, serviceNames, servicesHex } from '../../network/protocol.ts';
import { DIALECT } from '../formats/version.ts';
import { btc, group, method, t } from '../kit.ts';
import { NETWORKS } from './known-addresses.ts';

const REACHABLE: ReadonlySet<string> = new Set(['ipv4', 'ipv6']);

export const networkMethods = group('Network', {
  getnetworkinfo: method({
    help: 'How this node takes part in the network. Fee rates are in BTC for 1,000 vbytes.',
    result: t.object({
      version: t.integer('Of Bitcoin Core, whose dialect this node speaks'),
      subversion: t.string('The user agent that peers see'),
      protocolversion: t.integer(),
      localservices: t.hex('What it offers to peers, as bits'),
      localservicesnames: t.array(t.string()),
      localrelay: t.boolean('Takes transactions from peers'),
      timeoffset: t.integer('Seconds by which the clocks of peers are ahead, in the median'),
      connections: t.integer(),
      connections_in: t.integer(),
      connections_out: t.integer(),
      networkactive: t.boolean(),
      networks: t.array(
        t.object({
          name: t.string(),
          limited: t.boolean('Not to be used'),
          reachable: t.boolean(),
          proxy: t.string('host:port, or empty'),
          proxy_randomize_credentials: t.boolean(),
        }),
      ),
      relayfee: t.amount('What pays less is not relayed'),
      incrementalfee: t.amount('What a replacement must pay more'),
      localaddresses: t.array(
        t.object({ address: t.string(), port: t.integer(), score: t.integer('How sure it is') }),
        'Where peers may find this node',
      ),
      warnings: t.array(t.string()),
    }),
    handler(_, { chain, network, mempool }) {
      const { inbound, outbound } = network.connectionCount();
      return {
        version: DIALECT.number,
        subversion: network.options.userAgent,
        protocolversion: PROTOCOL_VERSION,
        localservices: servicesHex(network.localServices),
        localservicesnames: serviceNames(network.localServices),
        localrelay: !network.options.blocksOnly,
        timeoffset: network.timeOffset,
        connections: inbound + outbound,
        connections_in: inbound,
        connections_out: outbound,
        networkactive: network.connections.active,
        networks: NETWORKS.map((name) => ({
          name,
          limited: !REACHABLE.has(name),
          reachable: REACHABLE.has(name),
          proxy: '',
          proxy_randomize_credentials: false,
        })),
        relayfee: btc(mempool.policy.minimumRelayFeeRate),
        incrementalfee: btc(mempool.policy.incrementalRelayFeeRate),
        localaddresses: network.local.list().map(({ host, port, score }) => ({ address: host, port, score })),
        warnings: chain.warnings,
      };
    },
  }),

  getnettotals: method({
    help: 'Bytes that went over the network since the start.',
    result: t.object({
      totalbytesrecv: t.integer(),
      totalbytessent: t.integer(),
      timemillis: t.time('Milliseconds'),
      uploadtarget: t.object(
        {
          timeframe: t.number('Seconds'),
          target: t.number('Bytes; 0 for no limit'),
          target_reached: t.boolean(),
          serve_historical_blocks: t.boolean(),
          bytes_left_in_cycle: t.number(),
          time_left_in_cycle: t.number('Seconds'),
        },
        'Of -maxuploadtarget',
      ),
    }),
    handler(_, { network, clock }) {
      const { bytesReceived, bytesSent } = network.totals();
      const upload = network.uploadTarget.state;
      return {
        totalbytesrecv: bytesReceived,
        totalbytessent: bytesSent,
        timemillis: Math.floor(clock.now()),
        uploadtarget: {
          timeframe: upload.cycle,
          target: upload.target,
          target_reached: upload.isReached,
          serve_historical_blocks: upload.servesHistory,
          bytes_left_in_cycle: upload.bytesLeft,
          time_left_in_cycle: upload.secondsLeft,
        },
      };
    },
  }),

  setnetworkactive: method({
    help: 'Ends all connections to peers and makes no more, or goes on.',
    parameters: { state: t.boolean() },
    result: t.boolean('As it is now'),
    example: 'false',
    handler({ state }, { network }) {
      network.setActive(state);
      return network.connections.active;
    },
  }),
});
