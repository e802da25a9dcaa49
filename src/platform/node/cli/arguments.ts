/**
 * A command line in Bitcoin Core's spelling: `-x`, `-x=1`, `-nox`, and also `--x`, `--x=1`, `--x 1`.
 * Owns the spelling; what the options mean is their reader's business.
 */
import { type Given, isTrue, type Option, type Options } from './option.ts';
import { UsageError } from './usage-error.ts';

/** Values as given, in order. */
export type GivenValues = Map<string, Given[]>;

/** Options that may be given, by name. */
export type OptionTable = ReadonlyMap<string, Option>;

export const optionTable = (...options: readonly object[]): OptionTable =>
  new Map(options.flatMap((some) => Object.entries(some as Options)));

interface ParsedArguments {
  readonly values: GivenValues;
  /** From the first word that is neither an option nor an option's value. */
  readonly rest: readonly string[];
}

/** @throws UsageError naming an option that is not in the table. */
export function parseArguments(words: readonly string[], table: OptionTable): ParsedArguments {
  const values: GivenValues = new Map();
  let at = 0;
  for (; at < words.length; at++) {
    const word = words[at]!;
    if (!/^--?[a-z?]/i.test(word)) break;
    const bare = word.replace(/^--?/, '');
    const equals = bare.indexOf('=');
    const given = equals < 0 ? bare : bare.slice(0, equals);
    const found = findOption(given, table);
    if (found === null) throw new UsageError(`Error parsing command line arguments: ${whyNoOption(word)}`);
    const { option, negated } = found;
    let value = equals < 0 ? undefined : bare.slice(equals + 1);
    const next = words[at + 1];
    if (value === undefined && !negated && takesNextWord(option, next)) {
      value = next;
      at++;
    }
    addValue(values, found, value);
  }
  return { values, rest: words.slice(at) };
}

/** In Core's words. */
function whyNoOption(word: string): string {
  const included = /^--?(no)?includeconf(?:=(.*))?$/.exec(word);
  if (included === null) return `Invalid parameter ${word}`;
  const [, no, value = ''] = included;
  const shown = no === undefined ? JSON.stringify(value) : String(!isTrue(value));
  return `-includeconf cannot be used from commandline; -includeconf=${shown}`;
}

/** @throws UsageError if anything follows the options of a command that takes nothing else */
export function refuseRest([unexpected]: readonly string[]): void {
  if (unexpected !== undefined)
    throw new UsageError(
      `Command line contains unexpected token '${unexpected}', see penny <command> -help for a list of options.`,
    );
}

interface NamedOption {
  readonly name: string;
  readonly option: Option;
  readonly negated: boolean;
}

/** The option that a name or its negation (`noX`) means; null if there is none. */
export function findOption(given: string, table: OptionTable): NamedOption | null {
  const exact = table.get(given);
  if (exact !== undefined) return { name: given, option: exact, negated: false };
  const name = /^no-?(.+)$/.exec(given)?.[1] ?? '';
  const option = table.get(name);
  return option === undefined ? null : { name, option, negated: true };
}

/** Adds one occurrence; Core's double negative, `-nox=0`, means `-x`. */
export function addValue(
  values: GivenValues,
  { name, option, negated }: NamedOption,
  value: string | undefined,
): void {
  const list = values.get(name) ?? [];
  values.set(name, list);
  if (negated) list.push(value !== undefined && !isTrue(value) ? '1' : false);
  else list.push(value ?? option.bare);
}

function takesNextWord(option: Option, next: string | undefined): boolean {
  if (next === undefined || option.bare !== '') return false;
  return !next.startsWith('-') || (option.kind === 'integer' && /^-\d+$/.test(next));
}
