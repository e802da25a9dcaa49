/** What is shown of a peer (getpeerinfo). */
import { LocalAddresses } from './local-addresses.ts';
import { networkName } from './network-address.ts';
import type { Peer } from './peer.ts';
import type { PeerInfo } from './peer-info.ts';
import { relaysTo } from './transaction-announcer.ts';

export function describePeer(peer: Peer): PeerInfo {
  const { addresses, blocks, chain, transactions, version } = peer;
  const seconds = (milliseconds: number | undefined): number | undefined =>
    milliseconds === undefined ? undefined : Math.round(milliseconds * 1000) / 1e6;
  return {
    id: peer.id,
    address: peer.address,
    addressBind: peer.connection.local,
    addressLocal: LocalAddresses.reportedBy(peer),
    network: networkName(peer.networkAddress),
    services: peer.services,
    relayTransactions: (version?.relay ?? false) && relaysTo(peer),
    lastInvSequence: transactions?.lastSequence ?? 0,
    invToSend: transactions?.queue.size ?? 0,
    lastSend: peer.lastSend,
    lastReceive: peer.lastReceive,
    lastTransaction: peer.lastTransaction,
    lastBlock: peer.lastBlock,
    bytesSent: peer.bytesSent,
    bytesReceived: peer.bytesReceived,
    connectedAt: peer.connectedAt,
    timeOffset: peer.timeOffset,
    pingTime: seconds(peer.pings.time),
    minimumPing: seconds(peer.pings.minimum),
    pingWait: seconds(peer.pings.wait),
    version: version?.version ?? 0,
    userAgent: version?.userAgent ?? '',
    inbound: peer.inbound,
    highBandwidthTo: chain.highBandwidthTo,
    highBandwidthFrom: chain.highBandwidthFrom,
    startingHeight: version?.startHeight ?? -1,
    presyncedHeaders: chain.presync?.height ?? -1,
    syncedHeaders: chain.best?.height ?? -1,
    syncedBlocks: chain.common?.height ?? -1,
    inFlight: blocks.heights,
    addressRelay: addresses !== undefined,
    addressesProcessed: addresses?.processed ?? 0,
    addressesRateLimited: addresses?.limited ?? 0,
    minimumFeeFilter: transactions?.feeFilter ?? 0n,
    bytesSentPerMessage: Object.fromEntries(peer.sent),
    bytesReceivedPerMessage: Object.fromEntries(peer.received),
    connectionType: peer.type,
    permissions: [...peer.permissions],
  };
}
