/** Who we are connected with. */
import type { PeerInfo } from '../../network/peer-info.ts';
import { serviceNames, servicesHex } from '../formats/services.ts';
import type { JsonWritable } from '../json.ts';
import { defineMethod, type Method } from '../method.ts';
import { result } from '../result.ts';
import { btc } from '../values.ts';

const none = [result.none('', '')];

function peerJson(peer: PeerInfo): JsonWritable {
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

const perMessage = (name: string, what: string) =>
  result.keyed(name, '', [result.number('msg', `The total bytes ${what} aggregated by message type`)]);

const getpeerinfo = defineMethod({
  name: 'getpeerinfo',
  category: 'Network',
  description: 'Returns data about each connected network peer as a json array of objects.',
  parameters: [],
  results: [
    result.array('', '', [
      result.object('', '', [
        result.number('id', 'Peer index'),
        result.string('addr', '(host:port) The IP address/hostname optionally followed by :port of the peer'),
        result.string('addrbind', '(ip:port) Bind address of the connection to the peer', { optional: true }),
        result.string('addrlocal', '(ip:port) Local address as reported by the peer', { optional: true }),
        result.string('network', 'Network (ipv4, ipv6, onion, i2p, cjdns, not_publicly_routable)'),
        result.hex('services', 'The services offered'),
        result.array('servicesnames', 'the services offered, in human-readable form', [
          result.string('SERVICE_NAME', 'the service name if it is recognised'),
        ]),
        result.boolean('relaytxes', 'Whether we relay transactions to this peer'),
        result.number('last_inv_sequence', "Mempool sequence number of this peer's last INV"),
        result.number('inv_to_send', 'How many txs we have queued to announce to this peer'),
        result.time('lastsend', 'The UNIX epoch time of the last send'),
        result.time('lastrecv', 'The UNIX epoch time of the last receive'),
        result.time(
          'last_transaction',
          'The UNIX epoch time of the last valid transaction received from this peer',
        ),
        result.time('last_block', 'The UNIX epoch time of the last block received from this peer'),
        result.number('bytessent', 'The total bytes sent'),
        result.number('bytesrecv', 'The total bytes received'),
        result.time('conntime', 'The UNIX epoch time of the connection'),
        result.number('timeoffset', 'The time offset in seconds'),
        result.number('pingtime', 'The last ping time in seconds, if any', { optional: true }),
        result.number('minping', 'The minimum observed ping time in seconds, if any', { optional: true }),
        result.number('pingwait', 'The duration in seconds of an outstanding ping (if non-zero)', {
          optional: true,
        }),
        result.number('version', 'The peer version, such as 70001'),
        result.string('subver', 'The string version'),
        result.boolean('inbound', 'Inbound (true) or Outbound (false)'),
        result.boolean('bip152_hb_to', 'Whether we selected peer as (compact blocks) high-bandwidth peer'),
        result.boolean('bip152_hb_from', 'Whether peer selected us as (compact blocks) high-bandwidth peer'),
        result.number('startingheight', 'The starting height (block) of the peer'),
        result.number(
          'presynced_headers',
          'The current height of header pre-synchronization with this peer, or -1 if no low-work sync is in progress',
        ),
        result.number('synced_headers', 'The last header we have in common with this peer'),
        result.number('synced_blocks', 'The last block we have in common with this peer'),
        result.array('inflight', '', [
          result.number('n', "The heights of blocks we're currently asking from this peer"),
        ]),
        result.boolean('addr_relay_enabled', 'Whether we participate in address relay with this peer'),
        result.number(
          'addr_processed',
          'The total number of addresses processed, excluding those dropped due to rate limiting',
        ),
        result.number('addr_rate_limited', 'The total number of addresses dropped due to rate limiting'),
        result.array('permissions', 'Any special permissions that have been granted to this peer', [
          result.string('permission_type', 'a permission'),
        ]),
        result.amount('minfeefilter', 'The minimum fee rate for transactions this peer accepts'),
        perMessage('bytessent_per_msg', 'sent'),
        perMessage('bytesrecv_per_msg', 'received'),
        result.string(
          'connection_type',
          'Type of connection: inbound, manual, outbound-full-relay, block-relay-only, feeler or addr-fetch',
        ),
        result.string(
          'transport_protocol_type',
          'Type of transport protocol: v1 (plaintext transport protocol)',
        ),
        result.string('session_id', 'The session ID for this connection, or "" if there is none'),
      ]),
    ]),
  ],
  examples: [''],
  handler: (_parameters, { network }) => network.peers().map(peerJson),
});

const getconnectioncount = defineMethod({
  name: 'getconnectioncount',
  category: 'Network',
  description: 'Returns the number of connections to other nodes.',
  parameters: [],
  results: [result.number('', 'The connection count')],
  examples: [''],
  handler(_parameters, { network }) {
    const { inbound, outbound } = network.connectionCount();
    return inbound + outbound;
  },
});

const ping = defineMethod({
  name: 'ping',
  category: 'Network',
  description:
    'Requests that a ping be sent to all other nodes, to measure ping time.\n' +
    'Results are provided in getpeerinfo.\n' +
    'Ping command is handled in queue with all other commands, so it measures processing backlog, not just network ping.',
  parameters: [],
  results: none,
  examples: [''],
  handler(_parameters, { network }) {
    network.pingAll();
    return null;
  },
});

export const peerMethods: readonly Method[] = [getpeerinfo, getconnectioncount, ping];
