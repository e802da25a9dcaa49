/** Who we are connected with, and who may not connect. */
import { AddressError } from '../../network/network-address.ts';
import type { PeerInfo } from '../../network/peer-info.ts';
import { serviceNames, servicesHex } from '../../network/protocol.ts';
import { btc, group, method, RpcCode, RpcError, refuse, t, UsageError } from '../kit.ts';

const perMessage = t.record(t.integer(), 'message');

const peer = t.view<[PeerInfo]>()({
  id: [t.integer(), (each) => each.id],
  addr: [t.string('host:port'), (each) => each.address],
  addrbind: [t.optional(t.string('Our end')), (each) => each.addressBind],
  addrlocal: [t.optional(t.string('Our address as the peer sees it')), (each) => each.addressLocal],
  network: [t.string('ipv4, ipv6, onion, i2p, cjdns or not_publicly_routable'), (each) => each.network],
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
  addr_rate_limited: [
    t.integer('Those it told too fast, which were dropped'),
    (each) => each.addressesRateLimited,
  ],
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

export const peerMethods = group('Network', {
  getpeerinfo: method({
    help: 'Everything about each peer. Times are 0 where nothing has happened yet.',
    result: t.array(peer),
    handler: (_, { network }) => network.peers().map((each) => peer.of(each)),
  }),

  getconnectioncount: method({
    help: 'How many peers are connected.',
    result: t.integer(),
    handler(_, { network }) {
      const { inbound, outbound } = network.connectionCount();
      return inbound + outbound;
    },
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
      absolute: t.standard(t.boolean('bantime is when it ends, in seconds since 1970'), false),
    },
    example: '192.168.0.0/24 add 86400',
    handler({ subnet, command, bantime, absolute }, { network, clock }) {
      if (command !== 'add' && command !== 'remove') throw new UsageError();
      const now = clock.seconds();
      try {
        if (command === 'remove') {
          if (network.unban(subnet)) return;
          throw refuse.network(
            'Error: Unban failed. Requested address/subnet was not previously manually banned.',
          );
        }
        if (absolute && bantime < now) throw refuse.parameter('Error: Absolute timestamp is in the past');
        const until = absolute ? bantime : bantime > 0 ? now + bantime : undefined;
        if (!network.ban(subnet, until))
          throw new RpcError(RpcCode.CLIENT_NODE_ALREADY_ADDED, 'Error: IP/Subnet already banned');
      } catch (error) {
        if (error instanceof AddressError) throw refuse.network('Error: Invalid IP/Subnet');
        throw error;
      }
    },
  }),

  listbanned: method({
    help: 'The bans in force.',
    result: t.array(
      t.object({
        address: t.string('Or subnet'),
        ban_created: t.time(),
        banned_until: t.time(),
        ban_duration: t.time('Seconds'),
        time_remaining: t.time('Seconds'),
      }),
    ),
    handler(_, { network, clock }) {
      const now = clock.seconds();
      return network.bans().map(({ subnet, createdAt, until }) => ({
        address: subnet,
        ban_created: createdAt,
        banned_until: until,
        ban_duration: until - createdAt,
        time_remaining: until - now,
      }));
    },
  }),

  clearbanned: method({
    help: 'Takes all bans back.',
    handler: (_, { network }) => network.clearBans(),
  }),
});
