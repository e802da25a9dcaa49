/** `penny devnet ctl METHOD [ARGS]`: what a devnet's control API does, with files where it answers or takes a network. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CONTROL_COOKIE, CONTROL_PORT, controlRegistry } from '../devnet/control.ts';
import { writeText } from '../devnet/network-state.ts';
import { RPC } from './common-options.ts';
import { expandHome, readConfiguration, readWords } from './configuration.ts';
import { listMethods } from './dev-command.ts';
import { formatOptions } from './help.ts';
import { runRpc, type Terminal } from './rpc-command.ts';
import { CTL } from './tool-options.ts';
import { UsageError } from './usage-error.ts';

/** Returns the exit code, as `penny rpc` does. @throws UsageError */
export async function runCtl(words: readonly string[], terminal: Terminal): Promise<number> {
  const { values, rest } = readWords(words, CTL);
  const registry = controlRegistry();
  const [method, file, ...more] = rest;
  if (method === undefined || values.help) {
    terminal.output(
      `Usage: penny devnet ctl [options] <method> [args]\n\n${formatOptions(CTL.groups)}\n${listMethods(Object.values(registry))}`,
    );
    return 0;
  }
  const directory = resolve(expandHome(values.datadir));
  const takesFile = file !== undefined && more.length === 0 && !values.named;
  const isExport = takesFile && method === 'export';
  const given = isExport ? [method] : takesFile && method === 'import' ? [method, readNetwork(file)] : rest;
  let exported = '';
  const output = (text: string): void => {
    if (isExport) exported += text;
    else terminal.output(text);
  };
  const options = [
    '-noconf',
    `-rpcport=${readPort(directory)}`,
    `-rpccookiefile=${join(directory, CONTROL_COOKIE)}`,
    ...(values.named ? ['-named'] : []),
  ];
  const code = await runRpc(readConfiguration([...options, ...given], RPC), registry, {
    ...terminal,
    output,
  });
  if (exported !== '') await writeNetwork(file!, exported);
  return code;
}

function readPort(directory: string): string {
  try {
    return readFileSync(join(directory, CONTROL_PORT), 'utf8');
  } catch {
    throw new UsageError(`No devnet runs in ${directory}: penny devnet starts one, --datadir names another`);
  }
}

async function writeNetwork(file: string, text: string): Promise<void> {
  try {
    await writeText(file, text);
  } catch (error) {
    throw new UsageError(`${file} could not be written (${(error as NodeJS.ErrnoException).code})`);
  }
}

function readNetwork(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file} could not be read (${(error as NodeJS.ErrnoException).code})`);
  }
}
