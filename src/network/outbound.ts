/**
 * Whom to dial by ourselves: enough peers of different groups out of the address manager, now and then one
 * only to see whether it is there, and seeds while nobody is known. Owns the choice, not the connections.
 */
import type { Timer } from '../seams.ts';
import type { Connections } from './connections.ts';
import type { NetworkContext, Part } from './context.ts';
import {
  formatAddress,
  formatHost,
  groupOf,
  type NetworkAddress,
  parseAddress,
  parseTarget,
} from './network-address.ts';
import { BLOCK_RELAY, FULL_RELAY, isUsefulPeer, MINUTE, REVIEW_INTERVAL, SECOND } from './protocol.ts';
import { exponential } from './random.ts';
import { DIRECT, isReachable } from './reach.ts';
import type { Target } from './transport.ts';

/** With nobody to dial, look again after this long. */
const IDLE_RETRY = 10 * SECOND;
/** Between dials while there is room. */
const DIAL_PACE = SECOND / 2;
const FEELER_INTERVAL = 2 * MINUTE;
/** Seconds before an address is dialled again; on local networks nodes are restarted, and come back soon. */
const REDIAL_AGE = 600;
const LOCAL_REDIAL_AGE = 60;
const SELECT_TRIES = 100;

export class Outbound implements Part {
  readonly #context: NetworkContext;
  readonly #connections: Connections;
  #running = false;
  #dialTimer: Timer | undefined;
  /** There was nobody to dial. */
  #idle = false;
  #feelerTimer: Timer | undefined;
  #extraOutbound = false;
  #tipChangedAt = 0;
  /** Block-relay-only peers of the last run, dialled first (against eclipse by restart). */
  anchors: NetworkAddress[] = [];

  constructor(context: NetworkContext, connections: Connections) {
    const { addresses, chain, clock } = context;
    this.#context = context;
    this.#connections = connections;
    connections.roomMade.subscribe(() => this.#scheduleDial(DIAL_PACE));
    // They do not wait for the next look.
    addresses.learned.subscribe(() => {
      if (this.#idle) this.#stopDialling();
      this.#scheduleDial(DIAL_PACE);
    });
    chain.tipChanged.subscribe(() => {
      this.#tipChangedAt = clock.elapsed();
    });
  }

  /** Unless only those added by hand are to be dialled, or nobody. */
  start(): void {
    this.#tipChangedAt = this.#context.clock.elapsed();
    if (this.#context.options.connect !== undefined || !this.#connections.isOpen) return;
    this.#running = true;
    void this.#seed();
    this.#scheduleDial(0);
    this.#scheduleFeeler();
  }

  stop(): void {
    this.#running = false;
    this.#stopDialling();
    this.#feelerTimer?.cancel();
  }

  /**
   * No new block for long: perhaps our peers keep them from us, and one full-relay peer more than usual would help.
   * When there is one again, the peer that has given us no block for longest goes.
   */
  review(): void {
    const { chain, clock } = this.#context;
    const usual = Math.max(3 * chain.parameters.targetSpacing * SECOND, REVIEW_INTERVAL);
    this.#extraOutbound = clock.elapsed() - this.#tipChangedAt > usual;
    if (this.#extraOutbound) {
      this.#scheduleDial(DIAL_PACE);
      return;
    }
    const full = [...this.#connections.all()].filter((peer) => peer.type === 'outbound-full-relay');
    if (full.length <= FULL_RELAY) return;
    full.sort((a, b) => a.lastBlock - b.lastBlock || b.connectedAt - a.connectedAt);
    full[0]!.close('one outbound peer more than is needed');
  }

  /** Learns first addresses: by name (DNS), or by asking a node at a given address. */
  async #seed(): Promise<void> {
    const { addresses, options, parameters, transport } = this.#context;
    const seeds = [...(options.seeds ?? []), ...parameters.seeds];
    for (const seed of seeds) {
      const target = parseTarget(seed, parameters.dial, parameters.p2pPort);
      const given = parseAddress(target.host, target.port) !== undefined || /:\d+$/.test(seed);
      if (given || transport.resolve === undefined)
        void this.#connections.dial(target, 'addr-fetch').then(() => this.#scheduleDial(DIAL_PACE));
      else if ((options.dnsSeed ?? true) && addresses.size === 0) await this.#resolveSeed(target);
    }
    this.#scheduleDial(DIAL_PACE);
  }

  async #resolveSeed(target: Target): Promise<void> {
    const { addresses, clock, transport } = this.#context;
    const time = clock.seconds() - 3 * 86_400;
    for (const host of (await transport.resolve?.(target.host)) ?? []) {
      const address = parseAddress(host, target.port);
      if (address !== undefined) addresses.add({ time, services: 9n, address }, address);
    }
  }

  #stopDialling(): void {
    this.#dialTimer?.cancel();
    this.#dialTimer = undefined;
  }

  #scheduleDial(wait: number): void {
    if (!this.#running || this.#dialTimer !== undefined) return;
    this.#idle = wait === IDLE_RETRY;
    this.#dialTimer = this.#context.clock.schedule(
      wait,
      () => {
        this.#dialTimer = undefined;
        void this.#fillOutbound();
      },
      'process',
    );
  }

  /** Dials one address for the kind of peer that is missing; again at once while there is room. */
  async #fillOutbound(): Promise<void> {
    if (!this.#connections.isOpen) return;
    const { addresses, clock, parameters } = this.#context;
    const full = this.#connections.count('outbound-full-relay');
    const wanted = FULL_RELAY + (this.#extraOutbound ? 1 : 0);
    const type = full < wanted ? 'outbound-full-relay' : 'block-relay-only';
    if (type === 'block-relay-only' && this.#connections.count(type) >= BLOCK_RELAY) return;
    addresses.resolveCollisions();
    const anchor =
      this.#connections.count('block-relay-only') < BLOCK_RELAY ? this.anchors.shift() : undefined;
    const address = anchor ?? this.#choose(false);
    if (address === undefined) {
      this.#scheduleDial(IDLE_RETRY);
      // A seed that was not there at first may be there by now.
      if (addresses.size === 0) await this.#seed();
      return;
    }
    const target = { scheme: parameters.dial, host: formatHost(address), port: address.port };
    const before = clock.monotonic();
    await this.#connections.dial(target, anchor === undefined ? type : 'block-relay-only');
    this.#scheduleDial(Math.max(0, DIAL_PACE - (clock.monotonic() - before)));
  }

  /** An address of a group we have no outbound peer in, not tried lately. */
  #choose(newOnly: boolean): NetworkAddress | undefined {
    const { addresses, bans, clock, options, parameters } = this.#context;
    const groups = new Set<string>();
    const hosts = new Set<string>();
    for (const peer of this.#connections.all()) {
      if (peer.networkAddress === undefined) continue;
      hosts.add(formatAddress(peer.networkAddress));
      hosts.add(peer.address);
      if (peer.listensAt !== undefined) hosts.add(peer.listensAt);
      if (!peer.inbound) groups.add(groupOf(peer.networkAddress, parameters.localPeers));
    }
    const now = clock.seconds();
    for (let tries = 0; tries < SELECT_TRIES; tries++) {
      const known = addresses.select(newOnly);
      if (known === undefined) return undefined;
      const { address, key } = known;
      if (hosts.has(key) || groups.has(groupOf(address, parameters.localPeers))) continue;
      const age = parameters.localPeers ? LOCAL_REDIAL_AGE : REDIAL_AGE;
      if (now - known.lastTry < age && tries < SELECT_TRIES / 2) continue;
      if (now - known.lastTry < 5 || !isUsefulPeer(known.services)) continue;
      if (!isReachable(options.reach ?? DIRECT, address.network)) continue;
      if (bans.isBanned(address) || bans.isDiscouraged(address) || this.#connections.isOwn(key)) continue;
      return address;
    }
    return undefined;
  }

  /** Now and then an address that was only heard of is tried, and left at once: so `tried` stays full. */
  #scheduleFeeler(): void {
    const { addresses, clock, parameters, random } = this.#context;
    this.#feelerTimer = clock.schedule(exponential(random, FEELER_INTERVAL), () => {
      this.#scheduleFeeler();
      if (this.#connections.count('outbound-full-relay') < FULL_RELAY) return;
      addresses.resolveCollisions();
      const address = addresses.selectCollision()?.address ?? this.#choose(true);
      if (address === undefined) return;
      void this.#connections.dial(
        { scheme: parameters.dial, host: formatHost(address), port: address.port },
        'feeler',
      );
    });
  }
}
