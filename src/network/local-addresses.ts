/** Under which address others can reach us: given by hand, or learned from what peers see. */
import type { NetworkParameters } from '../core/parameters/network.ts';
import type { TimedAddress } from './messages/addresses.ts';
import {
  formatAddress,
  formatHost,
  isLocal,
  isRoutable,
  type NetworkAddress,
  parseAddress,
  parseTarget,
  readLegacyIp,
} from './network-address.ts';
import type { Peer } from './peer.ts';
import type { LocalAddress } from './peer-info.ts';

/** Core's LOCAL_MANUAL: an address given by hand outranks all that is learned. */
const MANUAL_SCORE = 4;

export class LocalAddresses {
  readonly #parameters: NetworkParameters;
  readonly #manual: NetworkAddress[] = [];
  /** Address as text to the peers that reported it. */
  readonly #reported = new Map<string, { readonly address: NetworkAddress; readonly by: Set<number> }>();
  /** Ports bound; empty while we do not listen. */
  ports: readonly number[] = [];

  constructor(parameters: NetworkParameters, given: readonly string[]) {
    this.#parameters = parameters;
    for (const text of given) {
      const { host, port } = parseTarget(text, parameters.dial, parameters.p2pPort);
      const address = parseAddress(host, port);
      if (address !== undefined) this.#manual.push(address);
    }
  }

  /** The peer's version message says which address it sees us at. Only those we dialled are believed. */
  opened(peer: Peer): void {
    const seen = this.#seenBy(peer);
    if (peer.inbound || seen === undefined) return;
    const key = formatAddress(seen);
    const known = this.#reported.get(key) ?? { address: seen, by: new Set<number>() };
    known.by.add(peer.id);
    this.#reported.set(key, known);
  }

  closed(peer: Peer): void {
    for (const [key, { by }] of this.#reported)
      if (by.delete(peer.id) && by.size === 0) this.#reported.delete(key);
  }

  list(): LocalAddress[] {
    const manual = this.#manual.map((address) => ({ address, score: MANUAL_SCORE }));
    const learned = [...this.#reported.values()].map(({ address, by }) => ({ address, score: by.size }));
    return [...manual, ...learned].map(({ address, score }) => ({
      host: formatHost(address),
      port: address.port,
      score,
    }));
  }

  /** What to tell this peer: where it sees us itself, or else what was given by hand. */
  advertised(peer: Peer, services: bigint, now: number): TimedAddress | undefined {
    const address = this.#manual[0] ?? this.#seenBy(peer);
    return address === undefined ? undefined : { time: now, services, address };
  }

  /** Its view of our host with the port we listen on; a peer elsewhere must not hear of our local addresses. */
  #seenBy(peer: Peer): NetworkAddress | undefined {
    const [port] = this.ports;
    const receiver = peer.version?.receiver;
    if (port === undefined || receiver === undefined) return undefined;
    const address = { ...readLegacyIp(receiver.ip, port), port };
    if (!isRoutable(address, this.#parameters.localPeers)) return undefined;
    const near = peer.networkAddress !== undefined && isLocal(peer.networkAddress);
    return isLocal(address) && !near ? undefined : address;
  }

  /** As a peer reports it (getpeerinfo's addrlocal). */
  static reportedBy(peer: Peer): string | undefined {
    const receiver = peer.version?.receiver;
    if (receiver === undefined || receiver.ip.every((byte) => byte === 0)) return undefined;
    return formatAddress(readLegacyIp(receiver.ip, receiver.port));
  }
}
