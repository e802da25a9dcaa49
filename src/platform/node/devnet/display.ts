/** What a devnet shows: a live table and the last events on a terminal, plain lines elsewhere. */

export interface NodeStatus {
  readonly name: string;
  readonly height: number;
  /** Block hash in display order. */
  readonly tip: string;
  readonly peers: number;
  /** Transactions. */
  readonly mempool: number;
  /** Coins, eight digits after the point. */
  readonly balance: string;
  /** Hashes a second. */
  readonly hashRate: number;
}

export interface Display {
  /** One line for something that happened. */
  event(text: string): void;
  /** Text that is to be read or copied: stays on the screen. */
  print(text: string): void;
  status(nodes: readonly NodeStatus[]): void;
  close(): void;
}

interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export function createDisplay(output: Output, now: () => Date): Display {
  return output.isTTY === true ? new LiveDisplay(output, now) : new PlainDisplay(output, now);
}

const time = (date: Date): string => date.toISOString().slice(11, 19);

class PlainDisplay implements Display {
  readonly #output: Output;
  readonly #now: () => Date;
  #lastTips = '';

  constructor(output: Output, now: () => Date) {
    this.#output = output;
    this.#now = now;
  }

  event(text: string): void {
    this.#output.write(`${time(this.#now())} ${text}\n`);
  }

  print(text: string): void {
    this.#output.write(`${text}\n`);
  }

  /** Only when a tip has changed: a log should not grow while nothing happens. */
  status(nodes: readonly NodeStatus[]): void {
    const tips = nodes.map((node) => node.tip).join();
    if (tips === this.#lastTips) return;
    this.#lastTips = tips;
    for (const node of nodes) {
      this.event(
        `${node.name} height ${node.height} tip ${shortTip(node.tip)} peers ${node.peers} mempool ${node.mempool} balance ${node.balance} ${hashRate(node.hashRate)}`,
      );
    }
  }

  close(): void {}
}

/** Events scroll; the table stays below them and is drawn over itself. */
class LiveDisplay implements Display {
  readonly #output: Output;
  readonly #now: () => Date;
  #table: readonly string[] = [];
  #drawn = 0;

  constructor(output: Output, now: () => Date) {
    this.#output = output;
    this.#now = now;
    output.write('\x1b[?25l');
  }

  event(text: string): void {
    this.print(`\x1b[2m${time(this.#now())}\x1b[0m ${text}`);
  }

  print(text: string): void {
    this.#output.write(`${this.#eraseTable()}${text}\n${this.#drawTable()}`);
  }

  status(nodes: readonly NodeStatus[]): void {
    this.#table = formatTable(nodes);
    this.#output.write(`${this.#eraseTable()}${this.#drawTable()}`);
  }

  close(): void {
    this.#output.write('\x1b[?25h');
  }

  #eraseTable(): string {
    return this.#drawn === 0 ? '' : `\x1b[${this.#drawn}A\x1b[0J`;
  }

  #drawTable(): string {
    const width = this.#output.columns ?? 80;
    const lines = this.#table.map((line) => line.slice(0, width - 1));
    this.#drawn = lines.length;
    return lines.map((line) => `${line}\n`).join('');
  }
}

const COLUMNS = ['node', 'height', 'tip', 'peers', 'mempool', 'balance', 'hash rate'] as const;

/** Lines of equal columns, numbers to the right. */
export function formatTable(nodes: readonly NodeStatus[]): string[] {
  const rows = nodes.map((node) => [
    node.name,
    String(node.height),
    shortTip(node.tip),
    String(node.peers),
    String(node.mempool),
    node.balance,
    hashRate(node.hashRate),
  ]);
  const widths = COLUMNS.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (i === 0 || i === 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ');
  return ['', line(COLUMNS), ...rows.map(line)];
}

/** The end of a hash tells more than its zeros. */
const shortTip = (tip: string): string => `…${tip.slice(-12)}`;

function hashRate(perSecond: number): string {
  if (perSecond >= 1e6) return `${(perSecond / 1e6).toFixed(2)} MH/s`;
  return perSecond >= 1e3 ? `${(perSecond / 1e3).toFixed(1)} kH/s` : `${Math.round(perSecond)} H/s`;
}
