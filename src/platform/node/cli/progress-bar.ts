/** How far a long task is: a bar on a terminal, a line every tenth elsewhere. */

export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const BAR = 24;
/** Milliseconds between two drawings. */
const INTERVAL = 200;
const TENTHS = 10;

export class ProgressBar {
  readonly #output: Output;
  readonly #unit: string;
  readonly #monotonic: () => number;
  readonly #startedAt: number;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #tenth = 0;
  /** What was done before this run does not count for its speed. */
  #first: { readonly share: number; readonly count: number } | undefined;

  /** @param unit of what is counted: `blocks` */
  constructor(output: Output, unit: string, monotonic: () => number) {
    this.#output = output;
    this.#unit = unit;
    this.#monotonic = monotonic;
    this.#startedAt = monotonic();
  }

  /** @param share done of the whole, 0 to 1 */
  update(share: number, count: number): void {
    this.#first ??= { share, count };
    const now = this.#monotonic();
    if (this.#output.isTTY === true) {
      if (now - this.#drawnAt < INTERVAL && share < 1) return;
      this.#drawnAt = now;
      const width = (this.#output.columns || 80) - 1;
      this.#output.write(`\r\x1b[K${this.#line(share, count, now).slice(0, width)}`);
    } else if (Math.floor(share * TENTHS) > this.#tenth) {
      this.#tenth = Math.floor(share * TENTHS);
      this.#output.write(`${this.#line(share, count, now)}\n`);
    }
  }

  end(): void {
    if (this.#output.isTTY === true) this.#output.write('\n');
  }

  #line(share: number, count: number, now: number): string {
    const seconds = Math.max(0.001, (now - this.#startedAt) / 1000);
    const first = this.#first ?? { share, count };
    const rate = (count - first.count) / seconds;
    const full = Math.round(share * BAR);
    const done = share - first.share;
    const left = done > 0 && share < 1 ? ` ETA ${duration((seconds * (1 - share)) / done)}` : '';
    return `[${'#'.repeat(full)}${' '.repeat(BAR - full)}] ${(share * 100).toFixed(1)}% ${count} ${this.#unit}, ${Math.round(rate)}/s${left}`;
  }
}

function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (n: number) => String(n).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return `${hours > 0 ? `${hours}:` : ''}${two(minutes)}:${two(whole % 60)}`;
}
