/** Peers by hand: added, tried once, disconnected. */
import { AddressError } from '../../network/network-address.ts';
import { RpcCode, RpcError } from '../errors.ts';
import { helpText } from '../help.ts';
import { defineMethod, type Method } from '../method.ts';
import { param } from '../parameter.ts';
import { result } from '../result.ts';

const none = [result.none('', '')];

/** An address that cannot be read is the caller's mistake. */
async function withAddress<T>(use: () => T | Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    if (error instanceof AddressError) throw new RpcError(RpcCode.CLIENT_INVALID_IP_OR_SUBNET, error.message);
    throw error;
  }
}

const addnode = defineMethod({
  name: 'addnode',
  category: 'Network',
  description:
    'Attempts to add or remove a node from the addnode list.\n' +
    'Or try a connection to a node once.\n' +
    'Nodes added using addnode (or -connect) are protected from DoS disconnection and are not required to be\n' +
    'full nodes/support SegWit as other outbound peers are (though such peers will not be synced from).',
  parameters: [
    param.string('node', 'The address of the peer to connect to'),
    param.string(
      'command',
      "'add' to add a node to the list, 'remove' to remove a node from the list, 'onetry' to try a connection to the node once",
    ),
    param.boolean(
      'v2transport',
      'Attempt to connect using BIP324 v2 transport protocol (ignored: v1 is always used)',
      {
        hint: 'false',
      },
    ),
  ],
  results: none,
  examples: ['"192.168.0.6:8333" "onetry"'],
  handler([node, command], { network }) {
    return withAddress(() => {
      if (command === 'onetry') void network.connectOnce(node);
      else if (command === 'add') {
        if (!network.addNode(node))
          throw new RpcError(RpcCode.CLIENT_NODE_ALREADY_ADDED, 'Error: Node already added');
      } else if (command === 'remove') {
        if (!network.removeNode(node))
          throw new RpcError(
            RpcCode.CLIENT_NODE_NOT_ADDED,
            'Error: Node could not be removed. It has not been added previously.',
          );
      } else throw new RpcError(RpcCode.MISC_ERROR, helpText(addnode));
      return null;
    });
  },
});

const getaddednodeinfo = defineMethod({
  name: 'getaddednodeinfo',
  category: 'Network',
  description:
    'Returns information about the given added node, or all added nodes\n(note that onetry addnodes are not listed here)',
  parameters: [
    param.string(
      'node',
      'If provided, return information about this specific node, otherwise all nodes are returned.',
      {
        hint: 'all nodes',
      },
    ),
  ],
  results: [
    result.array('', '', [
      result.object('', '', [
        result.string('addednode', 'The node IP address or name (as provided to addnode)'),
        result.boolean('connected', 'If connected'),
        result.array('addresses', 'Only when connected = true', [
          result.object('', '', [
            result.string('address', "The bitcoin server IP and port we're connected to"),
            result.string('connected', 'connection, inbound or outbound'),
          ]),
        ]),
      ]),
    ]),
  ],
  examples: ['"192.168.0.201"'],
  handler([node], { network }) {
    const added = network.addedNodes();
    const shown = node === undefined ? added : added.filter((info) => info.address === node);
    if (node !== undefined && shown.length === 0)
      throw new RpcError(RpcCode.CLIENT_NODE_NOT_ADDED, 'Error: Node has not been added.');
    return shown.map(({ address, connected }) => ({
      addednode: address,
      connected: connected !== undefined,
      addresses:
        connected === undefined
          ? []
          : [{ address: connected.address, connected: connected.inbound ? 'inbound' : 'outbound' }],
    }));
  },
});

const disconnectnode = defineMethod({
  name: 'disconnectnode',
  category: 'Network',
  description:
    'Immediately disconnects from the specified peer node.\n\n' +
    "Strictly one out of 'address' and 'nodeid' can be provided to identify the node.\n\n" +
    "To disconnect by nodeid, either set 'address' to the empty string, or call using the named 'nodeid' argument only.",
  parameters: [
    param.string('address', 'The IP address/port of the node', { hint: 'fallback to nodeid' }),
    param.integer('nodeid', 'The node ID (see getpeerinfo for node IDs)', { hint: 'fallback to address' }),
  ],
  results: none,
  examples: ['"192.168.0.6:8333"', '"" 1'],
  handler([address, nodeId], { network }) {
    const named = address !== undefined && address !== '';
    if (named === (nodeId !== undefined))
      throw new RpcError(RpcCode.INVALID_PARAMS, 'Only one of address and nodeid should be provided.');
    if (!network.disconnect(named ? address : nodeId!))
      throw new RpcError(RpcCode.CLIENT_NODE_NOT_CONNECTED, 'Node not found in connected nodes');
    return null;
  },
});

export const addedNodeMethods: readonly Method[] = [addnode, getaddednodeinfo, disconnectnode];
