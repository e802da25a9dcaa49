/** `penny genesis`: writes the file of a new network, its genesis block mined. */
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { mineGenesis } from '../../../core/consensus/genesis.ts';
import type { NetworkParameters } from '../../../core/parameters/network.ts';
import { networkFile, parseNetworkFile } from '../../../core/parameters/network-file.ts';
import { NetworkFileError } from '../../../core/parameters/network-file-error.ts';
import type { Random } from '../../../seams.ts';
import { systemRandom } from '../random.ts';
import { DEFAULT_NETWORK_FILE, readNetworkFile } from './configuration.ts';
import type { Values } from './option.ts';
import { place } from './option-targets.ts';
import { GENESIS } from './tool-options.ts';
import { UsageError } from './usage-error.ts';

export interface GenesisAnswers {
  readonly name: string;
  readonly message: string;
  readonly port?: number;
  /** Seconds. */
  readonly targetSpacing?: number;
}

/** The first byte of a magic is beyond ASCII, so that no text (`GET `) can be taken for it. */
const NOT_ASCII = 0x80;
const FIRST_PORT = 10_000;
const PORTS = 20_000;

/**
 * A new network after the model of another: its own name, magic, ports and genesis block.
 * @param time seconds since the epoch
 * @throws NetworkFileError naming a field that the answers make wrong
 */
export function newNetwork(
  model: NetworkParameters,
  answers: GenesisAnswers,
  time: number,
  random: Random,
): NetworkParameters {
  const magic = random.bytes(4);
  magic[0] = magic[0]! | NOT_ASCII;
  // An odd port for peers and the even one before it for RPC, as far from others' as chance allows.
  const p2pPort = answers.port ?? FIRST_PORT + 2 * random.below(PORTS / 2) + 1;
  const named = {
    ...model,
    name: answers.name,
    magic,
    p2pPort,
    rpcPort: p2pPort - 1,
    targetSpacing: answers.targetSpacing ?? model.targetSpacing,
    seeds: [],
    genesis: { ...model.genesis, time, message: answers.message, nonce: 0 },
  };
  // Every field is checked before the search, by the reader that will read the file.
  parseNetworkFile(networkFile(named));
  const genesis = mineGenesis(named.genesis, named.powLimit);
  if (genesis === null) throw new NetworkFileError('genesis.nonce', 'no nonce meets the bits: try again');
  return parseNetworkFile(networkFile({ ...named, genesis }));
}

/** @throws UsageError if the file exists or cannot be written */
export function writeNetworkFile(path: string, parameters: NetworkParameters): void {
  try {
    writeFileSync(path, `${JSON.stringify(networkFile(parameters), null, 2)}\n`, { flag: 'wx' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(
      code === 'EEXIST' ? `${path} exists already` : `${path} could not be written (${code})`,
    );
  }
}

/** Asks on the terminal for what the options left open. */
async function askGenesis(given: Partial<GenesisAnswers>): Promise<GenesisAnswers> {
  if (given.name !== undefined && given.message !== undefined) {
    return { ...given, name: given.name, message: given.message };
  }
  if (!process.stdin.isTTY)
    throw new UsageError('--name and --message are needed where there is no terminal');
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const name =
      given.name ?? (await terminal.question('Name of the network (letters a-z, digits, hyphens): '));
    const message =
      given.message ?? (await terminal.question("Message in the genesis block (today's headline, say): "));
    return { ...given, name: name.trim(), message: message.trim() };
  } finally {
    terminal.close();
  }
}

export async function runGenesis(values: Values<typeof GENESIS.options>): Promise<number> {
  const answers = await askGenesis(place(GENESIS.options, values).genesis);
  const time = Math.floor(Date.now() / 1000);
  const network = newNetwork(readNetworkFile(DEFAULT_NETWORK_FILE), answers, time, systemRandom);
  const file = values.output ?? `${network.name}.json`;
  writeNetworkFile(file, network);
  process.stdout.write(
    `${file}: network "${network.name}", genesis ${network.genesis.hash}\nRun a node on it: penny node --genesis ${file}\n`,
  );
  return 0;
}
