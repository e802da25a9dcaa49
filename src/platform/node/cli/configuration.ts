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
import { parseArguments, UsageError } from './arguments.ts';
import { type ConfigSections, readConfigFile } from './config-file.ts';
import { CONFIG_OPTION_TABLE } from './node-options.ts';
import type { OptionTable } from './option.ts';
import { Settings } from './settings.ts';

/** The same number of folders up from `src` and from `dist`. */
export const DEFAULT_NETWORK_FILE = fileURLToPath(new URL('../../../../genesis.json', import.meta.url));

export interface Configuration {
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
}

/** @throws UsageError */
export function readConfiguration(words: readonly string[], table: OptionTable): Configuration {
  const { values, rest } = parseArguments(words, table);
  const head = new Settings(table, values, { sections: new Map(), network: '', isDefaultNetwork: true });
  let dataDirectory = resolve(expandHome(head.text('datadir') ?? join(homedir(), '.penny')));
  const configFile = findConfigFile(dataDirectory, head.text('conf'));
  const sections: ConfigSections =
    configFile === null ? new Map() : readConfigFile(configFile, CONFIG_OPTION_TABLE);
  // Which network it is must be known before its section can count: so only the file's head can say.
  const selection = new Settings(CONFIG_OPTION_TABLE, values, {
    sections,
    network: '',
    isDefaultNetwork: true,
  });
  if (!head.isGiven('datadir') && selection.isGiven('datadir')) {
    dataDirectory = resolve(expandHome(selection.text('datadir')!));
  }
  const { parameters, isDefaultNetwork } = selectNetwork(selection);
  const settings = new Settings(CONFIG_OPTION_TABLE, values, {
    sections,
    network: parameters.name,
    isDefaultNetwork,
  });
  return {
    settings,
    rest,
    parameters,
    dataDirectory,
    networkDirectory: join(dataDirectory, parameters.dataSubdirectory),
    configFile,
    warnings: settings
      .ignoredInHead()
      .map(
        (name) =>
          `Config setting for -${name} only applied on ${parameters.name} when in [${parameters.name}] section.`,
      ),
  };
}

function findConfigFile(dataDirectory: string, given: string | undefined): string | null {
  if (given !== undefined) return resolve(dataDirectory, expandHome(given));
  const paths = [join(dataDirectory, 'penny.conf'), join(dataDirectory, 'bitcoin.conf')];
  return paths.find((path) => existsSync(path)) ?? null;
}

function selectNetwork(settings: Settings): { parameters: NetworkParameters; isDefaultNetwork: boolean } {
  const file = settings.text('genesis');
  const chosen = [settings.text('chain'), settings.flag('regtest', false) ? 'regtest' : undefined];
  const names = chosen.filter((name) => name !== undefined);
  if (names.length + (file === undefined ? 0 : 1) > 1) {
    throw new UsageError('Invalid combination of -regtest, -chain and -genesis. Can use at most one.');
  }
  if (file !== undefined)
    return { parameters: readNetworkFile(resolve(expandHome(file))), isDefaultNetwork: true };
  switch (names[0]) {
    case 'main':
      return { parameters: MAIN, isDefaultNetwork: true };
    case 'regtest':
      return { parameters: REGTEST, isDefaultNetwork: false };
    case undefined:
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

function expandHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path;
}
