/** Peers by hand: added, tried once, disconnected. */
import { AddressError } from '../../network/network-address.ts';
import { group, method, RpcCode, RpcError, refuse, t, UsageError } from '../kit.ts';

/** An address that cannot be read is the caller's mistake. */
export async function withAddress<T>(use: () => T | Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    if (error instanceof AddressError) throw refuse.network(error.message);
    throw error;
  }
}

export const addedNodeMethods = group('Network', {
  addnode: method({
    help: 'Keeps a connection to a node, or tries to connect once. Such a peer is never disconnected for an offence.',
    parameters: {
      node: t.string('host:port, or ws://, wss:// or tcp:// before it'),
      command: t.string('add, remove or onetry'),
      v2transport: t.standard(t.boolean('Refused: there is v1 only'), false),
    },
    example: '192.168.1.10 onetry',
    handler: ({ node, command, v2transport }, { network }) =>
      withAddress(() => {
        if (!['onetry', 'add', 'remove'].includes(command)) throw new UsageError();
        if (v2transport)
          throw refuse.parameter('Error: v2transport requested but not enabled (see -v2transport)');
        if (command === 'onetry') void network.connections.connectOnce(node);
        else if (command === 'add') {
          if (!network.connections.add(node))
            throw new RpcError(RpcCode.CLIENT_NODE_ALREADY_ADDED, 'Error: Node already added');
        } else if (!network.connections.remove(node))
          throw new RpcError(
            RpcCode.CLIENT_NODE_NOT_ADDED,
            'Error: Node could not be removed. It has not been added previously.',
          );
      }),
  }),

  getaddednodeinfo: method({
    help: 'The nodes of addnode and -addnode, and whether they are connected.',
    parameters: { node: t.optional(t.string('Only this one, as it was given')) },
    result: t.array(
      t.object({
        addednode: t.string('As it was given'),
        connected: t.boolean(),
        addresses: t.array(
          t.object({ address: t.string('host:port'), connected: t.string('inbound or outbound') }),
        ),
      }),
    ),
    handler({ node }, { network }) {
      const added = network.connections.added();
      const shown = node === undefined ? added : added.filter(({ text }) => text === node);
      if (node !== undefined && shown.length === 0)
        throw new RpcError(RpcCode.CLIENT_NODE_NOT_ADDED, 'Error: Node has not been added.');
      return shown.map(({ text, peer }) => ({
        addednode: text,
        connected: peer !== undefined,
        addresses:
          peer === undefined
            ? []
            : [{ address: peer.connection.remote, connected: peer.inbound ? 'inbound' : 'outbound' }],
      }));
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
        throw new RpcError(RpcCode.INVALID_PARAMS, 'Only one of address and nodeid should be provided.');
      if (!network.disconnect(named ? address : nodeid!))
        throw new RpcError(RpcCode.CLIENT_NODE_NOT_CONNECTED, 'Node not found in connected nodes');
    },
  }),
});
