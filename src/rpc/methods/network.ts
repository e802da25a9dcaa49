/** How we take part in the network. */
import type { Network } from '../../network/network.ts';
import { PROTOCOL_VERSION, serviceNames, servicesHex } from '../../network/protocol.ts';
import { DIRECT, isReachable, type Reach, type Reached } from '../../network/reach.ts';
import { DIALECT } from '../formats/version.ts';
import { btc, group, method, type RpcContext, t } from '../kit.ts';
import { NETWORKS } from './known-addresses.ts';

const via = t.view<[name: (typeof NETWORKS)[number], reach: Reach]>()({
  name: [t.string(), (name) => name],
  limited: [t.boolean('Not to be used'), (name, reach) => !isReachable(reach, name)],
  reachable: [t.boolean(), (name, reach) => isReachable(reach, name)],
  proxy: [t.string('host:port, or empty'), (name, { proxies }) => proxies[name as Reached]?.address ?? ''],
  proxy_randomize_credentials: [
    t.boolean(),
    (name, { proxies }) => proxies[name as Reached]?.isolates ?? false,
  ],
});

const ownAddress = t.view<[ReturnType<Network['local']['list']>[number]]>()({
  address: [t.string(), ({ host }) => host],
  port: [t.integer(), ({ port }) => port],
  score: [t.integer('How sure it is'), ({ score }) => score],
});

const connections = ({ inbound, outbound }: ReturnType<Network['connectionCount']>) => inbound + outbound;

const info = t.view<[network: Network, context: RpcContext]>()({
  version: [t.integer('Of Bitcoin Core, whose dialect this node speaks'), () => DIALECT.number],
  subversion: [t.string('The user agent that peers see'), ({ options }) => options.userAgent],
  protocolversion: [t.integer(), () => PROTOCOL_VERSION],
  localservices: [t.hex('What it offers to peers, as bits'), (network) => servicesHex(network.localServices)],
  localservicesnames: [t.array(t.string()), (network) => serviceNames(network.localServices)],
  localrelay: [t.boolean('Takes transactions from peers'), ({ options }) => !options.blocksOnly],
  timeoffset: [
    t.integer('Seconds by which the clocks of peers are ahead, in the median'),
    ({ timeOffset }) => timeOffset,
  ],
  connections: [t.integer(), (network) => connections(network.connectionCount())],
  connections_in: [t.integer(), (network) => network.connectionCount().inbound],
  connections_out: [t.integer(), (network) => network.connectionCount().outbound],
  networkactive: [t.boolean(), (network) => network.connections.active],
  networks: [t.array(via), ({ options: { reach = DIRECT } }) => NETWORKS.map((name) => via.of(name, reach))],
  relayfee: [
    t.amount('What pays less is not relayed'),
    (_, { mempool }) => btc(mempool.policy.minimumRelayFeeRate),
  ],
  incrementalfee: [
    t.amount('What a replacement must pay more'),
    (_, { mempool }) => btc(mempool.policy.incrementalRelayFeeRate),
  ],
  localaddresses: [
    t.array(ownAddress, 'Where peers may find this node'),
    ({ local }) => local.list().map((each) => ownAddress.of(each)),
  ],
  warnings: [t.array(t.string()), (_, { chain }) => chain.warnings],
});

const upload = t.view<[Network['uploadTarget']['state']]>()({
  timeframe: [t.number('Seconds'), ({ cycle }) => cycle],
  target: [t.number('Bytes; 0 for no limit'), ({ target }) => target],
  target_reached: [t.boolean(), ({ isReached }) => isReached],
  serve_historical_blocks: [t.boolean(), ({ servesHistory }) => servesHistory],
  bytes_left_in_cycle: [t.number(), ({ bytesLeft }) => bytesLeft],
  time_left_in_cycle: [t.number('Seconds'), ({ secondsLeft }) => secondsLeft],
});

export const networkMethods = group('Network', {
  getnetworkinfo: method({
    help: 'How this node takes part in the network. Fee rates are in BTC for 1,000 vbytes.',
    result: info,
    handler: (_, context) => info.of(context.network, context),
  }),

  getnettotals: method({
    help: 'Bytes that went over the network since the start.',
    result: t.object({
      totalbytesrecv: t.integer(),
      totalbytessent: t.integer(),
      timemillis: t.time('Milliseconds'),
      uploadtarget: { ...upload, help: 'Of -maxuploadtarget' },
    }),
    handler(_, { network, clock }) {
      const { bytesReceived, bytesSent } = network.totals();
      return {
        totalbytesrecv: bytesReceived,
        totalbytessent: bytesSent,
        timemillis: Math.floor(clock.now()),
        uploadtarget: upload.of(network.uploadTarget.state),
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
