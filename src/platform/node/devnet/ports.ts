/** The ports of a devnet: where they begin, and whether they are free, asked before anything is started. */
import { type AddressInfo, createServer } from 'node:net';
import { UsageError } from '../cli/usage-error.ts';

export const DEFAULT_BASE_PORT = 17_000;

export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port }, () => server.close(() => resolve(true)));
  });
}

/** @param who would take it @throws UsageError if it is not free */
export async function requirePort(port: number, who: string): Promise<void> {
  if (await isPortFree(port)) return;
  throw new UsageError(`Port ${port}, which ${who} would take, is in use: choose others by --base-port`);
}

/** One that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0 }, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
