#!/usr/bin/env node
/** The `penny` command: picks the subcommand, and turns errors into one line and an exit code. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { DiskError } from '../../../chain/storage.ts';
import { NetworkFileError } from '../../../core/parameters/network-file-error.ts';
import { DEFAULT_BASE_PORT } from '../devnet/ports.ts';
import { systemRandom } from '../random.ts';
import { FileError } from '../storage/new-file.ts';
import { RPC } from './common-options.ts';
import { DEFAULT_NETWORK_FILE, readConfiguration, readNetworkFile } from './configuration.ts';
import type { DevnetFlags } from './devnet-command.ts';
import { askGenesis, newNetwork, writeNetworkFile } from './genesis-command.ts';
import { formatCoreOptions, formatOptions } from './help.ts';
import { NODE, REINDEX } from './node-options.ts';
import type { Options } from './option.ts';
import { UsageError } from './usage-error.ts';
import { refuseOldNode, VERSION } from './version.ts';

const program = new Command('penny')
  .description("A peer-to-peer electronic cash node in Bitcoin's own formats, rules and JSON-RPC.")
  .version(VERSION)
  .enablePositionalOptions();

/** A subcommand whose words are read in Bitcoin Core's spelling. */
function coreCommand(
  name: string,
  usage: string,
  description: string,
  groups: Readonly<Record<string, Options>>,
): Command {
  return program
    .command(name)
    .usage(usage)
    .description(description)
    .passThroughOptions()
    .allowUnknownOption()
    .helpOption(false)
    .argument('[words...]')
    .hook('preAction', (_program, command) => {
      const words = command.args;
      // Before the first word that is no option, which may be a method with a -help of its own.
      const end = words.findIndex((word) => !word.startsWith('-'));
      const options = end < 0 ? words : words.slice(0, end);
      const wants = (...names: string[]) => options.some((word) => names.includes(word.replace(/^--?/, '')));
      const help = (more = '') =>
        finish(`${description}\n\nUsage: penny ${name} ${usage}\n\n${formatOptions(groups)}${more}`);
      if (wants('help', 'h', '?')) help();
      if (wants('help-debug')) help(formatCoreOptions());
      if (wants('version')) finish(`Penny version v${VERSION}\n`);
    });
}

function finish(text: string): never {
  process.stdout.write(text);
  process.exit(0);
}

coreCommand('node', '[options]', 'Runs a node.', NODE.groups).action(async (words: string[]) => {
  const configuration = readConfiguration(words, NODE);
  const [unexpected] = configuration.rest;
  if (unexpected !== undefined) {
    throw new UsageError(
      `Command line contains unexpected token '${unexpected}', see penny node -help for a list of options.`,
    );
  }
  // What is wrong with the words is told before a whole node is loaded.
  const { runNode } = await import('./node-command.ts');
  process.exitCode = await runNode(configuration);
});

coreCommand('rpc', '[options] <method> [args]', 'Calls an RPC method of a running node.', RPC.groups).action(
  async (words: string[]) => {
    const { runRpc } = await import('./rpc-command.ts');
    const { METHODS } = await import('../../../rpc/methods.ts');
    process.exitCode = await runRpc(readConfiguration(words, RPC), METHODS, {
      output: (text) => process.stdout.write(text),
      error: (text) => process.stderr.write(text),
      input: readStandardInput,
    });
  },
);

const BLK_FORMAT = "Bitcoin Core's blk format";

coreCommand(
  'import',
  '[options] <file>...',
  `Takes in blocks from files in ${BLK_FORMAT}.`,
  NODE.groups,
).action(async (words: string[]) => {
  const { runImport } = await import('./import-command.ts');
  process.exitCode = await runImport(readConfiguration(words, NODE));
});

coreCommand(
  'export',
  '[options] <file>',
  `Writes the chain to a new file in ${BLK_FORMAT}.`,
  NODE.groups,
).action(async (words: string[]) => {
  const { runExport } = await import('./import-command.ts');
  process.exitCode = await runExport(readConfiguration(words, NODE));
});

coreCommand(
  'reindex',
  '[options]',
  'Builds index and coins again from the block files.',
  REINDEX.groups,
).action(async (words: string[]) => {
  const { runReindex } = await import('./import-command.ts');
  process.exitCode = await runReindex(readConfiguration(words, REINDEX));
});

program
  .command('genesis')
  .description('Writes the file of a new network and mines its genesis block.')
  .option('--name <name>', 'name of the network: letters a-z, digits, hyphens')
  .option('--message <text>', 'text in the genesis block')
  .option(
    '--port <port>',
    'port for peers; the RPC takes the one before it (default: by chance)',
    wholeNumber(2, 65_535),
  )
  .option('--spacing <seconds>', 'seconds between blocks (default: as on penny)', wholeNumber(1, 86_400))
  .option('--output <file>', 'file to write (default: <name>.json)')
  .action(
    async (options: {
      name?: string;
      message?: string;
      port?: number;
      spacing?: number;
      output?: string;
    }) => {
      const answers = await askGenesis({
        ...(options.name !== undefined && { name: options.name }),
        ...(options.message !== undefined && { message: options.message }),
        ...(options.port !== undefined && { port: options.port }),
        ...(options.spacing !== undefined && { targetSpacing: options.spacing }),
      });
      const time = Math.floor(Date.now() / 1000);
      const network = newNetwork(readNetworkFile(DEFAULT_NETWORK_FILE), answers, time, systemRandom);
      const file = options.output ?? `${network.name}.json`;
      writeNetworkFile(file, network);
      process.stdout.write(
        `${file}: network "${network.name}", genesis ${network.genesis.hash}\nRun a node on it: penny node --genesis ${file}\n`,
      );
    },
  );

program
  .command('devnet')
  .description('Runs a local network of several nodes that mine and pay each other.')
  .option('--nodes <n>', 'how many nodes', wholeNumber(1, 20), 3)
  .option('--block-time <s>', 'seconds between blocks, on average', wholeNumber(1, 3_600), 10)
  .option('--payments-per-minute <n>', 'payments between wallets taken by chance', wholeNumber(0, 600), 6)
  .option('--datadir <dir>', 'where the data goes', join(homedir(), '.penny-devnet'))
  .option('--keep', 'go on with the data of the last run, and leave it afterwards', false)
  .option('--no-restart', 'leave a node that ended down, instead of starting it again')
  .option('--exit-when-confirmed', 'leave once the first payments are confirmed on every node', false)
  .option('--mnemonic <words>', "BIP39 words of the first node's wallet; the others' follow from them")
  .option('--base-port <port>', 'nodes take ports from here on', wholeNumber(1, 65_000), DEFAULT_BASE_PORT)
  .action(async (options: DevnetFlags) => {
    const { runDevnet } = await import('./devnet-command.ts');
    process.exitCode = await runDevnet(options);
  });

function wholeNumber(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (Number.isInteger(number) && number >= minimum && number <= maximum) return number;
    throw new InvalidArgumentError(`Must be a whole number from ${minimum} to ${maximum}.`);
  };
}

async function readStandardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

// A reader that has seen enough (`| head`) is no failure.
process.stdout.on('error', () => undefined);
try {
  // What it has not would else be named by a stack, deep within.
  const refusal = refuseOldNode(process.versions.node);
  if (refusal !== null) throw new UsageError(refusal);
  await program.parseAsync();
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  // The code alone takes some hundred while it is loaded.
  const isStarved = code === 'EMFILE' || code === 'ENFILE';
  const isExplained = [UsageError, NetworkFileError, FileError, DiskError].some(
    (kind) => error instanceof kind,
  );
  if (!isExplained && !isStarved) throw error;
  const reason = isStarved ? `Not enough file descriptors available (ulimit -n): ${message}` : message;
  process.stderr.write(`Error: ${reason}\n`);
  process.exitCode = 1;
}
// Whatever was left open must not keep a finished command alive; but a pipe takes no more than 64 KiB at once.
process.stdout.write('', () => process.exit());
