/** One HTTP connection's worth of JSON-RPC for the command line: where to, as whom, and the raw answer. */
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { resolve } from 'node:path';
import type { JsonObject, JsonRead } from '../../../rpc/json.ts';
import type { Configuration } from './configuration.ts';

export interface RpcAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** Seconds; 0 waits for ever. */
  readonly timeout: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** One call by whoever holds the address; the result, lossless. */
export type Call = (
  method: string,
  params: readonly JsonRead[] | JsonObject,
  path?: string,
) => Promise<JsonRead>;

/** Nobody answers there: not started, or not yet. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
}

const DEFAULT_TIMEOUT = 900;

/** @throws ConnectionError if there is neither a password nor a cookie. */
export function findRpcAddress(configuration: Configuration, passwordFromInput?: string): RpcAddress {
  const { settings, parameters, networkDirectory } = configuration;
  const [host, port] = splitHostPort(settings.text('rpcconnect') ?? '127.0.0.1');
  const password = passwordFromInput ?? settings.text('rpcpassword') ?? '';
  const [user, secret] =
    password === ''
      ? readCookie(resolve(networkDirectory, settings.text('rpccookiefile') ?? '.cookie'))
      : [settings.text('rpcuser') ?? '', password];
  return {
    host,
    port: settings.integer('rpcport', 1, 65_535) ?? port ?? parameters.rpcPort,
    user,
    password: secret,
    timeout: settings.integer('rpcclienttimeout') ?? DEFAULT_TIMEOUT,
  };
}

function readCookie(path: string): [string, string] {
  try {
    const text = readFileSync(path, 'utf8');
    const colon = text.indexOf(':');
    return [text.slice(0, colon), text.slice(colon + 1)];
  } catch {
    throw new ConnectionError(
      `Could not locate RPC credentials. No authentication cookie could be found at ${path}, and RPC password is not set. Is the node running? (penny node)`,
    );
  }
}

function splitHostPort(text: string): [string, number | undefined] {
  const match = /^(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(text);
  if (match === null) return [text, undefined];
  return [match[1]!.replace(/^\[|\]$/g, ''), match[2] === undefined ? undefined : Number(match[2])];
}

/** @throws ConnectionError */
export function post(address: RpcAddress, path: string, body: string): Promise<HttpAnswer> {
  return new Promise((resolveAnswer, reject) => {
    const outgoing = request({
      host: address.host,
      port: address.port,
      path,
      method: 'POST',
      auth: `${address.user}:${address.password}`,
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      ...(address.timeout > 0 && { timeout: address.timeout * 1000 }),
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('timeout reached')));
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      const where = `${address.host}:${address.port}`;
      reject(
        new ConnectionError(
          `Could not connect to the server ${where} (${error.code ?? error.message}). Make sure the node is running and that you are connecting to the correct RPC port.`,
        ),
      );
    });
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolveAnswer({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    outgoing.end(body);
  });
}

/** Path of the endpoint for a wallet; `/` if none is named. */
export function walletPath(wallet: string | undefined): string {
  return wallet === undefined ? '/' : `/wallet/${encodeURIComponent(wallet)}`;
}
