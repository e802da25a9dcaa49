/**
 * A command line in Bitcoin Core's spelling: `-x`, `-x=1`, `-nox`, and also `--x`, `--x=1`, `--x 1`.
 * Owns the spelling; what the options mean is their reader's business.
 */
import type { Option, OptionTable } from './option.ts';

/** A wrong command line, config file or setting: said to the user as it is, without a stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Values as given, in order; `false` where the option was negated (`-nox`, `-x=0` is a value). */
export type GivenValues = Map<string, (string | false)[]>;

export interface ParsedArguments {
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
    if (found === null) throw new UsageError(`Invalid parameter ${word}`);
    const { option, negated } = found;
    let value = equals < 0 ? undefined : bare.slice(equals + 1);
    const next = words[at + 1];
    if (value === undefined && !negated && takesNextWord(option, next)) {
      value = next;
      at++;
    }
    addValue(values, option, negated, value);
  }
  return { values, rest: words.slice(at) };
}

/** The option that a name or its negation (`noX`) means; null if there is none. */
export function findOption(given: string, table: OptionTable): { option: Option; negated: boolean } | null {
  const exact = table.get(given);
  if (exact !== undefined) return { option: exact, negated: false };
  const positive = /^no-?(.+)$/.exec(given)?.[1];
  const option = positive === undefined ? undefined : table.get(positive);
  return option === undefined ? null : { option, negated: true };
}

/** Adds one occurrence; Core's double negative, `-nox=0`, means `-x`. */
export function addValue(
  values: GivenValues,
  option: Option,
  negated: boolean,
  value: string | undefined,
): void {
  const list = values.get(option.name) ?? [];
  values.set(option.name, list);
  if (negated) list.push(value !== undefined && !isTrue(value) ? '1' : false);
  else list.push(value ?? option.bare ?? (option.kind === 'flag' ? '1' : ''));
}

/** Core's InterpretBool: empty is true, otherwise a number other than zero. */
export function isTrue(value: string): boolean {
  return value === '' || Number.parseInt(value, 10) !== 0;
}

function takesNextWord(option: Option, next: string | undefined): boolean {
  if (next === undefined || option.kind === 'flag' || option.bare !== undefined) return false;
  return !next.startsWith('-') || (option.kind === 'integer' && /^-\d+$/.test(next));
}
