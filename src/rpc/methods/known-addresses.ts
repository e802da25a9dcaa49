/** What we know of other nodes that we are not connected with. */
import type { NetworkName } from '../../network/network-address.ts';
import { AddressError } from '../../network/network-address.ts';
import { group, method, refuse, t } from '../kit.ts';

export const NETWORKS: readonly Exclude<NetworkName, 'not_publicly_routable'>[] = [
  'ipv4',
  'ipv6',
  'onion',
  'i2p',
  'cjdns',
];

export const knownAddressMethods = {
  ...group('Network', {
    getnodeaddresses: method({
      help: 'Addresses of other nodes, drawn at random from those that are known.',
      parameters: {
        count: t.standard(t.integer('At most; 0 for all'), 1),
        network: t.optional(t.string(NETWORKS.join(', ')), 'any'),
      },
      result: t.array(
        t.object({
          time: t.time('When it was last seen'),
          services: t.number('Bits'),
          address: t.string(),
          port: t.integer(),
          network: t.string(),
        }),
      ),
      example: '8',
      handler({ count, network: name }, { network }) {
        if (count < 0) throw refuse.parameter('Address count out of range');
        const wanted = NETWORKS.find((candidate) => candidate === name?.toLowerCase());
        if (name !== undefined && wanted === undefined)
          throw refuse.parameter(`Network not recognized: ${name}`);
        return network.knownAddresses(count, wanted).map(({ time, services, host, port, network: via }) => ({
          time,
          services,
          address: host,
          port,
          network: via,
        }));
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
  }),
  ...group('hidden', {
    addpeeraddress: method({
      help: 'Adds an address to those that are known; for tests.',
      parameters: {
        address: t.string(),
        port: t.integer(),
        tried: t.standard(t.boolean('As if we had been connected with it'), false),
      },
      result: t.object({ success: t.boolean(), error: t.optional(t.string()) }),
      example: '1.2.3.4 8333 true',
      handler({ address, port, tried }, { network }) {
        if (port < 0 || port > 0xffff) throw refuse.misc('JSON integer out of range');
        try {
          const success = network.addKnownAddress(address, port, tried);
          return success ? { success } : { success, error: 'failed-adding-to-new' };
        } catch (error) {
          if (error instanceof AddressError) throw refuse.network('Invalid IP address');
          throw error;
        }
      },
    }),
  }),
};
