/**
 * One value for each option out of command line and config file, by Bitcoin Core's precedence: the
 * command line, then the network's section, then the file's head. Owns precedence.
 */
import type { NetworkParameters } from '../../../core/parameters/network.ts';
import type { GivenValues, OptionTable } from './arguments.ts';
import type { ConfigSections } from './config-file.ts';
import type { Given, Option, Options, Values } from './option.ts';

/** What a config file says, and of which network the section counts. */
export interface FileSettings {
  readonly sections: ConfigSections;
  /** Null where it is not known yet: no section counts. */
  readonly network: NetworkParameters | null;
  /** On this network the file's head counts for every option. */
  readonly isDefaultNetwork: boolean;
}

export class Settings {
  readonly #table: OptionTable;
  readonly #commandLine: GivenValues;
  readonly #file: FileSettings;
  readonly #section: GivenValues;
  readonly #head: GivenValues;

  constructor(table: OptionTable, commandLine: GivenValues, file: FileSettings) {
    this.#table = table;
    this.#commandLine = commandLine;
    this.#file = file;
    this.#section = (file.network && file.sections.get(file.network.name)) ?? new Map();
    this.#head = file.sections.get('') ?? new Map();
  }

  /** @throws UsageError naming an option whose value is wrong */
  values<O>(options: O): Values<O> {
    const entries = Object.entries(options as Options);
    return Object.fromEntries(
      entries.map(([name, option]) => [name, this.#value(name, option)]),
    ) as Values<O>;
  }

  #value(name: string, option: Option): unknown {
    const given = option.kind === 'list' ? this.#list(name) : this.single(name);
    const value = given === undefined ? undefined : option.read(given as Given & readonly string[], name);
    return value === undefined ? option.otherwise(this.#file.network!) : value;
  }

  /** The last one of the command line, or else the first one of the file (Core's own order); undefined if not given. */
  single(name: string): Given | undefined {
    const given = this.#commandLine.get(name);
    if (given !== undefined) return given.at(-1);
    return this.#fromFile(name).find((values) => values.length > 0)?.[0];
  }

  /** Every value, the command line's first; a negation drops what came before it and what ranks below. */
  #list(name: string): readonly string[] | undefined {
    if (!this.isGiven(name)) return undefined;
    const result: string[] = [];
    for (const values of [this.#commandLine.get(name) ?? [], ...this.#fromFile(name)]) {
      const negation = values.lastIndexOf(false);
      result.push(...(values.slice(negation + 1) as string[]));
      if (negation >= 0) break;
    }
    return result;
  }

  /** Values in the network's section, then those in the head if they count. */
  #fromFile(name: string): readonly (readonly Given[])[] {
    const headCounts = this.#file.isDefaultNetwork || this.#table.get(name)?.perNetwork !== true;
    const layers = headCounts ? [this.#section, this.#head] : [this.#section];
    return layers.map((layer) => layer.get(name) ?? []);
  }

  isGiven(name: string): boolean {
    return this.single(name) !== undefined;
  }

  /** Options in the file's head that do not count on this network (Core warns of them). */
  ignoredInHead(): readonly string[] {
    if (this.#file.isDefaultNetwork) return [];
    return [...this.#head.keys()].filter(
      (name) => this.#table.get(name)?.perNetwork === true && !this.#section.has(name),
    );
  }
}
