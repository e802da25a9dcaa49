/** Version and verack, and what must be said between them (BIP155, BIP339). Everything else waits. */
import type { NetworkContext } from './context.ts';
import type { Version, VersionAddress } from './messages/handshake.ts';
import type { Message } from './messages/table.ts';
import { type NetworkAddress, writeLegacyIp } from './network-address.ts';
import type { Peer } from './peer.ts';
import { MINIMUM_VERSION, PROTOCOL_VERSION, Service, WTXID_RELAY_VERSION } from './protocol.ts';

/** What a user agent may not carry into logs and pages: all but Core's SAFE_CHARS_DEFAULT. */
const UNSAFE = /[^A-Za-z0-9 .,;\-_/:?@()]/g;
/** Peers with recent blocks have this many (BIP159 has twice as many). */
const LIMITED_DEPTH = 144;
const NOWHERE: VersionAddress = { services: 0n, ip: new Uint8Array(16), port: 0 };

export class Handshake {
  readonly #context: NetworkContext;

  constructor(context: NetworkContext) {
    this.#context = context;
  }

  /** Who dials speaks first. */
  begin(peer: Peer): void {
    if (!peer.inbound) this.#sendVersion(peer);
  }

  /** Of a peer that is not ready yet, or one of the handshake; verack makes it ready. Most that is out of order is ignored. */
  receive(peer: Peer, { command, body }: Message): void {
    const { id, ready, version } = peer;
    if (command === 'version') this.#receiveVersion(peer, body);
    else if (version === undefined)
      peer.note(`non-version message before version handshake. Message "${command}" from peer=${id}`);
    else if (command === 'verack' && ready) peer.note(`ignoring redundant verack message from peer=${id}`);
    else if (command === 'verack') peer.becomeReady();
    else if (command !== 'wtxidrelay' && command !== 'sendaddrv2')
      peer.note(`Unsupported message "${command}" prior to verack from peer=${id}`);
    else if (ready) peer.close(`${command} received after verack`);
    else if (command === 'sendaddrv2') peer.addressV2 = true;
    else peer.wtxidRelay = version.version >= WTXID_RELAY_VERSION;
  }

  #sendVersion(peer: Peer): void {
    const { chain, clock, options } = this.#context;
    const services = this.#context.services();
    const relayType = peer.type !== 'block-relay-only' && peer.type !== 'feeler';
    peer.send('version', {
      version: PROTOCOL_VERSION,
      services,
      time: BigInt(clock.seconds()),
      receiver: receiverOf(peer.networkAddress),
      // Our own address is told by addr; here Core writes zeros too.
      sender: { ...NOWHERE, services },
      nonce: peer.nonce,
      userAgent: options.userAgent,
      startHeight: chain.height,
      relay: relayType && (!options.blocksOnly || peer.may('relay')),
    });
  }

  #receiveVersion(peer: Peer, version: Version): void {
    if (peer.version !== undefined) {
      peer.note(`redundant version message from peer=${peer.id}`);
      return;
    }
    if (peer.inbound && this.#context.peers.isOwnNonce(version.nonce)) {
      peer.close('connected to self');
      return;
    }
    peer.version = { ...version, userAgent: version.userAgent.replace(UNSAFE, '') };
    peer.timeOffset = Number(version.time) - this.#context.clock.seconds();
    const refusal = this.#refusal(peer, version);
    if (refusal !== undefined) {
      peer.close(refusal);
      return;
    }
    if (peer.inbound) this.#sendVersion(peer);
    if (peer.inbound && version.relay && !this.#context.peers.hasRoomForRelay(peer)) {
      peer.close(
        'failed to find a tx-relaying eviction candidate - connection dropped after version message',
      );
      return;
    }
    if (version.version >= WTXID_RELAY_VERSION) {
      peer.send('wtxidrelay', {});
      peer.send('sendaddrv2', {});
    }
    peer.send('verack', {});
  }

  #refusal(peer: Peer, { services, version }: Version): string | undefined {
    if (version < MINIMUM_VERSION) return `peer using obsolete version ${version}`;
    // One that has only recent blocks will do while we lack no others.
    const limited = (services & Service.NETWORK_LIMITED) !== 0n && this.#isNearTip();
    const expected = Service.WITNESS | (limited ? Service.NETWORK_LIMITED : Service.NETWORK);
    const isChosen = !peer.inbound && peer.type !== 'manual' && peer.type !== 'feeler';
    if (!isChosen || (services & expected) === expected) return undefined;
    const [offered, wanted] = [services, expected].map((bits) => bits.toString(16).padStart(8, '0'));
    return `peer does not offer the expected services (${offered} offered, ${wanted} expected)`;
  }

  #isNearTip(): boolean {
    const { chain, clock, parameters } = this.#context;
    return (
      chain.maxTipAge === 0 || clock.seconds() - chain.tip.time < LIMITED_DEPTH * parameters.targetSpacing
    );
  }
}

function receiverOf(address: NetworkAddress | undefined): VersionAddress {
  if (address === undefined) return NOWHERE;
  return { services: Service.NETWORK, ip: writeLegacyIp(address), port: address.port };
}
