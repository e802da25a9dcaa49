/** Who we are connected with and who may not connect; and what tests ask of peers. */

import { fromHex, toHex } from '../../core/encoding/bytes.ts';
import type { DialledByHand } from '../../network/connections.ts';
import { MAXIMUM_COMMAND } from '../../network/messages/envelope.ts';
import type { Network } from '../../network/network.ts';
import { AddressError } from '../../network/network-address.ts';
import type { PeerInfo } from '../../network/peer-info.ts';
import { serviceNames, servicesHex } from '../../network/protocol.ts';
import { btc, group, method, refuse, refusing, t, UsageError } from '../kit.ts';

const perMessage = t.record(t.integer(), 'message');

const peer = t.view<[PeerInfo]>()({
  id: [t.integer(), (each) => each.id],
  addr: [t.string('host:port'), (each) => each.address],
  addrbind: [t.optional(t.string('Our end')), (each) => each.addressBind],
  addrlocal: [t.optional(t.string('Our address as the peer sees it')), (each) => each.addressLocal],
  network: [
    t.string('Its kind (ipv4, ipv6, onion, i2p, cjdns, not_publicly_routable)'),
    (each) => each.network,
  ],
  services: [t.hex('What it offers, as bits'), (each) => servicesHex(each.services)],
  servicesnames: [t.array(t.string()), (each) => serviceNames(each.services)],
  relaytxes: [t.boolean('Wants transactions'), (each) => each.relayTransactions],
  last_inv_sequence: [
    t.integer('Of the mempool, when transactions were last announced to it'),
    (each) => each.lastInvSequence,
  ],
  inv_to_send: [t.integer('Transactions still to be announced to it'), (each) => each.invToSend],
  lastsend: [t.time(), (each) => each.lastSend],
  lastrecv: [t.time(), (each) => each.lastReceive],
  last_transaction: [t.time('That it was the first to bring'), (each) => each.lastTransaction],
  last_block: [t.time('That it was the first to bring'), (each) => each.lastBlock],
  bytessent: [t.integer(), (each) => each.bytesSent],
  bytesrecv: [t.integer(), (each) => each.bytesReceived],
  conntime: [t.time('When it connected'), (each) => each.connectedAt],
  timeoffset: [t.integer('Seconds by which its clock is ahead'), (each) => each.timeOffset],
  pingtime: [t.optional(t.number('Seconds')), (each) => each.pingTime],
  minping: [t.optional(t.number('Seconds')), (each) => each.minimumPing],
  pingwait: [t.optional(t.number('Seconds that a ping is under way')), (each) => each.pingWait],
  version: [t.integer('Of the protocol'), (each) => each.version],
  subver: [t.string('Its user agent'), (each) => each.userAgent],
  inbound: [t.boolean('It has called us'), (each) => each.inbound],
  bip152_hb_to: [t.boolean('We want its compact blocks unasked'), (each) => each.highBandwidthTo],
  bip152_hb_from: [t.boolean('It wants ours unasked'), (each) => each.highBandwidthFrom],
  startingheight: [t.integer('Of its chain when it connected'), (each) => each.startingHeight],
  presynced_headers: [
    t.integer('Height to which its headers are only counted as yet; -1 for none'),
    (each) => each.presyncedHeaders,
  ],
  synced_headers: [t.integer('Height of the last header that both have'), (each) => each.syncedHeaders],
  synced_blocks: [t.integer('Height of the last block that both have'), (each) => each.syncedBlocks],
  inflight: [t.array(t.integer(), 'Heights of blocks that it was asked for'), (each) => each.inFlight],
  addr_relay_enabled: [t.boolean(), (each) => each.addressRelay],
  addr_processed: [t.integer('Addresses it told'), (each) => each.addressesProcessed],
  addr_rate_limited: [t.integer('Those told too fast, and dropped'), (each) => each.addressesRateLimited],
  permissions: [t.array(t.string(), 'What it may do and others may not'), (each) => each.permissions],
  minfeefilter: [
    t.amount('It wants no transaction that pays less, in BTC for 1,000 vbytes'),
    (each) => btc(each.minimumFeeFilter),
  ],
  bytessent_per_msg: [perMessage, (each) => each.bytesSentPerMessage],
  bytesrecv_per_msg: [perMessage, (each) => each.bytesReceivedPerMessage],
  connection_type: [
    t.string('inbound, manual, outbound-full-relay, block-relay-only, feeler or addr-fetch'),
    (each) => each.connectionType,
  ],
  transport_protocol_type: [t.string('v1: not encrypted'), () => 'v1'],
  session_id: [t.string(), () => ''],
});

const TYPES: readonly DialledByHand[] = ['outbound-full-relay', 'block-relay-only', 'addr-fetch', 'feeler'];

const ban = t.view<[ReturnType<Network['bans']>[number], now: number]>()({
  address: [t.string('Or subnet'), ({ subnet }) => subnet],
  ban_created: [t.time(), ({ createdAt }) => createdAt],
  banned_until: [t.time(), ({ until }) => until],
  ban_duration: [t.time('Seconds'), ({ createdAt, until }) => until - createdAt],
  time_remaining: [t.time('Seconds'), ({ until }, now) => until - now],
});

const orphan = t.view<
  [ReturnType<Network['orphans']> extends Iterable<infer O> ? O : never, withHex: boolean]
>()({
  txid: [t.hex(), ({ tx }) => tx.txid],
  wtxid: [t.hex(), ({ tx }) => tx.wtxid],
  bytes: [t.integer(), ({ tx }) => tx.bytes.length],
  vsize: [t.integer(), ({ tx }) => tx.virtualSize],
  vsize_bip141: [t.integer(), ({ tx }) => tx.virtualSize],
  weight: [t.integer(), ({ tx }) => tx.weight],
  from: [t.array(t.integer('Ids of the peers that have it')), ({ peers }) => [...peers]],
  hex: [t.optional(t.hex('With verbosity 2')), ({ tx }, withHex) => (withHex ? toHex(tx.bytes) : undefined)],
});

export const peerMethods = {
  ...group('Network', {
    getpeerinfo: method({
      help: 'Everything about each peer. Times are 0 where nothing has happened yet.',
      result: t.array(peer),
      handler: (_, { network }) => network.peers().map((each) => peer.of(each)),
    }),

    getconnectioncount: method({
      help: 'How many peers are connected.',
      result: t.integer(),
      handler: (_, { network }) => network.connectionCount().total,
    }),

    ping: method({
      help: 'Pings all peers; getpeerinfo tells how long each took to answer.',
      handler: (_, { network }) => network.pingAll(),
    }),

    setban: method({
      help: 'Bans an address or a subnet, and ends its connections; or takes the ban back.',
      parameters: {
        subnet: t.string('An address, or as 192.168.0.0/24'),
        command: t.string('add or remove'),
        bantime: t.standard(t.long('Seconds; 0 for -bantime, a day unless told'), 0),
        absolute: t.flag('bantime is when it ends, in seconds since 1970'),
      },
      example: '192.168.0.0/24 add 86400',
      handler({ subnet, command, bantime, absolute }, { network, clock }) {
        if (command !== 'add' && command !== 'remove') throw new UsageError();
        const now = clock.seconds();
        const until = absolute ? bantime : bantime > 0 ? now + bantime : undefined;
        const act = () => (command === 'add' ? network.ban(subnet, until) : network.unban(subnet));
        if (command === 'add' && absolute && bantime < now)
          throw refuse.parameter('Error: Absolute timestamp is in the past');
        if (refusing(AddressError, () => refuse.network('Error: Invalid IP/Subnet'), act)) return;
        throw command === 'add'
          ? refuse.client_node_already_added('Error: IP/Subnet already banned')
          : refuse.network(
              'Error: Unban failed. Requested address/subnet was not previously manually banned.',
            );
      },
    }),

    listbanned: method({
      help: 'The bans in force.',
      result: t.array(ban),
      handler: (_, { network, clock }) => network.bans().map((each) => ban.of(each, clock.seconds())),
    }),

    clearbanned: method({
      help: 'Takes all bans back.',
      handler: (_, { network }) => network.clearBans(),
    }),
  }),
  ...group('hidden', {
    addconnection: method({
      help: 'Dials a node as if it had been found; for tests.',
      parameters: {
        address: t.string('host:port'),
        connection_type: t.string(TYPES.join(', ')),
        v2transport: t.boolean('Refused: there is v1 only'),
      },
      result: t.object({ address: t.string(), connection_type: t.string() }),
      example: '192.168.0.6:8333 outbound-full-relay false',
      async handler({ address, connection_type, v2transport }, { network, parameters }) {
        if (!parameters.mineBlocksOnDemand && !parameters.devControl)
          throw refuse.misc('addconnection is for regression testing (-regtest mode) only.');
        const type = TYPES.find((candidate) => candidate === connection_type.trim());
        if (type === undefined) throw new UsageError();
        if (v2transport)
          throw refuse.parameter(
            'Error: Adding v2transport connections requires -v2transport init flag to be set.',
          );
        if (!(await network.connections.dialAs(address, type)))
          throw refuse.client_node_capacity_reached(
            'Error: Already at capacity for specified connection type.',
          );
        return { address, connection_type: type };
      },
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
      result: t.cases('verbosity', { 0: t.array(t.hex()), 1: t.array(orphan), 2: t.array(orphan) }, 0),
      example: '1',
      handler({ verbosity }, { network }) {
        if (![0, 1, 2].includes(verbosity)) throw refuse.parameter(`Invalid verbosity value ${verbosity}`);
        return verbosity === 0
          ? Array.from(network.orphans(), ({ tx }) => tx.txid)
          : Array.from(network.orphans(), (each) => orphan.of(each, verbosity === 2));
      },
    }),
  }),
};
