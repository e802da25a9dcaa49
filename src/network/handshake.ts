/** Version and verack, and what must be said between them (BIP155, BIP339). Everything else waits. */
import type { NetworkContext } from './context.ts';
import type { Version, VersionAddress } from './messages/handshake.ts';
import type { Message } from './messages/table.ts';
import { type NetworkAddress, writeLegacyIp } from './network-address.ts';
import type { Peer } from './peer.ts';
import { isUsefulPeer, MINIMUM_VERSION, PROTOCOL_VERSION, Service, WTXID_RELAY_VERSION } from './protocol.ts';

/** What a user agent may not carry into logs and pages: all but Core's SAFE_CHARS_DEFAULT. */
const UNSAFE = /[^A-Za-z0-9 .,;\-_/:?@()]/g;
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

  /** A message of a peer that is not ready yet; its verack makes it so. Anything out of order is ignored, as in Core. */
  receive(peer: Peer, message: Message): void {
    if (message.command === 'version') this.#receiveVersion(peer, message.body);
    else if (peer.version === undefined) return;
    else if (message.command === 'wtxidrelay') peer.wtxidRelay = peer.version.version >= WTXID_RELAY_VERSION;
    else if (message.command === 'sendaddrv2') peer.addressV2 = true;
    else if (message.command === 'verack') peer.becomeReady();
  }

  #sendVersion(peer: Peer): void {
    const { chain, clock, options, services } = this.#context;
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
    if (peer.version !== undefined) return;
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
    if (version.version >= WTXID_RELAY_VERSION) {
      peer.send('wtxidrelay', {});
      peer.send('sendaddrv2', {});
    }
    peer.send('verack', {});
  }

  #refusal(peer: Peer, version: Version): string | undefined {
    if (version.version < MINIMUM_VERSION) return `using obsolete version ${version.version}`;
    const chosen = peer.type === 'outbound-full-relay' || peer.type === 'block-relay-only';
    if (chosen && !isUsefulPeer(version.services)) return 'does not offer the expected services';
    return undefined;
  }
}

function receiverOf(address: NetworkAddress | undefined): VersionAddress {
  if (address === undefined) return NOWHERE;
  return { services: Service.NETWORK, ip: writeLegacyIp(address), port: address.port };
}
