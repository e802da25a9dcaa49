/** `penny devnet`: the options, the terminal and the signals of a devnet. */
import { resolve } from 'node:path';
import { validateMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { Devnet } from '../devnet/devnet.ts';
import { createDisplay } from '../devnet/display.ts';
import { DEFAULT_BASE_PORT, DEFAULT_MNEMONIC } from '../devnet/plan.ts';
import { systemRandom } from '../random.ts';
import { UsageError } from './arguments.ts';
import { DEFAULT_NETWORK_FILE, readNetworkFile } from './configuration.ts';

export interface DevnetFlags {
  readonly nodes: number;
  readonly blockTime: number;
  readonly paymentsPerMinute: number;
  readonly datadir: string;
  readonly keep: boolean;
  readonly exitWhenConfirmed: boolean;
  readonly mnemonic?: string;
  readonly basePort?: number;
}

/** Resolves with the exit code when every node has stopped. @throws UsageError */
export async function runDevnet(flags: DevnetFlags): Promise<number> {
  const { mnemonic = DEFAULT_MNEMONIC, basePort = DEFAULT_BASE_PORT, datadir, ...same } = flags;
  if (!validateMnemonic(mnemonic, wordlist)) throw new UsageError('--mnemonic has no valid BIP39 words');
  const display = createDisplay(process.stdout, () => new Date());
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort());
  const options = { ...same, mnemonic, basePort, directory: resolve(datadir) };
  const devnet = new Devnet(options, {
    penny: readNetworkFile(DEFAULT_NETWORK_FILE),
    display,
    random: systemRandom,
    signal: stopping.signal,
  });
  try {
    await devnet.run();
    return 0;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    display.print(`Error: ${(error as Error).message}`);
    return 1;
  } finally {
    display.close();
  }
}
