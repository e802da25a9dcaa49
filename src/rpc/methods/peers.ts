/** Who we are connected with. */
import type { PeerInfo } from '../../network/peer-info.ts';
import { serviceNames, servicesHex } from '../../network/protocol.ts';
import { btc, group, method, t } from '../kit.ts';

function peerJson(peer: PeerInfo) {
  return {
    id: peer.id,
    addr: peer.address,
    addrbind: peer.addressBind,
    addrlocal: peer.addressLocal,
    network: peer.network,
    services: servicesHex(peer.services),
    servicesnames: serviceNames(peer.services),
    relaytxes: peer.relayTransactions,
    last_inv_sequence: peer.lastInvSequence,
    inv_to_send: peer.invToSend,
    lastsend: peer.lastSend,
    lastrecv: peer.lastReceive,
    last_transaction: peer.lastTransaction,
    last_block: peer.lastBlock,
    bytessent: peer.bytesSent,
    bytesrecv: peer.bytesReceived,
    conntime: peer.connectedAt,
    timeoffset: peer.timeOffset,
    pingtime: peer.pingTime,
    minping: peer.minimumPing,
    pingwait: peer.pingWait,
    version: peer.version,
    subver: peer.userAgent,
    inbound: peer.inbound,
    bip152_hb_to: peer.highBandwidthTo,
    bip152_hb_from: peer.highBandwidthFrom,
    startingheight: peer.startingHeight,
    presynced_headers: peer.presyncedHeaders,
    synced_headers: peer.syncedHeaders,
    synced_blocks: peer.syncedBlocks,
    inflight: peer.inFlight,
    addr_relay_enabled: peer.addressRelay,
    addr_processed: peer.addressesProcessed,
    addr_rate_limited: peer.addressesRateLimited,
    permissions: [],
    minfeefilter: btc(peer.minimumFeeFilter),
    bytessent_per_msg: peer.bytesSentPerMessage,
    bytesrecv_per_msg: peer.bytesReceivedPerMessage,
    connection_type: peer.connectionType,
    transport_protocol_type: 'v1',
    session_id: '',
  };
}

const perMessage = t.record(t.integer(), 'message');

export const peerMethods = group('Network', {
  getpeerinfo: method({
    help: 'Everything about each peer. Times are 0 where nothing has happened yet.',
    result: t.array(
      t.object({
        id: t.integer(),
        addr: t.string('host:port'),
        addrbind: t.optional(t.string('Our end')),
        addrlocal: t.optional(t.string('Our address as the peer sees it')),
        network: t.string('ipv4, ipv6, onion, i2p, cjdns or not_publicly_routable'),
        services: t.hex('What it offers, as bits'),
        servicesnames: t.array(t.string()),
        relaytxes: t.boolean('Wants transactions'),
        last_inv_sequence: t.integer('Of the mempool, when transactions were last announced to it'),
        inv_to_send: t.integer('Transactions still to be announced to it'),
        lastsend: t.time(),
        lastrecv: t.time(),
        last_transaction: t.time('That it was the first to bring'),
        last_block: t.time('That it was the first to bring'),
        bytessent: t.integer(),
        bytesrecv: t.integer(),
        conntime: t.time('When it connected'),
        timeoffset: t.integer('Seconds by which its clock is ahead'),
        pingtime: t.optional(t.number('Seconds')),
        minping: t.optional(t.number('Seconds')),
        pingwait: t.optional(t.number('Seconds that a ping is under way')),
        version: t.integer('Of the protocol'),
        subver: t.string('Its user agent'),
        inbound: t.boolean('It has called us'),
        bip152_hb_to: t.boolean('We want its compact blocks unasked'),
        bip152_hb_from: t.boolean('It wants ours unasked'),
        startingheight: t.integer('Of its chain when it connected'),
        presynced_headers: t.integer('Height to which its headers are only counted as yet; -1 for none'),
        synced_headers: t.integer('Height of the last header that both have'),
        synced_blocks: t.integer('Height of the last block that both have'),
        inflight: t.array(t.integer(), 'Heights of blocks that it was asked for'),
        addr_relay_enabled: t.boolean(),
        addr_processed: t.integer('Addresses it told'),
        addr_rate_limited: t.integer('Those it told too fast, which were dropped'),
        permissions: t.array(t.string()),
        minfeefilter: t.amount('It wants no transaction that pays less, in BTC for 1,000 vbytes'),
        bytessent_per_msg: perMessage,
        bytesrecv_per_msg: perMessage,
        connection_type: t.string(
          'inbound, manual, outbound-full-relay, block-relay-only, feeler or addr-fetch',
        ),
        transport_protocol_type: t.string('v1: not encrypted'),
        session_id: t.string(),
      }),
    ),
    handler: (_, { network }) => network.peers().map(peerJson),
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
});
