/** What we know of other nodes that we are not connected with. */
import { AddressError } from '../../network/network-address.ts';
import type { NetworkName } from '../../network/peer-info.ts';
import { RpcCode, RpcError } from '../errors.ts';
import { defineMethod, type Method } from '../method.ts';
import { param } from '../parameter.ts';
import { result } from '../result.ts';

const NETWORKS: readonly NetworkName[] = ['ipv4', 'ipv6', 'onion', 'i2p', 'cjdns'];

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

export const knownAddressMethods: readonly Method[] = [getnodeaddresses, addpeeraddress, getaddrmaninfo];
