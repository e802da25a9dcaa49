/** `/health` for whoever watches over the node, and `/metrics` for Prometheus: plain text, without a password. */
import type { Dispatcher } from '../../../rpc/dispatcher.ts';
import { RpcError } from '../../../rpc/errors.ts';
import type { Metrics } from './metrics.ts';
import type { Route } from './route.ts';

const text = (status: number, body: string, type = 'text/plain; charset=utf-8') => ({
  status,
  headers: { 'content-type': type, 'cache-control': 'no-store' },
  body: Buffer.from(body),
});

/** Headers come before their blocks. */
const ALLOWED_LAG = 2;

/** Why the node is not to be relied on now; null if it is. */
export function unhealthy(dispatcher: Dispatcher): string | null {
  try {
    const { chain } = dispatcher.context;
    if (chain.isReindexing) return 'Reading the block files again';
    const { height } = chain;
    const best = chain.bestHeader.height;
    // A node that has caught up once is told so for ever: it may have fallen behind since.
    if (chain.isInitialBlockDownload || best - height > ALLOWED_LAG)
      return `Catching up: block ${height} of ${best}`;
    return chain.warnings[0] ?? null;
  } catch (error) {
    if (error instanceof RpcError) return error.message;
    throw error;
  }
}

export const healthRoute = (dispatcher: Dispatcher): Route => ({
  path: '/health',
  methods: ['GET', 'HEAD'],
  bodyLimit: 1,
  async answer() {
    const reason = unhealthy(dispatcher);
    return text(reason === null ? 200 : 503, `${reason ?? 'ok'}\n`);
  },
});

export const metricsRoute = ({ registry }: Metrics): Route => ({
  path: '/metrics',
  methods: ['GET', 'HEAD'],
  bodyLimit: 1,
  answer: async () => text(200, await registry.metrics(), registry.contentType),
});
