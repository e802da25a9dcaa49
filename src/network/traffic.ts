/** Bytes that went and came since the start, of all peers there were. */
import type { Peers } from './context.ts';
import type { Peer } from './peer.ts';
import type { NetworkTotals } from './peer-info.ts';

export class Traffic {
  readonly #peers: Pick<Peers, 'all'>;
  /** Of peers that are gone. */
  readonly #totals = { bytesReceived: 0, bytesSent: 0 };
  readonly #gone = { sent: new Map<string, number>(), received: new Map<string, number>() };

  constructor(peers: Pick<Peers, 'all'>) {
    this.#peers = peers;
  }

  closed(peer: Peer): void {
    this.#totals.bytesReceived += peer.bytesReceived;
    this.#totals.bytesSent += peer.bytesSent;
    addTo(this.#gone.sent, peer.sent);
    addTo(this.#gone.received, peer.received);
  }

  totals(): NetworkTotals {
    const totals = { ...this.#totals };
    for (const peer of this.#peers.all()) {
      totals.bytesReceived += peer.bytesReceived;
      totals.bytesSent += peer.bytesSent;
    }
    return totals;
  }

  byMessage(): { direction: 'sent' | 'received'; message: string; bytes: number }[] {
    return (['sent', 'received'] as const).flatMap((direction) => {
      const sums = new Map(this.#gone[direction]);
      for (const peer of this.#peers.all()) addTo(sums, peer[direction]);
      return Array.from(sums, ([message, bytes]) => ({ direction, message, bytes }));
    });
  }
}

function addTo(sums: Map<string, number>, more: ReadonlyMap<string, number>): void {
  for (const [name, value] of more) sums.set(name, (sums.get(name) ?? 0) + value);
}
