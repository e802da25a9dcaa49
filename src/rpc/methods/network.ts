/** How we take part in the network, and the other nodes that we know of or keep to by hand. */
import type { Network } from '../../network/network.ts';
import { AddressError, type NetworkName } from '../../network/network-address.ts';
import { PROTOCOL_VERSION, serviceNames, servicesHex } from '../../network/protocol.ts';
import { DIRECT, isReachable, type Reach, type Reached } from '../../network/reach.ts';
import { DIALECT } from '../formats/version.ts';
import { btc, group, method, type RpcContext, refuse, refusing, t, UsageError } from '../kit.ts';

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
  connections: [t.integer(), (network) => network.connectionCount().total],
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

const NETWORKS = ['ipv4', 'ipv6', 'onion', 'i2p', 'cjdns'] as const satisfies readonly NetworkName[];

type Known = ReturnType<Network['knownAddresses']>[number];
const knownFields = {
  time: [t.time('When it was last seen'), ({ time }: Known) => time],
  services: [t.number('Bits'), ({ services }: Known) => services],
  address: [t.string(), ({ host }: Known) => host],
  port: [t.integer(), ({ port }: Known) => port],
  network: [t.string(), ({ network }: Known) => network],
} as const;
const known = t.view<[Known]>()(knownFields);
const placed = t.view<[Known & { readonly source: Known }]>()({
  ...knownFields,
  source: [t.string('Who told us of it'), ({ source }) => source.host],
  source_network: [t.string(), ({ source }) => source.network],
});
const table = t.record(placed, 'bucket/position');

const added = t.view<[ReturnType<Network['connections']['added']>[number]]>()({
  addednode: [t.string('As it was given'), ({ text }) => text],
  connected: [t.boolean(), ({ peer }) => peer !== undefined],
  addresses: [
    t.array(t.object({ address: t.string('host:port'), connected: t.string('inbound or outbound') })),
    ({ peer }) =>
      peer ? [{ address: peer.connection.remote, connected: peer.inbound ? 'inbound' : 'outbound' }] : [],
  ],
});

export const networkMethods = {
  ...group('Network', {
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

    getnodeaddresses: method({
      help: 'Addresses of other nodes, drawn at random from those that are known.',
      parameters: {
        count: t.standard(t.integer('At most; 0 for all'), 1),
        network: t.optional(t.string(NETWORKS.join(', ')), 'any'),
      },
      result: t.array(known),
      example: '8',
      handler({ count, network: name }, { network }) {
        if (count < 0) throw refuse.parameter('Address count out of range');
        const wanted = NETWORKS.find((candidate) => candidate === name?.toLowerCase());
        if (name !== undefined && wanted === undefined)
          throw refuse.parameter(`Network not recognized: ${name}`);
        return network.knownAddresses(count, wanted).map((each) => known.of(each));
      },
    }),

    getaddrmaninfo: method({
      help: 'How many addresses of other nodes are known, by network.',
      result: t.record(
        t.object({
          new: t.integer('Heard of'),
          tried: t.integer('We were connected with'),
          total: t.integer(),
        }),
        'network',
        'Networks, and all_networks',
      ),
      handler(_, { network }) {
        const counts = network.addressCounts();
        const all = { new: 0, tried: 0 };
        const listed = NETWORKS.map((name) => {
          const count = counts.get(name) ?? { new: 0, tried: 0 };
          all.new += count.new;
          all.tried += count.tried;
          return [name, { new: count.new, tried: count.tried, total: count.new + count.tried }] as const;
        });
        return Object.fromEntries([
          ...listed,
          ['all_networks', { ...all, total: all.new + all.tried }] as const,
        ]);
      },
    }),

    addnode: method({
      help: 'Keeps a connection to a node, or tries to connect once. Such a peer is never disconnected for an offence.',
      parameters: {
        node: t.string('host:port, or ws://, wss:// or tcp:// before it'),
        command: t.string('add, remove or onetry'),
        v2transport: t.flag('Refused: there is v1 only'),
      },
      example: '192.168.1.10 onetry',
      handler({ node, command, v2transport }, { network }) {
        if (!['onetry', 'add', 'remove'].includes(command)) throw new UsageError();
        if (v2transport)
          throw refuse.parameter('Error: v2transport requested but not enabled (see -v2transport)');
        if (command === 'onetry') void network.connections.connectOnce(node);
        else if (command === 'add') {
          if (!network.connections.add(node))
            throw refuse.client_node_already_added('Error: Node already added');
        } else if (!network.connections.remove(node))
          throw refuse.client_node_not_added(
            'Error: Node could not be removed. It has not been added previously.',
          );
      },
    }),

    getaddednodeinfo: method({
      help: 'The nodes of addnode and -addnode, and whether they are connected.',
      parameters: { node: t.optional(t.string('Only this one, as it was given')) },
      result: t.array(added),
      handler({ node }, { network }) {
        const shown = network.connections.added().filter(({ text }) => node === undefined || text === node);
        if (node !== undefined && shown.length === 0)
          throw refuse.client_node_not_added('Error: Node has not been added.');
        return shown.map((each) => added.of(each));
      },
    }),

    disconnectnode: method({
      help: 'Ends the connection to a peer, which is named by its address or by its id.',
      parameters: {
        address: t.optional(t.string('host:port; empty if the id is given')),
        nodeid: t.optional(t.integer('As getpeerinfo tells it')),
      },
      example: '"" 1',
      handler({ address, nodeid }, { network }) {
        const named = address !== undefined && address !== '';
        if (named === (nodeid !== undefined))
          throw refuse.invalid_params('Only one of address and nodeid should be provided.');
        if (!network.disconnect(named ? address : nodeid!))
          throw refuse.client_node_not_connected('Node not found in connected nodes');
      },
    }),
  }),
  ...group('hidden', {
    getrawaddrman: method({
      help: 'All known addresses of other nodes, by their places in the tables.',
      result: t.object({ new: table, tried: table }),
      handler(_, { network }) {
        const tables = network.addressTables();
        const show = (each: typeof tables.new) =>
          Object.fromEntries(Object.entries(each).map(([place, one]) => [place, placed.of(one)] as const));
        return { new: show(tables.new), tried: show(tables.tried) };
      },
    }),

    addpeeraddress: method({
      help: 'Adds an address to those that are known; for tests.',
      parameters: {
        address: t.string(),
        port: t.integer(),
        tried: t.flag('As if we had been connected with it'),
      },
      result: t.object({ success: t.boolean(), error: t.optional(t.string()) }),
      example: '1.2.3.4 8333 true',
      handler({ address, port, tried }, { network }) {
        if (port < 0 || port > 0xffff) throw refuse.misc('JSON integer out of range');
        const invalid = () => refuse.network('Invalid IP address');
        const success = refusing(AddressError, invalid, () => network.addKnownAddress(address, port, tried));
        return success ? { success } : { success, error: 'failed-adding-to-new' };
      },
    }),
  }),
};
