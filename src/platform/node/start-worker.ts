/** Starts worker threads from `src` (TypeScript, under tsx or vitest) and from `dist` alike. */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/** @param url of a module beside the caller's: `new URL('./x-worker.ts', import.meta.url)`; the build renames it. */
export function startWorker(url: URL, options: WorkerOptions): Worker {
  const isSource = import.meta.url.endsWith('.ts');
  if (!isSource) return new Worker(new URL(url.href.replace(/\.ts$/, '.js')), options);
  // Node 20 loads no TypeScript in a worker, whatever its parent was started with: register tsx there first.
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx/esm/api')).href;
  const boot = `import(${JSON.stringify(tsx)}).then(({ register }) => { register(); return import(${JSON.stringify(url.href)}); });`;
  return new Worker(boot, { ...options, eval: true });
}
