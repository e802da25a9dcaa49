/**
 * From a command line to a network, a data directory and settings. Owns where files are and which
 * network is meant; not what a node does with its settings.
 */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { genesisBlock } from '../../../core/consensus/genesis.ts';
import type { NetworkParameters } from '../../../core/parameters/network.ts';
import { parseNetworkFile } from '../../../core/parameters/network-file.ts';
import { NetworkFileError } from '../../../core/parameters/network-file-error.ts';
import { MAIN, REGTEST } from '../../../core/parameters/presets.ts';
import { optionTable, parseArguments, refuseRest } from './arguments.ts';
import { CHAIN_SELECTION, FILES, RPC } from './common-options.ts';
import { type ConfigFile, type ConfigSections, readConfigFile } from './config-file.ts';
import { CORE_OPTIONS, warnOfUnused } from './core-options.ts';
import { NODE } from './node-options.ts';
import type { Command, Values } from './option.ts';
import { type FileSettings, Settings } from './settings.ts';
import { UsageError } from './usage-error.ts';

/** The same number of folders up from `src` and from `dist`. */
export const DEFAULT_NETWORK_FILE = fileURLToPath(new URL('../../../../genesis.json', import.meta.url));

/** A config file is shared by node and client, so it may hold the options of both. */
const CONFIG_TABLE = optionTable(RPC.options, NODE.options, CORE_OPTIONS);

const NO_FILE: FileSettings = { sections: new Map(), network: null, isDefaultNetwork: true };

/** What a program assumes where nothing is said. */
interface Program {
  readonly chain: string;
  /** The first that is there, in the data directory. */
  readonly configFiles: readonly string[];
}

const PENNY: Program = { chain: 'penny', configFiles: ['penny.conf', 'bitcoin.conf'] };
/** In bitcoind's place. */
export const PENNYD: Program = { chain: 'main', configFiles: ['bitcoin.conf'] };

export interface Configuration<O> {
  /** Of the options that the command has. */
  readonly values: Values<O>;
  readonly settings: Settings;
  /** Words of the command line after the options. */
  readonly rest: readonly string[];
  readonly parameters: NetworkParameters;
  /** Absolute; holds the config file. */
  readonly dataDirectory: string;
  /** Absolute; holds what belongs to this network. */
  readonly networkDirectory: string;
  /** Absolute path of the config file that was read, if any. */
  readonly configFile: string | null;
  /** For the log. */
  readonly warnings: readonly string[];
  /** For whoever has started the command. */
  readonly notices: readonly string[];
}

/** Of a command that reads no config file, and takes nothing else. @throws UsageError */
export function readOptions<O extends object>(words: readonly string[], command: Command<O>): Values<O> {
  const { values, rest } = readWords(words, command);
  refuseRest(rest);
  return values;
}

/** The same with words behind the options. @throws UsageError */
export function readWords<O extends object>(
  words: readonly string[],
  { options }: Command<O>,
): { readonly values: Values<O>; readonly rest: readonly string[] } {
  const table = optionTable(options);
  const { values, rest } = parseArguments(words, table);
  return { values: new Settings(table, values, NO_FILE).values(options), rest };
}

/** @throws UsageError */
export function readConfiguration<O extends object>(
  words: readonly string[],
  { options }: Command<O>,
  program = PENNY,
): Configuration<O> {
  const isClient = options === (RPC.options as object);
  const table = optionTable(options, isClient ? {} : CORE_OPTIONS);
  const { values: given, rest } = parseArguments(words, table);
  // Which network it is must be known before its section can count: so only the file's head can say.
  const choose = (sections: ConfigSections) =>
    new Settings(CONFIG_TABLE, given, { ...NO_FILE, sections }).values({
      ...FILES,
      ...CHAIN_SELECTION,
    });
  const { conf, datadir } = choose(new Map());
  const configFile = findConfigFile(resolve(expandHome(datadir)), conf, program);
  const file: ConfigFile =
    configFile === null
      ? { sections: new Map(), unknown: [], notIncluded: [] }
      : readConfigFile(configFile, CONFIG_TABLE);
  const { sections } = file;
  const chosen = choose(sections);
  const dataDirectory = resolve(expandHome(chosen.datadir));
  const { parameters, isDefaultNetwork } = selectNetwork(chosen, program);
  const settings = new Settings(CONFIG_TABLE, given, { sections, network: parameters, isDefaultNetwork });
  const section = parameters.name;
  const [unsuitable] = isClient ? [] : settings.ignoredInHead();
  if (unsuitable !== undefined)
    throw new UsageError(
      `Config setting for -${unsuitable} only applied on ${section} network when in [${section}] section.`,
    );
  return {
    values: settings.values(options),
    settings,
    rest,
    parameters,
    dataDirectory,
    networkDirectory: join(dataDirectory, parameters.dataSubdirectory),
    configFile,
    warnings: [
      ...file.unknown.map((name) => `Ignoring unknown configuration value ${name}`),
      ...warnOfUnused(settings),
    ],
    notices: file.notIncluded.map(
      (name) => `-includeconf cannot be used from included files; ignoring -includeconf=${name}`,
    ),
  };
}

/** @param given null for none at all; undefined looks for the usual ones */
function findConfigFile(
  dataDirectory: string,
  given: string | null | undefined,
  { configFiles }: Program,
): string | null {
  if (given === null) return null;
  if (given !== undefined) return resolve(dataDirectory, expandHome(given));
  return configFiles.map((name) => join(dataDirectory, name)).find((path) => existsSync(path)) ?? null;
}

function selectNetwork(
  { chain, genesis: file, regtest }: Values<typeof CHAIN_SELECTION>,
  program: Program,
): {
  parameters: NetworkParameters;
  isDefaultNetwork: boolean;
} {
  const names = [chain, regtest ? 'regtest' : undefined].filter((name) => name !== undefined);
  if (names.length + (file ? 1 : 0) > 1) {
    throw new UsageError('Invalid combination of -regtest, -chain and -genesis. Can use at most one.');
  }
  if (file) return { parameters: readNetworkFile(resolve(expandHome(file))), isDefaultNetwork: true };
  switch (names[0] ?? program.chain) {
    case 'main':
      return { parameters: MAIN, isDefaultNetwork: true };
    case 'regtest':
      return { parameters: REGTEST, isDefaultNetwork: false };
    case 'penny':
      return { parameters: readNetworkFile(DEFAULT_NETWORK_FILE), isDefaultNetwork: true };
    default:
      throw new UsageError(`Unknown chain ${names[0]}. (penny, regtest, main; others by -genesis=<file>)`);
  }
}

/** @throws UsageError naming the file, and the field if one is wrong. */
export function readNetworkFile(path: string): NetworkParameters {
  try {
    const parameters = parseNetworkFile(JSON.parse(readFileSync(path, 'utf8')));
    genesisBlock(parameters);
    return parameters;
  } catch (error) {
    if (error instanceof NetworkFileError || error instanceof SyntaxError) {
      throw new UsageError(`Network file ${path}: ${error.message}`);
    }
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw new UsageError(
      `Network file ${path} could not be opened (${(error as NodeJS.ErrnoException).code})`,
    );
  }
}

export function expandHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path;
}
