/** `GET /network.json`: what a page has to know to run a node of the same network in its tab. No secrets. */
import type { NetworkParameters } from '../../../core/parameters/network.ts';
import { networkFile } from '../../../core/parameters/network-file.ts';
import type { Route } from './route.ts';

export interface TabNetwork {
  /** A network file, or the name of a preset. */
  readonly network: object | string;
  /** Who lets the page in: `host:port` by the node's name. */
  readonly peers: Readonly<Record<string, string>>;
  /** Nobody else is to be dialled. */
  readonly onlyPeers?: boolean;
  /** By what name it is kept, where the network's own would mix up several. */
  readonly store?: string;
}

/** As a file or an option names it. */
export const networkNamed = (parameters: NetworkParameters): object | string =>
  ['regtest', 'main'].includes(parameters.name) ? parameters.name : networkFile(parameters);

/** @param network null while it is not known yet */
export const tabRoute = (network: () => Promise<TabNetwork | null>): Route => ({
  path: '/network.json',
  methods: ['GET'],
  bodyLimit: 1,
  async answer() {
    const known = await network();
    const headers = { 'content-type': 'application/json' };
    return { status: known === null ? 503 : 200, headers, body: Buffer.from(JSON.stringify(known)) };
  },
});
