/**
 * The worker of a tab: runs the node if no other tab does, or else shows that one's until it is this one's turn. Owns
 * the lock, and who is answered.
 */
import { parseNetworkFile } from '../../core/parameters/network-file.ts';
import { MAIN, REGTEST } from '../../core/parameters/presets.ts';
import { Caller } from './callers.ts';
import { startNode } from './create-node.ts';
import type { Reply, Request, TabNodeOptions, TabNodeState } from './protocol.ts';
import { hasThreads } from './threads.ts';

/** Verifying and mining threads, unless one says how many: a page is not the only one on a machine. */
const MOST_THREADS = 4;
const PRESETS = { main: MAIN, regtest: REGTEST };

export async function run(options: TabNodeOptions, port: MessagePort): Promise<void> {
  const tell = (reply: Reply): void => port.postMessage(reply);
  const become = (state: TabNodeState): void => tell({ state });
  try {
    await own(options, port, tell, become);
    become({ phase: 'stopped' });
  } catch (error) {
    become({ phase: 'stopped', error: error instanceof Error ? error.message : String(error) });
  }
}

async function own(
  { network, peers, threads: wanted }: TabNodeOptions,
  port: MessagePort,
  tell: (reply: Reply) => void,
  become: (state: TabNodeState) => void,
): Promise<void> {
  const parameters = typeof network === 'string' ? PRESETS[network] : parseNetworkFile(network);
  const threads = hasThreads() ? Math.min(wanted ?? MOST_THREADS, navigator.hardwareConcurrency) : 1;
  let end: () => void = () => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  let page: Caller | undefined;
  const running = await startNode({ parameters, peers, threads }, (rpc) => {
    page = new Caller(rpc, tell);
    port.onmessage = ({ data }: MessageEvent<Request>) => ('stop' in data ? end() : page!.take(data));
  });
  become({ phase: 'running', role: 'owner', storage: 'memory', threads });
  const error = await Promise.race([ended, running.node.ended]);
  page?.close();
  await running.stop();
  if (error instanceof Error) throw error;
}
