/** How a command describes an option in Bitcoin Core's spelling. Owns the shape, and how help shows it. */

/**
 * - `flag`: on or off; `-x`, `-x=1`, `-x=0`, `-nox`.
 * - `integer`, `amount` (coins, at most 8 decimals), `text`: the last one given counts.
 * - `list`: may be given many times.
 */
export type OptionKind = 'flag' | 'integer' | 'amount' | 'text' | 'list';

export interface Option {
  /** Without dashes. */
  readonly name: string;
  readonly kind: OptionKind;
  /** What help calls its value: `<n>`; empty for flags. */
  readonly value: string;
  readonly help: string;
  /** In a config file it counts for the default network only inside that network's section. */
  readonly perNetwork?: boolean;
  /** `-x` alone means this value. */
  readonly bare?: string;
}

type Unnamed = Omit<Option, 'name'>;
type Maker = (value: string, help: string, more?: Partial<Unnamed>) => Unnamed;

const maker =
  (kind: OptionKind): Maker =>
  (value, help, more) =>
    Object.freeze({ kind, value, help, ...more });

export const integer = maker('integer');
export const amount = maker('amount');
export const text = maker('text');
export const list = maker('list');
export const flag = (help: string): Unnamed => maker('flag')('', help);

/** Options whose names are the keys. */
export function named(options: Readonly<Record<string, Unnamed>>): readonly Option[] {
  return Object.entries(options).map(([name, option]) => ({ name, ...option }));
}

export interface OptionGroup {
  readonly title: string;
  readonly options: readonly Option[];
}

/** Options of one command by name. */
export type OptionTable = ReadonlyMap<string, Option>;

export function optionTable(groups: readonly OptionGroup[]): OptionTable {
  return new Map(groups.flatMap((group) => group.options).map((option) => [option.name, option]));
}

const INDENT = 2;
const TEXT_INDENT = 7;
const WIDTH = 79;

/** Help text as Bitcoin Core lays it out. */
export function formatOptions(groups: readonly OptionGroup[]): string {
  const lines: string[] = [];
  for (const group of groups) {
    lines.push(`${group.title}:`, '');
    for (const option of group.options) {
      lines.push(`${' '.repeat(INDENT)}-${option.name}${option.value === '' ? '' : `=${option.value}`}`);
      lines.push(...wrap(option.help, WIDTH - TEXT_INDENT).map((line) => ' '.repeat(TEXT_INDENT) + line), '');
    }
  }
  return lines.join('\n');
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return line === '' ? lines : [...lines, line];
}
