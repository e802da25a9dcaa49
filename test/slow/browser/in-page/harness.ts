/** In the page: starts a node in the tab, and calls it for a test. */
import type { RpcArgument } from '../../../../src/client/client.ts';
import { startTabNode, type TabNode } from '../../../../src/platform/browser/node-client.ts';
import type { TabNodeState } from '../../../../src/platform/browser/protocol.ts';
import type { Harness, SuiteResults } from './harness-interface.ts';

let node: TabNode;
const states: TabNodeState[] = [];

const harness: Harness = {
  states,
  start(script, options) {
    node = startTabNode(script, options, (state) => states.push(state));
  },
  call(path, method, ...parameters) {
    const client = path === '/' ? node.client : node.client.wallet(path.slice('/wallet/'.length));
    const [first] = parameters;
    // By name.
    if (typeof first === 'object') return client.callNamed(method, first as Record<string, RpcArgument>);
    return client.call(method, ...(parameters as RpcArgument[]));
  },
  async blocks(count) {
    const hashes: string[] = [];
    for await (const event of node.client.subscribe({ topics: ['chain'] }))
      if (event.type === 'connected' && hashes.push(event.block.hash) === count) break;
    return hashes;
  },
  stop: () => node.stop(),
  suites: (url) =>
    new Promise((resolve, reject) => {
      const rules = { createScriptURL: (script: string) => script };
      const policy = (globalThis as unknown as Policies).trustedTypes.createPolicy('suites', rules);
      const worker = new Worker(policy.createScriptURL('suites.js'), {
        type: 'module',
        name: `suites ${url}`,
      });
      worker.onmessage = ({ data }: MessageEvent<SuiteResults>) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
    }),
};

interface Policies {
  readonly trustedTypes: { createPolicy<R>(name: string, rules: R): R };
}

Object.assign(globalThis, { harness });
