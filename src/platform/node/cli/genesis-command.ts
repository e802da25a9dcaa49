/** `penny genesis`: writes the file of a new network, its genesis block mined. */
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import type { NetworkParameters } from '../../../core/parameters/network.ts';
import { networkFile } from '../../../core/parameters/network-file.ts';
import { systemRandom } from '../random.ts';
import { DEFAULT_NETWORK_FILE, readNetworkFile } from './configuration.ts';
import { type GenesisAnswers, newNetwork } from './new-network.ts';
import type { Values } from './option.ts';
import { place } from './option-targets.ts';
import { GENESIS } from './tool-options.ts';
import { UsageError } from './usage-error.ts';

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
  } catch {
    // Ctrl-C, or Ctrl-D.
    throw new UsageError('No network was made');
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
