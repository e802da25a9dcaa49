/** `penny dev METHOD [ARGS]`: the methods that hold a chain in one's hands, and which there are. */
import { usage } from '../../../rpc/help.ts';
import type { Method, Registry } from '../../../rpc/registry.ts';
import { runRpc, type Terminal } from './rpc-command.ts';
import type { RpcConfiguration } from './rpc-connection.ts';
import { UsageError } from './usage-error.ts';

/** Returns the exit code, as `penny rpc` does. @throws UsageError for another method */
export async function runDev(
  configuration: RpcConfiguration,
  registry: Registry,
  terminal: Terminal,
): Promise<number> {
  const methods = Object.values(registry).filter(({ dev }) => dev === true);
  const [name] = configuration.rest;
  if (name === undefined) {
    terminal.output(listMethods(methods));
    return 0;
  }
  if (!methods.some((method) => method.name === name))
    throw new UsageError(`${name} is none of the methods that penny dev lists; penny rpc calls the others`);
  return runRpc(configuration, registry, terminal);
}

/** What there is to call, and what it does. */
export const listMethods = (methods: readonly Method[]): string =>
  methods
    .map((method) => `${usage(method)}\n    ${method.help.split('\n', 1)[0]}\n`)
    .sort()
    .join('');
