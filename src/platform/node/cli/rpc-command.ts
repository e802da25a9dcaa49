/** `penny rpc METHOD [ARGS]`: bitcoin-cli's behaviour, output and exit codes. */

import { JsonObject, type JsonRead } from '../../../core/encoding/json.ts';
import { readJson } from '../../../core/encoding/json-reader.ts';
import type { JsonWritable } from '../../../core/encoding/json-writer.ts';
import { writeJson } from '../../../core/encoding/json-writer.ts';
import { RpcCode } from '../../../rpc/errors.ts';
import type { Registry } from '../../../rpc/registry.ts';
import { countAddresses, describeNode } from './get-info.ts';
import { describePeers } from './net-info.ts';
import { namedArguments, positionalArguments } from './rpc-arguments.ts';
import {
  type Call,
  ConnectionError,
  findRpcAddress,
  type HttpAnswer,
  post,
  type RpcAddress,
  type RpcConfiguration,
  walletPath,
} from './rpc-connection.ts';
import { UsageError } from './usage-error.ts';

/** What the node answered with an error. */
class RpcFailure extends Error {
  override readonly name = 'RpcFailure';
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export interface Terminal {
  readonly output: (text: string) => void;
  readonly error: (text: string) => void;
  /** The whole standard input. */
  readonly input: () => Promise<string>;
}

/** Added to errors that another command line would not have met; bitcoin-cli has such a hint for -19. */
const HINTS: ReadonlyMap<number, string> = new Map([
  [
    RpcCode.WALLET_NOT_SPECIFIED,
    'On the command line -rpcwallet=<walletname> before the method does that; penny rpc listwallets shows the names.',
  ],
  [
    RpcCode.WALLET_NOT_FOUND,
    'penny rpc listwallets shows which wallets are loaded, penny rpc listwalletdir which there are; -rpcwallet=<walletname> before the method names one.',
  ],
]);
const RETRY_AFTER = 1_000;

/** Returns the exit code: the RPC error's code without its sign, or 1 for anything else. */
export async function runRpc(
  configuration: RpcConfiguration,
  registry: Registry,
  terminal: Terminal,
): Promise<number> {
  try {
    const text = await answer(configuration, registry, terminal);
    if (text !== '') terminal.output(`${text}\n`);
    return 0;
  } catch (error) {
    if (error instanceof RpcFailure) {
      const hint = HINTS.get(error.code);
      const message = hint === undefined ? error.message : `${error.message}\n${hint}`;
      terminal.error(`error code: ${error.code}\nerror message:\n${message}\n`);
      return Math.abs(error.code);
    }
    if (!(error instanceof UsageError || error instanceof ConnectionError)) throw error;
    terminal.error(`error: ${error.message}\n`);
    return 1;
  }
}

async function answer(
  configuration: RpcConfiguration,
  registry: Registry,
  terminal: Terminal,
): Promise<string> {
  const { values } = configuration;
  let words = [...configuration.rest];
  let password: string | undefined;
  if (values.stdin || values.stdinrpcpass) {
    // A last line that nothing follows is none, and an empty input has none at all.
    const lines = (await terminal.input()).split('\n');
    if (lines.at(-1) === '') lines.pop();
    if (values.stdinrpcpass) {
      password = lines.shift();
      if (password === undefined)
        throw new UsageError('-stdinrpcpass specified but failed to read from standard input');
    }
    if (values.stdin) words = [...words, ...lines];
  }
  const wallet = values.rpcwallet;
  const deadline = waitDeadline(configuration);
  const call = (method: string, params: readonly JsonRead[] | JsonObject, path = walletPath(wallet)) =>
    callWaiting(() => findRpcAddress(configuration, password), path, method, params, deadline);

  const modes = (['addrinfo', 'generate', 'getinfo', 'netinfo'] as const).filter((name) => values[name]);
  if (modes.length > 1)
    throw new UsageError(`Only one of ${modes.map((name) => `-${name}`).join(', ')} may be specified.`);
  if (values.getinfo) {
    if (words.length > 0) throw new UsageError('-getinfo takes no arguments');
    return describeNode(call, wallet);
  }
  if (values.netinfo) return describePeers(call, words, Date.now());
  if (values.addrinfo) {
    if (words.length > 0) throw new UsageError('-addrinfo takes no arguments');
    return show(await countAddresses(call));
  }
  if (values.generate) return show(await generate(words, registry, call));
  const [method, ...rest] = words;
  if (method === undefined) throw new UsageError('too few parameters (need at least command)');
  const params = values.named
    ? namedArguments(method, rest, registry)
    : positionalArguments(method, rest, registry);
  return show(await call(method, params));
}

/** -generate [nblocks [maxtries]]: to a new address of the wallet. */
async function generate(words: readonly string[], registry: Registry, call: Call): Promise<JsonWritable> {
  if (words.length > 2) throw new UsageError('too many arguments (maximum 2 for nblocks and maxtries)');
  if (words[0] === '0')
    throw new UsageError(
      'the first argument (number of blocks to generate, default: 1) must be an integer value greater than zero',
    );
  const address = await call('getnewaddress', []);
  const [blocks = '1', ...tries] = words;
  const params = positionalArguments('generatetoaddress', [blocks, String(address), ...tries], registry);
  return { address, blocks: await call('generatetoaddress', params) };
}

/** As bitcoin-cli prints results: text bare, null as nothing, the rest as indented JSON. */
function show(result: JsonWritable): string {
  if (result === null) return '';
  return typeof result === 'string' ? result : writeJson(result, 2);
}

/** Monotonic milliseconds until which a node that does not answer yet is waited for; null does not wait. */
function waitDeadline({ values }: RpcConfiguration): number | null {
  if (!values.rpcwait) return null;
  const seconds = values.rpcwaittimeout;
  return seconds === 0 ? Number.POSITIVE_INFINITY : performance.now() + seconds * 1000;
}

async function callWaiting(
  find: () => RpcAddress,
  path: string,
  method: string,
  params: readonly JsonRead[] | JsonObject,
  deadline: number | null,
): Promise<JsonRead> {
  for (;;) {
    try {
      const address = find();
      return readResult(await post(address, path, writeJson({ method, params, id: 1 })), address);
    } catch (error) {
      const mayPass =
        error instanceof ConnectionError || (error instanceof RpcFailure && error.code === RpcCode.IN_WARMUP);
      if (!mayPass || deadline === null) throw error;
      if (performance.now() > deadline)
        throw new ConnectionError(`timeout on waiting for the node: ${error.message}`);
      await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER));
    }
  }
}

/** @throws RpcFailure, ConnectionError */
function readResult({ status, body }: HttpAnswer, { credentials }: RpcAddress): JsonRead {
  if (status === 401) throw new ConnectionError(`Authorization failed: ${credentials}`);
  const reply = parse(body);
  if (!(reply instanceof JsonObject)) {
    // It may be no node at all that listens there.
    if (status === 503) throw new ConnectionError(`Server response: ${body}`);
    const what = status >= 400 ? `server returned HTTP error ${status}` : "couldn't parse reply from server";
    throw new ConnectionError(what);
  }
  const error = reply.get('error') ?? null;
  if (error instanceof JsonObject) {
    throw new RpcFailure(Number(writeJson(error.get('code') ?? null)), String(error.get('message')));
  }
  return reply.get('result') ?? null;
}

function parse(text: string): JsonRead {
  try {
    return readJson(text);
  } catch {
    return null;
  }
}
