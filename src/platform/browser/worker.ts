/** The script of every worker: loads the part that it is told to play, and gives it its port. */
import type { Begin, Role } from './start-worker.ts';

/** A part, and what it is set up with. */
interface Part {
  run(setup: never, port: MessagePort): unknown;
}

const PARTS: Readonly<Record<Role, () => Promise<Part>>> = {
  node: () => import('./node-worker.ts'),
  search: () => import('./mining/searcher-worker.ts'),
  verify: () => import('./verification/verification-worker.ts'),
};

self.onmessage = ({ data }: MessageEvent<Begin>) => {
  // What goes wrong is to be seen by who has started it.
  const failed = (error: unknown) => queueMicrotask(() => reportError(error));
  PARTS[data.role]()
    .then(({ run }) => run(data.setup as never, data.port))
    .catch(failed);
};
