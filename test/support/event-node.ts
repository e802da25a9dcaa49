/** A node on memory parts behind a real RPC server, for tests of events. */
import { MemoryNode } from '../../scripts/conformance/memory-node.ts';
import { createClient, type RpcClient } from '../../src/client/client.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import type { NodeOptions } from '../../src/node.ts';
import { Authentication } from '../../src/platform/node/rpc/authentication.ts';
import { RpcServer, type RpcServerOptions } from '../../src/platform/node/rpc/server.ts';

export const COOKIE = 'user:pass word?>';
/** P2WPKH of a key that is 1. */
export const ADDRESS = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';

export interface EventNode {
  readonly memory: MemoryNode;
  readonly port: number;
  readonly client: RpcClient;
  stop(): Promise<void>;
}

export async function startEventNode(
  options: Partial<RpcServerOptions> = {},
  node: Partial<NodeOptions> = {},
): Promise<EventNode> {
  const memory = await MemoryNode.open(REGTEST, 0, node);
  const authentication = new Authentication();
  const [name, password] = COOKIE.split(':');
  authentication.addPassword(name!, password!);
  authentication.addPassword('limited', 'x');
  const server = new RpcServer(
    {
      bind: [{ host: '127.0.0.1', port: 0 }],
      allowIp: [],
      allowHost: [],
      allowOrigin: ['http://page.example'],
      whitelist: new Map([['limited', new Set(['subscribe', 'getblockcount'])]]),
      whitelistDefault: false,
      ...options,
    },
    { dispatcher: memory.node.rpc, authentication, logger: memory.node.logger },
  );
  const port = await server.start();
  const client = createClient({ url: `http://127.0.0.1:${port}/`, cookie: () => COOKIE, retryDelay: 20 });
  const stop = async (): Promise<void> => {
    await server.stop();
    await memory.stop();
  };
  return { memory, port, client, stop };
}
