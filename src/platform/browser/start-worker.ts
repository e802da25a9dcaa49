/** Starts the web's workers: one script, which loads the part that it is told to play. */

export type Role = 'node' | 'search' | 'verify';

/** The first message to a worker; all others go by the port, which keeps what comes before somebody listens. */
export interface Begin {
  readonly role: Role;
  readonly setup: unknown;
  readonly port: MessagePort;
}

interface StartedWorker {
  readonly worker: Worker;
  readonly port: MessagePort;
}

/** Where the page's policy lets scripts be loaded only from addresses that were vouched for. */
interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): string };
}

/** @param script of the page's own origin */
export function startWorker(script: string, role: Role, setup: unknown): StartedWorker {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  const policy = trustedTypes?.createPolicy('penny-worker', { createScriptURL: (url) => url });
  const worker = new Worker(policy?.createScriptURL(script) ?? script, { type: 'module', name: role });
  const { port1, port2 } = new MessageChannel();
  const begin: Begin = { role, setup, port: port2 };
  worker.postMessage(begin, [port2]);
  return { worker, port: port1 };
}
