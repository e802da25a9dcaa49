/**
 * One value for each option out of command line and config file, by Bitcoin Core's precedence: the
 * command line, then the network's section, then the file's head. Owns precedence and value types.
 */
import type { FeeRate } from '../../../core/transaction/fee-rate.ts';
import { type GivenValues, isTrue, UsageError } from './arguments.ts';
import type { ConfigSections } from './config-file.ts';
import type { OptionTable } from './option.ts';

export class Settings {
  readonly #table: OptionTable;
  readonly #commandLine: GivenValues;
  readonly #sections: ConfigSections;
  /** Name of the config file's section that counts. */
  readonly #network: string;
  /** On this network the file's head counts for every option. */
  readonly #isDefaultNetwork: boolean;

  constructor(
    table: OptionTable,
    commandLine: GivenValues,
    file: { sections: ConfigSections; network: string; isDefaultNetwork: boolean },
  ) {
    this.#table = table;
    this.#commandLine = commandLine;
    this.#sections = file.sections;
    this.#network = file.network;
    this.#isDefaultNetwork = file.isDefaultNetwork;
  }

  /** The last one of the command line, or else the first one of the file (Core's own order); undefined if not given. */
  #single(name: string): string | false | undefined {
    const given = this.#commandLine.get(name);
    if (given !== undefined) return given.at(-1);
    return this.#fromFile(name).find((values) => values.length > 0)?.[0];
  }

  /** Values in the network's section, then those in the head if they count. */
  #fromFile(name: string): readonly (readonly (string | false)[])[] {
    const section = this.#sections.get(this.#network)?.get(name) ?? [];
    const headCounts = this.#isDefaultNetwork || this.#table.get(name)?.perNetwork !== true;
    return headCounts ? [section, this.#sections.get('')?.get(name) ?? []] : [section];
  }

  isGiven(name: string): boolean {
    return this.#single(name) !== undefined;
  }

  isNegated(name: string): boolean {
    return this.#single(name) === false;
  }

  flag(name: string, otherwise: boolean): boolean {
    const value = this.#single(name);
    if (value === undefined) return otherwise;
    return value !== false && isTrue(value);
  }

  /** Undefined if not given or negated. */
  text(name: string): string | undefined {
    const value = this.#single(name);
    return value === false ? undefined : value;
  }

  /** Negated is zero. @throws UsageError */
  integer(name: string, minimum = 0, maximum = Number.MAX_SAFE_INTEGER): number | undefined {
    const value = this.#single(name);
    if (value === undefined) return undefined;
    const number = value === false ? 0 : Number(value);
    if (value === '' || !Number.isSafeInteger(number) || number < minimum || number > maximum) {
      throw new UsageError(
        `Invalid value for -${name}: '${value}' (a whole number from ${minimum} to ${maximum})`,
      );
    }
    return number;
  }

  /** Satoshis from coins. @throws UsageError */
  amount(name: string): bigint | undefined {
    const value = this.#single(name);
    if (value === undefined) return undefined;
    const parts = value === false ? ['', '0', ''] : /^(\d{1,8})(?:\.(\d{1,8}))?$/.exec(value);
    if (parts === null) throw new UsageError(`Invalid amount for -${name}=<amount>: '${value}'`);
    return BigInt(`${parts[1]}${(parts[2] ?? '').padEnd(8, '0')}`);
  }

  /** From coins for 1,000 vbytes. @throws UsageError */
  feeRate(name: string): FeeRate | undefined {
    return this.amount(name) as FeeRate | undefined;
  }

  /** Every value, the command line's first; a negation drops what came before it and what ranks below. */
  list(name: string): readonly string[] {
    const result: string[] = [];
    for (const values of [this.#commandLine.get(name) ?? [], ...this.#fromFile(name)]) {
      const negation = values.lastIndexOf(false);
      result.push(...(values.slice(negation + 1) as string[]));
      if (negation >= 0) break;
    }
    return result;
  }

  /** Options in the file's head that do not count on this network (Core warns of them). */
  ignoredInHead(): readonly string[] {
    if (this.#isDefaultNetwork) return [];
    return [...(this.#sections.get('')?.keys() ?? [])].filter(
      (name) => this.#table.get(name)?.perNetwork === true && !this.#sections.get(this.#network)?.has(name),
    );
  }

  /** Names of all options given anywhere. */
  givenNames(): ReadonlySet<string> {
    const layers = [this.#commandLine, this.#sections.get(this.#network), this.#sections.get('')];
    return new Set(layers.flatMap((layer) => [...(layer?.keys() ?? [])]));
  }
}
