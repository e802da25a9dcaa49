/** `penny devnet`: the options, the terminal and the signals of a devnet. */
import { resolve } from 'node:path';
import { validateMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { SystemClock } from '../clock.ts';
import { readCommands } from '../devnet/commands.ts';
import { serveControl } from '../devnet/control.ts';
import { Devnet } from '../devnet/devnet.ts';
import { createDisplay } from '../devnet/display.ts';
import { DEFAULT_MNEMONIC } from '../devnet/plan.ts';
import { readSpec } from '../devnet/state-file.ts';
import { watchSpec } from '../devnet/watching.ts';
import { systemRandom } from '../random.ts';
import { DEFAULT_NETWORK_FILE, expandHome, readNetworkFile } from './configuration.ts';
import type { Values } from './option.ts';
import { place } from './option-targets.ts';
import { DEVNET } from './tool-options.ts';
import { UsageError } from './usage-error.ts';

/** Resolves with the exit code when every node has stopped. @throws UsageError */
export async function runDevnet(values: Values<typeof DEVNET.options>): Promise<number> {
  const options = {
    mnemonic: DEFAULT_MNEMONIC,
    ...place(DEVNET.options, values).devnet,
    directory: resolve(expandHome(values.datadir)),
  };
  if (!validateMnemonic(options.mnemonic, wordlist))
    throw new UsageError('--mnemonic has no valid BIP39 words');
  if (values.datadir === '') throw new UsageError('--datadir needs a directory');
  const { watchFile } = options;
  if (watchFile !== undefined && options.import !== undefined)
    throw new UsageError('Invalid combination of --watch-file and --import. Can use at most one.');
  const file = watchFile ?? options.import;
  const spec = file === undefined ? undefined : readSpec(resolve(expandHome(file)));
  process.umask(0o077);
  const clock = new SystemClock();
  const display = createDisplay(process.stdout, process.env.TERM, () => new Date(clock.now()));
  const stopping = new AbortController();
  const insisting = new AbortController();
  const onSignal = (): void => {
    if (stopping.signal.aborted) insisting.abort();
    else stopping.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  const devnet = new Devnet(options, {
    penny: readNetworkFile(DEFAULT_NETWORK_FILE),
    serve: serveControl,
    spec,
    display,
    random: systemRandom,
    clock,
    signal: stopping.signal,
    insist: insisting.signal,
  });
  readCommands(process.stdin, {
    obey: (verb, name) => devnet.obey(verb, name),
    help: () => display.event('"stop 2" stops node2, "start 2" starts it again; Ctrl-C ends the devnet'),
    typed: () => display.typed(),
  });
  const watching =
    watchFile === undefined
      ? undefined
      : watchSpec(resolve(expandHome(watchFile)), clock, {
          changed: (changed) => devnet.apply(changed),
          tell: (event) => display.event(event),
        });
  try {
    await devnet.run();
    return 0;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    process.stderr.write(`Error: ${(error as Error).message}\n`);
    return 1;
  } finally {
    watching?.close();
    display.close();
  }
}
