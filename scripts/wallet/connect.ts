/** Which node and wallet a script talks to: by options, and without them the first node of `npm run devnet`. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createClient, type RpcClient } from '../../src/client/client.ts';

export interface Connection {
  /** Calls of the node. */
  readonly node: RpcClient;
  /** Calls of the wallet. */
  readonly wallet: RpcClient;
  /** The script's own arguments. */
  readonly words: readonly string[];
}

const DEVNET = {
  rpc: 'http://127.0.0.1:17011/',
  cookie: join(homedir(), '.penny-devnet/node1/devnet/.cookie'),
  wallet: 'wallet1',
};

/** Reads `--rpc URL`, `--cookie FILE` and `--wallet NAME`; ends with the usage if `count` words are not left. */
export function connect(usage: string, count: number): Connection {
  const end = (text: string, code: number): never => {
    process.stderr.write(`${text}\n`);
    process.exit(code);
  };
  const start = 'start a devnet by "npm run devnet", or name a node by --rpc URL --cookie FILE --wallet NAME';
  // Whatever a script does not catch is told in one line. Of the client's errors those of the connection have a cause.
  process.on('uncaughtException', ({ message, cause }) =>
    end(`error: ${message}${cause === undefined ? '' : `: ${start}`}`, 1),
  );
  const given = parseArgs({
    allowPositionals: true,
    options: { rpc: { type: 'string' }, cookie: { type: 'string' }, wallet: { type: 'string' } },
  });
  const words = given.positionals;
  const { rpc, cookie, wallet } = { ...DEVNET, ...given.values };
  if (words.length !== count) end(`usage: ${usage} [--rpc URL] [--cookie FILE] [--wallet NAME]`, 2);
  const readCookie = (): string => {
    try {
      return readFileSync(cookie, 'utf8');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new Error(`no node runs with the cookie ${cookie} (${code})`, { cause: error });
    }
  };
  const node = createClient({ url: rpc, cookie: readCookie });
  return { node, wallet: node.wallet(wallet), words };
}

export const sleep = (seconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, seconds * 1000));
