/** `penny node`: a node from its settings until a signal, RPC `stop` or a failure ends it. */

import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ImportProgress } from '../../../chain/import.ts';
import type { ReindexKind } from '../../../chain/options.ts';
import { joinHostPort } from '../../../network/network-address.ts';
import type { Node } from '../../../node.ts';
import { SystemClock } from '../clock.ts';
import { type NodeProcess, type ProcessOptions, startNode } from '../create-node.ts';
import { NodeLogger } from '../logger.ts';
import { loadBlocks } from './import-files.ts';
import { loggerOptions, type NodeConfiguration, processOptions, warnings } from './node-settings.ts';
import { walletWarnings } from './start-checks.ts';
import { showSync } from './sync-bar.ts';
import { UsageError } from './usage-error.ts';
import { VERSION } from './version.ts';
import { welcome } from './welcome.ts';

/** What a node is started for, if not to run until it is told to stop: it has no peers then. */
export interface Mission {
  readonly reindex?: ReindexKind;
  readonly onReindex?: (progress: ImportProgress) => void;
  /** @param signal aborted when the user wants to stop */
  task(node: Node, signal: AbortSignal): Promise<void>;
}

/**
 * Resolves with the exit code when the node has stopped.
 * @param onStarted called when it stands @throws UsageError
 */
export async function runNode(
  configuration: NodeConfiguration,
  mission?: Mission,
  onStarted = (): void => {},
): Promise<number> {
  const { values, networkDirectory } = configuration;
  const options = withMission(processOptions(configuration), mission);
  const logging = loggerOptions(configuration, mission === undefined);
  // What others must not read is not asked one file at a time: libraries make files too.
  process.umask(0o077);
  makeDirectory(networkDirectory);
  const clock = new SystemClock();
  const logger = new NodeLogger(logging, clock);
  const pidFile = values.pid === null ? null : resolve(networkDirectory, values.pid);
  for (const notice of configuration.notices) process.stderr.write(`warning: ${notice}\n`);
  for (const warning of walletWarnings(configuration)) {
    process.stderr.write(`Warning: ${warning}\n`);
    logger.log('warn', 'wallet', warning);
  }
  logStart(configuration, logger);

  // A signal during start-up counts as well: the node is stopped as soon as it can be.
  const stopping = new AbortController();
  const asked = once(stopping.signal, 'abort').then(() => null);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort());
  // Started by a devnet, a node ends when its channel does: no devnet leaves nodes behind.
  if (process.connected) process.on('disconnect', () => stopping.abort());
  process.on('SIGHUP', () => logger.reopen());
  // A terminal or pipe that is gone is no reason to stop.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

  let running: NodeProcess | undefined;
  let endSync = (): void => {};
  let failure: Error | null;
  try {
    const { signal } = stopping;
    const { onReindex } = mission ?? {};
    running = await startNode(options, {
      ...{ logger, clock, signal },
      ...(onReindex && { onReindex }),
      ...(values.loadblock.length > 0 && {
        importBlocks: (chain) => loadBlocks(chain, values.loadblock, { logger, signal }),
      }),
    });
    if (pidFile !== null) writePid(pidFile);
    onStarted();
    if (values.welcome) welcome(configuration, running);
    // Its key is for the one who started the node: the log does not know it.
    if (running.pageLink !== null) process.stdout.write(`Page: ${running.pageLink}\n`);
    if (mission === undefined && process.stderr.isTTY)
      endSync = showSync(running.node.chain, process.stderr, () => clock.monotonic());
    // A task is not left behind: it is told by the signal, and waited for.
    const done = mission === undefined ? asked : mission.task(running.node, signal).then(() => null);
    failure = await Promise.race([done, running.node.ended, uncaught()]);
  } catch (error) {
    failure = error as Error;
  }
  endSync();
  if (failure !== null) reportFailure(failure, logger, logging.console);
  logger.log('info', 'init', 'Shutdown in progress...');
  try {
    await running?.stop();
  } catch (error) {
    failure ??= error as Error;
    reportFailure(error as Error, logger, logging.console);
  }
  if (running !== undefined && pidFile !== null) rmSync(pidFile, { force: true });
  logger.log('info', 'init', 'Shutdown done');
  logger.close();
  return failure === null ? 0 : 1;
}

/** @throws UsageError */
function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(`Data directory ${path} could not be made (${code})`);
  }
}

function withMission(options: ProcessOptions, mission: Mission | undefined): ProcessOptions {
  if (mission === undefined) return options;
  const { mine: _, ...node } = options.node;
  const { reindex } = mission;
  return {
    ...options,
    node: {
      ...node,
      chain: { ...node.chain, ...(reindex && { reindex }) },
      network: { ...node.network, bind: [], connect: [], addNodes: [] },
    },
  };
}

function logStart(configuration: NodeConfiguration, logger: NodeLogger): void {
  const { values, parameters, networkDirectory, configFile } = configuration;
  logger.log('info', 'init', `Penny version v${VERSION} on Node ${process.version}`);
  logger.log('info', 'init', `Using network ${parameters.name}, data directory ${networkDirectory}`);
  logger.log('info', 'init', configFile === null ? 'No config file' : `Config file: ${configFile}`);
  for (const warning of [...configuration.warnings, ...warnings(values)]) logger.log('warn', 'init', warning);
}

/** @throws UsageError */
function writePid(file: string): void {
  try {
    writeFileSync(file, `${process.pid}\n`);
  } catch (error) {
    throw new UsageError(
      `Unable to create the PID file '${file}' (${(error as NodeJS.ErrnoException).code})`,
    );
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
  const message = explain(error);
  logger.log('error', 'init', message, isExplained(error) ? {} : { stack: error.stack });
  // A question that nobody is there to answer has no title, as in Core.
  const title = error.name === 'FutureTipError' ? '' : 'Error: ';
  if (!onConsole) process.stderr.write(`${title}${message}\n`);
}

/** The system's words where they say it, and what to do where they do not. */
function explain(error: Error): string {
  const { syscall, code, address, port } = error as NodeJS.ErrnoException & { address: string; port: number };
  if (syscall !== 'listen') return error.message;
  const why = code === 'EADDRINUSE' ? 'Penny is probably already running.' : `(${code})`;
  return `Unable to bind to ${joinHostPort(address, port)} on this computer. ${why} Options -rpcport, -port and -bind choose others.`;
}

/** By name, errors whose message says it all: a stack would only frighten. */
const EXPLAINED = [
  'UsageError',
  'DataDirectoryError',
  'CorruptionError',
  'FutureTipError',
  'DiskError',
  'CredentialError',
  'AddressError',
  'WalletError',
  'ZmqError',
];

function isExplained(error: Error): boolean {
  return EXPLAINED.includes(error.name) || 'code' in error;
}
