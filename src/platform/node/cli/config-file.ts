/**
 * Files in the format of `bitcoin.conf`: `name=value` lines, `#` comments, `[network]` sections,
 * `network.name=value`, `includeconf=`. Owns the format; precedence is in `settings.ts`.
 */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { addValue, findOption, type GivenValues, type OptionTable } from './arguments.ts';
import { UsageError } from './usage-error.ts';

/** Sections by name; the one before any `[section]` is the empty name. */
export type ConfigSections = Map<string, GivenValues>;

export interface ConfigFile {
  readonly sections: ConfigSections;
  /** Values that no option is called by. */
  readonly unknown: readonly string[];
  /** Files that an included file would include: only the first may do so. */
  readonly notIncluded: readonly string[];
}

const fail = (what: string): never => {
  throw new UsageError(`Error reading configuration file: ${what}`);
};

/** @throws UsageError in Bitcoin Core's words. */
export function readConfigFile(path: string, table: OptionTable): ConfigFile {
  const sections: ConfigSections = new Map();
  const unknown: string[] = [];
  const parse = (text: string): string[] => parseConfig(text, table, sections, unknown);
  const text = readText(path, `specified config file "${path}" could not be opened.`, 'Config file');
  const notIncluded = parse(text).flatMap((name) => {
    const file = resolve(dirname(path), name);
    return parse(readText(file, `Failed to include configuration file ${name}`, 'Included config file'));
  });
  return { sections, unknown, notIncluded };
}

/** Adds what `text` says to `sections` and returns the files that it includes. @throws UsageError */
function parseConfig(
  text: string,
  table: OptionTable,
  sections: ConfigSections,
  unknown: string[],
): string[] {
  const included: string[] = [];
  let section = '';
  for (const [index, raw] of text.split('\n').entries()) {
    const refuse = (what: string) => fail(`parse error on line ${index + 1}${what}`);
    const hash = raw.indexOf('#');
    const line = (hash < 0 ? raw : raw.slice(0, hash)).trim();
    if (line === '') continue;
    if (line.startsWith('[') && line.endsWith(']')) {
      section = line.slice(1, -1).trim();
      continue;
    }
    if (line.startsWith('-'))
      refuse(`: ${line}, options in configuration file must be specified without leading -`);
    const equals = line.indexOf('=');
    if (equals < 0) {
      const hint = `, if you intended to specify a negated option, use ${line}=1 instead`;
      refuse(`: ${line}${line.startsWith('no') ? hint : ''}`);
    }
    const key = line.slice(0, equals).trim();
    const value = line.slice(equals + 1).trim();
    const dot = key.lastIndexOf('.');
    const name = key.slice(dot + 1);
    if (name === 'rpcpassword' && hash >= 0)
      refuse(', using # in rpcpassword can be ambiguous and should be avoided');
    if (name === 'conf')
      fail(
        'conf cannot be set in the configuration file; use includeconf= if you want to include additional config files',
      );
    if (name === 'includeconf') {
      included.push(value);
      continue;
    }
    const found = findOption(name, table);
    if (found === null) {
      unknown.push(key);
      continue;
    }
    const target = dot < 0 ? section : key.slice(0, dot);
    const values = sections.get(target) ?? new Map();
    sections.set(target, values);
    addValue(values, found, value);
  }
  return included;
}

function readText(path: string, absent: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const isDirectory = (error as NodeJS.ErrnoException).code === 'EISDIR';
    return fail(isDirectory ? `${what} "${path}" is a directory.` : absent);
  }
}
