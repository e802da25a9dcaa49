/** `penny node`: a node from its settings until a signal, RPC `stop` or a failure ends it. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { SystemClock } from '../clock.ts';
import { type NodeProcess, startNode } from '../create-node.ts';
import { NodeLogger } from '../logger.ts';
import { UsageError } from './arguments.ts';
import type { Configuration } from './configuration.ts';
import { UNUSED_CORE_OPTIONS } from './node-options.ts';
import { loggerOptions, processOptions } from './node-settings.ts';
import { VERSION } from './version.ts';
import { welcome } from './welcome.ts';

/** Resolves with the exit code when the node has stopped. @throws UsageError */
export async function runNode(configuration: Configuration): Promise<number> {
  if (configuration.rest.length > 0) {
    throw new UsageError(
      `Command line contains unexpected token '${configuration.rest[0]}', see penny node -help for a list of options.`,
    );
  }
  const options = processOptions(configuration);
  const { settings, networkDirectory } = configuration;
  mkdirSync(networkDirectory, { recursive: true, mode: 0o700 });
  const clock = new SystemClock();
  const logger = new NodeLogger(loggerOptions(configuration), clock);
  const pidFile = resolve(networkDirectory, settings.text('pid') ?? 'penny.pid');
  logStart(configuration, logger);

  // A signal during start-up counts as well: the node is stopped as soon as it can be.
  const asked = new Promise<Error | null>((resolveAsked) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolveAsked(null));
  });
  // Started by a devnet, a node ends when its channel does: no devnet leaves nodes behind.
  if (process.connected) process.on('disconnect', () => process.emit('SIGTERM'));
  process.on('SIGHUP', () => logger.reopen());

  let running: NodeProcess | undefined;
  let failure: Error | null;
  try {
    running = await startNode(options, { logger, clock });
    writeFileSync(pidFile, `${process.pid}\n`);
    if (settings.flag('welcome', false)) await welcome(configuration, running);
    failure = await Promise.race([asked, running.node.ended, uncaught()]);
  } catch (error) {
    failure = error as Error;
  }
  if (failure !== null) reportFailure(failure, logger, settings.flag('printtoconsole', true));
  logger.log('info', 'init', 'Shutdown in progress...');
  try {
    await running?.stop();
  } catch (error) {
    failure ??= error as Error;
    reportFailure(error as Error, logger, settings.flag('printtoconsole', true));
  }
  if (running !== undefined) rmSync(pidFile, { force: true });
  logger.log('info', 'init', 'Shutdown done');
  logger.close();
  return failure === null ? 0 : 1;
}

function logStart(configuration: Configuration, logger: NodeLogger): void {
  const { settings, parameters, networkDirectory, configFile, warnings } = configuration;
  logger.log('info', 'init', `Penny version v${VERSION} on Node ${process.version}`);
  logger.log('info', 'init', `Using network ${parameters.name}, data directory ${networkDirectory}`);
  logger.log('info', 'init', configFile === null ? 'No config file' : `Config file: ${configFile}`);
  for (const warning of warnings) logger.log('warn', 'init', warning);
  const given = settings.givenNames();
  for (const name of UNUSED_CORE_OPTIONS) {
    if (given.has(name)) logger.log('warn', 'init', `Option -${name} has no effect in Penny`);
  }
}

/** What no part caught is a bug: the node must not go on, but what it holds can still be written. */
function uncaught(): Promise<Error> {
  return new Promise((resolveFailure) => {
    for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
      process.on(event, (error: unknown) =>
        resolveFailure(error instanceof Error ? error : new Error(String(error))),
      );
    }
  });
}

function reportFailure(error: Error, logger: NodeLogger, onConsole: boolean): void {
  logger.log('error', 'init', error.message, isExplained(error) ? {} : { stack: error.stack });
  if (!onConsole) process.stderr.write(`Error: ${error.message}\n`);
}

/** Errors whose message says it all: a stack would only frighten. */
function isExplained(error: Error): boolean {
  return ['UsageError', 'DataDirectoryError', 'CorruptionError'].includes(error.name) || 'code' in error;
}
