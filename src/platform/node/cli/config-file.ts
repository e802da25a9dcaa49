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

/** Deep enough for any use, and an end to files that include each other. */
const MAXIMUM_INCLUDES = 16;

/** @throws UsageError naming the file and the line. */
export function readConfigFile(path: string, table: OptionTable): ConfigSections {
  const sections: ConfigSections = new Map();
  const waiting = [path];
  for (let read = 0; read < waiting.length; read++) {
    if (read > MAXIMUM_INCLUDES) throw new UsageError(`Too many includeconf lines, starting from ${path}`);
    const file = waiting[read]!;
    const included = parseConfig(readText(file), file, table, sections);
    waiting.push(...included.map((name) => resolve(dirname(path), name)));
  }
  return sections;
}

/** Adds what `text` says to `sections` and returns the files that it includes. @throws UsageError */
function parseConfig(text: string, file: string, table: OptionTable, sections: ConfigSections): string[] {
  const included: string[] = [];
  let section = '';
  for (const [index, raw] of text.split('\n').entries()) {
    const fail = (what: string): never => {
      throw new UsageError(
        `Error reading configuration file: ${file}: parse error on line ${index + 1}: ${what}`,
      );
    };
    const hash = raw.indexOf('#');
    const line = (hash < 0 ? raw : raw.slice(0, hash)).trim();
    if (line === '') continue;
    if (line.startsWith('[') && line.endsWith(']')) {
      section = line.slice(1, -1).trim();
      continue;
    }
    if (line.startsWith('-'))
      fail(`${line}, options in configuration file must be specified without leading -`);
    const equals = line.indexOf('=');
    if (equals < 0) {
      const hint = `, if you intended to specify a negated option, use ${line}=1 instead`;
      fail(`${line}${line.startsWith('no') ? hint : ''}`);
    }
    const key = line.slice(0, equals).trim();
    const value = line.slice(equals + 1).trim();
    const dot = key.lastIndexOf('.');
    const name = key.slice(dot + 1);
    if (name === 'rpcpassword' && hash >= 0)
      fail('using # in rpcpassword can be ambiguous and should be avoided');
    if (name === 'conf')
      fail('conf cannot be set in the configuration file; use includeconf= to include files');
    if (name === 'includeconf') {
      included.push(value);
      continue;
    }
    const found = findOption(name, table);
    if (found === null) return fail(`unknown option ${name}`);
    const target = dot < 0 ? section : key.slice(0, dot);
    const values = sections.get(target) ?? new Map();
    sections.set(target, values);
    addValue(values, found, value);
  }
  return included;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(
      `Configuration file ${path} could not be opened (${(error as NodeJS.ErrnoException).code})`,
    );
  }
}
