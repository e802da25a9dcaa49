/** What a devnet shows: a live table and the last events on a terminal, plain lines elsewhere. */
import type { LinkState } from './network-state.ts';

export interface NodeStatus {
  readonly name: string;
  /** Why there is nothing more to tell (`down`, `starting`); null if there is. */
  readonly state: string | null;
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
  status(nodes: readonly NodeStatus[], links?: readonly LinkState[]): void;
  /** The user has typed a line: on a terminal it is there below what is shown. */
  typed(): void;
  close(): void;
}

interface Output {
  write(text: string): unknown;
  on?(event: 'resize', listener: () => void): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/** @param terminal its kind ($TERM): one that is dumb cannot move its cursor */
export function createDisplay(output: Output, terminal: string | undefined, now: () => Date): Display {
  return output.isTTY === true && terminal !== 'dumb'
    ? new LiveDisplay(output, now)
    : new PlainDisplay(output, now);
}

const time = (date: Date): string => date.toISOString().slice(11, 19);

class PlainDisplay implements Display {
  readonly #output: Output;
  readonly #now: () => Date;
  #lastTips = '';
  #lastLinks = '';

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
  status(nodes: readonly NodeStatus[], links: readonly LinkState[] = []): void {
    const described = describeLinks(links);
    if (described.join() !== this.#lastLinks) for (const line of described) this.event(line);
    this.#lastLinks = described.join();
    const tips = nodes.map((node) => node.tip).join();
    if (tips === this.#lastTips) return;
    this.#lastTips = tips;
    for (const node of nodes) {
      if (node.state !== null) continue;
      this.event(
        `${node.name} height ${node.height} tip ${shortTip(node.tip)} peers ${node.peers} mempool ${node.mempool} balance ${node.balance} ${hashRate(node.hashRate)}`,
      );
    }
  }

  typed(): void {}

  close(): void {}
}

/** Events scroll; the table stays below them and is drawn over itself. */
class LiveDisplay implements Display {
  readonly #output: Output;
  readonly #now: () => Date;
  #nodes: readonly NodeStatus[] = [];
  #links: readonly string[] = [];
  #drawn: readonly string[] = [];
  /** Lines that were typed since. */
  #typed = 0;

  constructor(output: Output, now: () => Date) {
    this.#output = output;
    this.#now = now;
    output.write('\x1b[?25l');
    output.on?.('resize', () => this.#redraw());
  }

  /** Of a line that is too long its hashes are shortened: their ends tell more than their zeros. */
  event(text: string): void {
    const room = this.#columns - time(this.#now()).length - 1;
    const short = text.length > room ? text.replaceAll(/\b[0-9a-f]{64}\b/g, shortTip) : text;
    this.print(`\x1b[2m${time(this.#now())}\x1b[0m ${short}`);
  }

  print(text: string): void {
    this.#output.write(`${this.#eraseTable()}${text}\n${this.#drawTable()}`);
  }

  status(nodes: readonly NodeStatus[], links: readonly LinkState[] = []): void {
    this.#nodes = nodes;
    this.#links = describeLinks(links);
    this.#redraw();
  }

  #redraw(): void {
    this.#output.write(`${this.#eraseTable()}${this.#drawTable()}`);
  }

  typed(): void {
    this.#typed++;
  }

  close(): void {
    this.#output.write('\x1b[?25h');
  }

  #eraseTable(): string {
    if (this.#drawn.length === 0) return '';
    // A window that was made narrower since has broken the lines.
    const lines = this.#drawn.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(line.length / this.#columns)),
      0,
    );
    return `\r\x1b[${lines + this.#typed}A\x1b[0J`;
  }

  #drawTable(): string {
    this.#typed = 0;
    if (this.#nodes.length === 0) return '';
    // What has scrolled out of the window cannot be drawn over.
    const width = this.#columns - 1;
    const links = this.#links.map((line) => (line.length > width ? `${line.slice(0, width - 1)}…` : line));
    const lines = [...formatTable(this.#nodes, width), ...links].slice(0, (this.#output.rows || 24) - 2);
    this.#drawn = lines;
    return lines.map((line) => `${line}\n`).join('');
  }

  /** Zero where the terminal does not say. */
  get #columns(): number {
    return this.#output.columns || 80;
  }
}

interface Column {
  readonly title: string;
  readonly cell: (node: NodeStatus) => string;
  readonly isText?: true;
}

const COLUMNS: readonly Column[] = [
  { title: 'node', cell: (node) => node.name, isText: true },
  { title: 'height', cell: (node) => node.state ?? String(node.height) },
  { title: 'tip', cell: (node) => shortTip(node.tip), isText: true },
  { title: 'peers', cell: (node) => String(node.peers) },
  { title: 'mempool', cell: (node) => String(node.mempool) },
  { title: 'balance', cell: (node) => node.balance },
  { title: 'hash rate', cell: (node) => hashRate(node.hashRate) },
];
/** Left out where there is no room for all, the first first. */
const DISPENSABLE = ['tip', 'hash rate', 'mempool', 'peers', 'balance'];

/** Lines of equal columns, numbers to the right; no line is longer than `width`. */
export function formatTable(nodes: readonly NodeStatus[], width: number): string[] {
  for (let left = 0; ; left++) {
    const columns = COLUMNS.filter(({ title }) => !DISPENSABLE.slice(0, left).includes(title));
    const lines = layOut(nodes, columns);
    if (lines[1]!.length <= width) return lines;
    if (left === DISPENSABLE.length) return lines.map((line) => line.slice(0, Math.max(1, width)));
  }
}

function layOut(nodes: readonly NodeStatus[], columns: readonly Column[]): string[] {
  const rows = nodes.map((node) =>
    columns.map(({ cell }, i) => (node.state === null || i < 2 ? cell(node) : '')),
  );
  const widths = columns.map(({ title }, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (columns[i]!.isText === true ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ');
  return ['', line(columns.map(({ title }) => title)), ...rows.map(line)];
}

/** What is not as it should be between nodes, one line a kind. */
function describeLinks(links: readonly LinkState[]): string[] {
  const line = (title: string, chosen: (link: LinkState) => boolean, more: (link: LinkState) => string) => {
    const named = links.filter(chosen).map((link) => `${link.between.join('–')}${more(link)}`);
    return named.length === 0 ? [] : [`${title} ${named.join(', ')}`];
  };
  return [
    ...line(
      'cut  ',
      ({ cut }) => cut === true,
      () => '',
    ),
    ...line(
      'slow ',
      ({ delay = 0 }) => delay > 0,
      ({ delay }) => ` ${delay} ms`,
    ),
    ...line(
      'lossy',
      ({ drop = [] }) => drop.length > 0,
      ({ drop = [] }) => ` ${drop.join(' ')}`,
    ),
  ];
}

/** The end of a hash tells more than its zeros. */
const shortTip = (tip: string): string => `…${tip.slice(-12)}`;

function hashRate(perSecond: number): string {
  if (perSecond >= 1e6) return `${(perSecond / 1e6).toFixed(2)} MH/s`;
  return perSecond >= 1e3 ? `${(perSecond / 1e3).toFixed(1)} kH/s` : `${Math.round(perSecond)} H/s`;
}
