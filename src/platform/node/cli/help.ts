/** The help text of a command, from its options. Owns the layout, which is Bitcoin Core's. */
import { CORE_HELP } from './core-options.ts';
import type { Option, Options } from './option.ts';

const TEXT_INDENT = 7;
const WIDTH = 79;

export function formatOptions(groups: Readonly<Record<string, Options>>): string {
  return Object.entries(groups)
    .map(([title, options]) =>
      section(
        title,
        Object.entries(options).map(([name, option]) => describe(name, option)),
      ),
    )
    .join('');
}

/** What becomes of Bitcoin Core's other options. */
export function formatCoreOptions(): string {
  return Object.entries(CORE_HELP)
    .map(([title, entries]) =>
      section(
        title,
        entries.map(([names, why]) => [
          names
            .split(/\s+/)
            .map((name) => `-${name}`)
            .join(' '),
          `${why}.`,
        ]),
      ),
    )
    .join('');
}

/** Line and text of an option: what it is, what is allowed, and what holds without it. */
function describe(name: string, { kind, value, help: what, range, shown }: Option): [string, string] {
  const help = kind === 'list' ? `${what} May be given many times.` : what;
  const facts = [range ?? '', shown === undefined ? '' : `default: ${shown}`].filter((fact) => fact !== '');
  return [`-${name}${value && `=${value}`}`, facts.length === 0 ? help : `${help} (${facts.join('; ')})`];
}

function section(title: string, entries: readonly (readonly [string, string])[]): string {
  const lines = entries.flatMap(([head, text]) => [...wrap(head, 2), ...wrap(text, TEXT_INDENT), '']);
  return `${[`${title}:`, '', ...lines].join('\n')}\n`;
}

function wrap(text: string, indent: number): string[] {
  const pattern = new RegExp(`(.{1,${WIDTH - indent}})(?: |$)`, 'g');
  return Array.from(text.matchAll(pattern), ([, line]) => ' '.repeat(indent) + line);
}
