/** Which node and wallet a script talks to: by options, and without them the first node of `npm run devnet`. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { RpcClient } from '../../src/rpc/client.ts';

export interface Connection {
  /** Calls of the node. */
  readonly node: RpcClient;
  /** Calls of the wallet. */
  readonly wallet: RpcClient;
  /** The script's own arguments. */
  readonly words: readonly string[];
}

/** Reads `--rpc URL`, `--cookie FILE` and `--wallet NAME`; ends with the usage if `count` words are not left. */
export function connect(usage: string, count: number): Connection {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rpc: { type: 'string', default: 'http://127.0.0.1:17011/' },
      cookie: { type: 'string', default: join(homedir(), '.penny-devnet/node1/devnet/.cookie') },
      wallet: { type: 'string', default: 'wallet1' },
    },
  });
  if (positionals.length !== count) {
    process.stderr.write(`usage: ${usage} [--rpc URL] [--cookie FILE] [--wallet NAME]\n`);
    process.exit(2);
  }
  const node = new RpcClient({ url: values.rpc, cookie: () => readFileSync(values.cookie, 'utf8') });
  return { node, wallet: node.wallet(values.wallet), words: positionals };
}

export const sleep = (seconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, seconds * 1000));
