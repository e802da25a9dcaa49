/** The `penny` command: picks the subcommand. */
import { Command } from 'commander';
import { refuseRest } from './arguments.ts';
import { RPC } from './common-options.ts';
import { readConfiguration, readOptions } from './configuration.ts';
import { formatCoreOptions, formatOptions } from './help.ts';
import { NODE, REINDEX } from './node-options.ts';
import type { Options } from './option.ts';
import { finish, runToEnd } from './outcome.ts';
import type { Terminal } from './rpc-command.ts';
import { DEVNET, GENESIS } from './tool-options.ts';
import { VERSION } from './version.ts';

const program = new Command('penny')
  .description("A peer-to-peer electronic cash node in Bitcoin's own formats, rules and JSON-RPC.")
  .version(VERSION)
  .enablePositionalOptions();

/** Of a node; see `bundle.ts`. */
let started = (): void => {};

const TERMINAL: Terminal = {
  output: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
  input: readStandardInput,
};

/** A subcommand whose words are read in Bitcoin Core's spelling. @param run resolves with the exit code */
function subcommand(
  name: string,
  usage: string,
  description: string,
  groups: Readonly<Record<string, Options>>,
  run: (words: string[]) => Promise<number>,
): void {
  program
    .command(name)
    .usage(usage)
    .description(description)
    .passThroughOptions()
    .allowUnknownOption()
    .helpOption(false)
    .argument('[words...]')
    .action(async (words: string[]) => {
      // Before the first word that is no option, which may be a method with a -help of its own.
      const end = words.findIndex((word) => !word.startsWith('-'));
      const options = end < 0 ? words : words.slice(0, end);
      const wants = (...names: string[]) => options.some((word) => names.includes(word.replace(/^--?/, '')));
      const help = (more = '') =>
        finish(`${description}\n\nUsage: penny ${name} ${usage}\n\n${formatOptions(groups)}${more}`);
      if (wants('help', 'h', '?')) help();
      if (wants('help-debug') && groups !== RPC.groups) help(formatCoreOptions());
      if (wants('version')) finish(`Penny version v${VERSION}\n`);
      process.exitCode = await run(words);
    });
}

// What is wrong with the words is told before a whole node is loaded.
subcommand('node', '[options]', 'Runs a node.', NODE.groups, async (words) => {
  const configuration = readConfiguration(words, NODE);
  refuseRest(configuration.rest);
  return (await import('./node-command.ts')).runNode(configuration, undefined, () => started());
});

subcommand(
  'rpc',
  '[options] <method> [args]',
  'Calls an RPC method of a running node.',
  RPC.groups,
  async (words) => {
    const { runRpc } = await import('./rpc-command.ts');
    const { METHODS } = await import('../../../methods.ts');
    return runRpc(readConfiguration(words, RPC), METHODS, TERMINAL);
  },
);

subcommand(
  'dev',
  '[options] [<method> [args]]',
  "Holds the chain and the time of a node in one's hands (regtest, devnets); alone it lists the methods.",
  RPC.groups,
  async (words) => {
    const { runDev } = await import('./dev-command.ts');
    const { METHODS } = await import('../../../methods.ts');
    return runDev(readConfiguration(words, RPC), METHODS, TERMINAL);
  },
);

const BLK_FORMAT = "Bitcoin Core's blk format";

subcommand(
  'import',
  '[options] <file>...',
  `Takes in blocks from files in ${BLK_FORMAT}.`,
  NODE.groups,
  async (words) => (await import('./import-command.ts')).runImport(readConfiguration(words, NODE)),
);

subcommand(
  'export',
  '[options] <file>',
  `Writes the chain to a new file in ${BLK_FORMAT}.`,
  NODE.groups,
  async (words) => (await import('./import-command.ts')).runExport(readConfiguration(words, NODE)),
);

subcommand(
  'reindex',
  '[options]',
  'Builds index and coins again from the block files.',
  REINDEX.groups,
  async (words) => (await import('./import-command.ts')).runReindex(readConfiguration(words, REINDEX)),
);

subcommand(
  'genesis',
  '[options]',
  'Writes the file of a new network and mines its genesis block.',
  GENESIS.groups,
  async (words) => (await import('./genesis-command.ts')).runGenesis(readOptions(words, GENESIS)),
);

subcommand(
  'devnet',
  '[options] | ctl [options] <method> [args]',
  'Runs a local network of several nodes that mine and pay each other; ctl steers one that runs.',
  DEVNET.groups,
  async (words) =>
    words[0] === 'ctl'
      ? (await import('./devnet-ctl-command.ts')).runCtl(words.slice(1), TERMINAL)
      : (await import('./devnet-command.ts')).runDevnet(readOptions(words, DEVNET)),
);

async function readStandardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

export function run(whenStarted: () => void): Promise<void> {
  started = whenStarted;
  return runToEnd(() => program.parseAsync());
}
