/** What tests ask of peers and their relay: outbound peers by hand, messages as bytes, orphans. */
import { fromHex, toHex } from '../../core/encoding/bytes.ts';
import type { DialledByHand } from '../../network/connections.ts';
import { MAXIMUM_COMMAND } from '../../network/messages/envelope.ts';
import { group, method, RpcCode, RpcError, refuse, t, UsageError } from '../kit.ts';
import { withAddress } from './added-nodes.ts';

const TYPES: readonly DialledByHand[] = ['outbound-full-relay', 'block-relay-only', 'addr-fetch', 'feeler'];

const orphan = t.object({
  txid: t.hex(),
  wtxid: t.hex(),
  bytes: t.integer(),
  vsize: t.integer(),
  vsize_bip141: t.integer(),
  weight: t.integer(),
  from: t.array(t.integer('Ids of the peers that have it')),
  hex: t.optional(t.hex('With verbosity 2')),
});

export const peerProbeMethods = group('hidden', {
  addconnection: method({
    help: 'Dials a node as if it had been found; for tests.',
    parameters: {
      address: t.string('host:port'),
      connection_type: t.string(TYPES.join(', ')),
      v2transport: t.boolean('Refused: there is v1 only'),
    },
    result: t.object({ address: t.string(), connection_type: t.string() }),
    example: '192.168.0.6:8333 outbound-full-relay false',
    handler: ({ address, connection_type, v2transport }, { network, parameters }) =>
      withAddress(async () => {
        if (!parameters.mineBlocksOnDemand && !parameters.devControl)
          throw refuse.misc('addconnection is for regression testing (-regtest mode) only.');
        const type = TYPES.find((candidate) => candidate === connection_type.trim());
        if (type === undefined) throw new UsageError();
        if (v2transport)
          throw refuse.parameter(
            'Error: Adding v2transport connections requires -v2transport init flag to be set.',
          );
        if (!(await network.connections.dialAs(address, type)))
          throw new RpcError(
            RpcCode.CLIENT_NODE_CAPACITY_REACHED,
            'Error: Already at capacity for specified connection type.',
          );
        return { address, connection_type: type };
      }),
  }),

  sendmsgtopeer: method({
    help: 'Sends a peer a message with this body; for tests.',
    parameters: {
      peer_id: t.integer(),
      msg_type: t.string(`At most ${MAXIMUM_COMMAND} letters`),
      msg: t.string('Hex'),
    },
    result: t.object({}),
    example: '0 addr ffffff',
    handler({ peer_id, msg_type, msg }, { network }) {
      if (msg_type.length > MAXIMUM_COMMAND)
        throw refuse.parameter(`Error: msg_type too long, max length is ${MAXIMUM_COMMAND}`);
      if (!/^(?:[0-9a-fA-F]{2})*$/.test(msg)) throw refuse.parameter('Error parsing input for msg');
      if (!network.sendRaw(peer_id, msg_type, fromHex(msg)))
        throw refuse.misc('Error: Could not send message to peer');
      return {};
    },
  }),

  getorphantxs: method({
    help: 'Transactions of peers whose parents are not known.',
    parameters: { verbosity: t.level('0 txids, 1 in words, 2 also hex', 0) },
    result: t.cases(
      'verbosity',
      {
        0: t.array(t.hex()),
        1: t.array(orphan),
        2: t.array(orphan),
      },
      0,
    ),
    example: '1',
    handler({ verbosity }, { network }) {
      if (![0, 1, 2].includes(verbosity)) throw refuse.parameter(`Invalid verbosity value ${verbosity}`);
      if (verbosity === 0) return Array.from(network.orphans(), ({ tx }) => tx.txid);
      return Array.from(network.orphans(), ({ tx, peers }) => {
        const { txid, wtxid, weight } = tx;
        const vsize = Math.ceil(weight / 4);
        const shown = {
          txid,
          wtxid,
          bytes: tx.bytes.length,
          vsize,
          vsize_bip141: vsize,
          weight,
          from: [...peers],
        };
        return verbosity === 1 ? shown : { ...shown, hex: toHex(tx.bytes) };
      });
    },
  }),
});
