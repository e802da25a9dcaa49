/** What is measured of a simulated network, and how it is summed up. */

/** Seconds until half, 90 % and 99 % of the running nodes had it. */
export interface Propagation {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

const QUANTILES = [0.5, 0.9, 0.99] as const;

/** Follows things on their way from one node to all others. */
export class Spread {
  readonly #now: () => number;
  readonly #running: () => number;
  readonly #open = new Map<string, { readonly since: number; count: number; next: number }>();
  readonly #times: readonly number[][] = QUANTILES.map(() => []);

  /** @param now milliseconds @param running how many nodes there are to reach */
  constructor(now: () => number, running: () => number) {
    this.#now = now;
    this.#running = running;
  }

  begin(id: string): void {
    this.#open.set(id, { since: this.#now(), count: 0, next: 0 });
  }

  reached(id: string): void {
    const item = this.#open.get(id);
    if (item === undefined) return;
    item.count++;
    while (item.next < QUANTILES.length && item.count >= QUANTILES[item.next]! * this.#running())
      this.#times[item.next++]!.push((this.#now() - item.since) / 1000);
    if (item.next === QUANTILES.length) this.#open.delete(id);
  }

  /** The median over all that got so far. */
  summary(): Propagation {
    const [p50, p90, p99] = this.#times.map((times) => median(times)) as [number, number, number];
    return { p50, p90, p99 };
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

/** Bytes sent, by the command in the envelope. */
export class Traffic {
  readonly #bytes = new Map<string, number>();
  messages = 0;

  add(envelope: Uint8Array): void {
    this.messages++;
    let command = '';
    for (let i = 4; i < 16 && envelope[i] !== 0; i++) command += String.fromCharCode(envelope[i]!);
    this.#bytes.set(command, (this.#bytes.get(command) ?? 0) + envelope.length);
  }

  /** Bytes a node, most first. */
  perNode(nodes: number): Record<string, number> {
    const sorted = [...this.#bytes].sort((a, b) => b[1] - a[1]);
    return Object.fromEntries(sorted.map(([command, bytes]) => [command, Math.round(bytes / nodes)]));
  }
}
