/** One HTTP connection's worth of JSON-RPC for the command line: where to, as whom, and the raw answer. */

import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { resolve } from 'node:path';
import type { JsonObject, JsonRead } from '../../../core/encoding/json.ts';
import { joinHostPort } from '../../../network/network-address.ts';
import type { RPC } from './common-options.ts';
import type { Configuration } from './configuration.ts';

/** What `penny rpc` was told. */
export type RpcConfiguration = Configuration<typeof RPC.options>;

export interface RpcAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** Where they come from, in words for the case that the node does not take them. */
  readonly credentials: string;
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

export function findRpcAddress(configuration: RpcConfiguration, passwordFromInput?: string): RpcAddress {
  const { values, parameters, networkDirectory } = configuration;
  const { rpccookiefile: cookie, rpcuser: user } = values;
  const [host, port] = splitHostPort(values.rpcconnect);
  const password = passwordFromInput ?? values.rpcpassword;
  const identity =
    password === ''
      ? cookie === null
        ? nobody(`Cookie file was disabled via -norpccookiefile ${NO_PASSWORD}`)
        : readCookie(resolve(networkDirectory, cookie))
      : { user, password, credentials: 'Incorrect rpcuser or rpcpassword were specified.' };
  return {
    host,
    port: values.rpcport ?? port ?? parameters.rpcPort,
    ...identity,
    timeout: values.rpcclienttimeout,
  };
}

const NO_PASSWORD = 'and no rpcpassword was specified.';

type Identity = Pick<RpcAddress, 'user' | 'password' | 'credentials'>;

/** Without a cookie too the node is asked, for the likeliest reason is that none runs, and that is then said. */
const nobody = (credentials: string): Identity => ({ user: '', password: '', credentials });

function readCookie(path: string): Identity {
  try {
    const [user = '', ...rest] = readFileSync(path, 'utf8').split(':');
    const credentials = `Cookie file credentials were invalid ${NO_PASSWORD} (${path})`;
    return { user, password: rest.join(':'), credentials };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return nobody(
      `Failed to read cookie file ${NO_PASSWORD} (${path}: ${code}; a node with another data directory or network may be running)`,
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
      const where = joinHostPort(address.host, address.port);
      reject(
        new ConnectionError(
          `Could not connect to the server ${where} (${error.code ?? error.message})\n\nIs the node running (penny node), and is this its network and RPC port? penny rpc -help names the options.`,
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
