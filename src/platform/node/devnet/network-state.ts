/**
 * A whole network as one file: its rules, its time, every block that any node has, and for each node its branches,
 * mempool and wallets. Taken from nodes by their RPC, whatever they run on. Owns what a state holds; not how one is
 * read and started.
 */
import { stat, writeFile } from 'node:fs/promises';
import type { RpcClient } from '../../../client/client.ts';
import { toDisplayHex } from '../../../core/encoding/bytes.ts';
import type { NetworkParameters } from '../../../core/parameters/network.ts';
import { networkNamed } from '../rpc/tab-route.ts';
import { replaceFile } from '../storage/small-files.ts';

export type LinkState = {
  readonly between: readonly [string, string];
  /** Milliseconds one way. */
  readonly delay?: number;
  /** Messages that are lost, by their command. */
  readonly drop?: readonly string[];
  readonly cut?: boolean;
};

/** Of a message, as links know it. */
export const COMMAND = /^[a-z0-9]{1,12}$/;

/** A node in a tab of the page, in links: the devnet has no part in it but that. */
export const TAB = 'tab';

export interface NodeState {
  readonly name: string;
  /** Block hashes: the tip, and then the ends of other branches. */
  readonly tips: readonly string[];
  /** Transactions in hex, parents first. */
  readonly mempool: readonly string[];
  /** What `backupwallet` writes in base64, by the wallet's name. */
  readonly backups: Readonly<Record<string, string>>;
}

export interface NetworkState {
  /** A network file, or the name of a preset. */
  readonly network: object | string;
  /** Seconds since the epoch. */
  readonly time: number;
  readonly nodes: readonly NodeState[];
  readonly links: readonly LinkState[];
  /** In hex, parents first. */
  readonly blocks: readonly string[];
  /** Seconds between blocks, on average; without it none is mined unasked. */
  readonly blockTime?: number;
  readonly paymentsPerMinute?: number;
}

/** A node, as far as its state is asked. */
export interface Subject {
  readonly name: string;
  readonly rpc: RpcClient;
  backup(wallet: string): Promise<Uint8Array>;
}

/** Branches whose blocks the node has, and not refused. */
const WHOLE = new Set(['active', 'valid-fork', 'valid-headers']);
const PREV_START = 4;
const PREV_END = 36;

export async function takeState(
  subjects: readonly Subject[],
  {
    parameters,
    ...rest
  }: Omit<NetworkState, 'network' | 'nodes' | 'blocks'> & { readonly parameters: NetworkParameters },
): Promise<NetworkState> {
  /** Hex by hash. */
  const blocks = new Map<string, string>();
  const nodes: NodeState[] = [];
  for (const subject of subjects) nodes.push(await takeNode(subject, blocks));
  return { network: networkNamed(parameters), ...rest, nodes, blocks: [...blocks.values()] };
}

async function takeNode({ name, rpc, backup }: Subject, blocks: Map<string, string>): Promise<NodeState> {
  const genesis = await rpc.getblockhash(0);
  const tips = (await rpc.getchaintips()).filter(({ status }) => WHOLE.has(status));
  tips.sort((a, b) => Number(b.status === 'active') - Number(a.status === 'active'));
  for (const { hash } of tips) {
    const branch: [string, string][] = [];
    for (let at = hash; at !== genesis && !blocks.has(at); ) {
      const hex = await rpc.getblock(at, 0);
      branch.push([at, hex]);
      at = toDisplayHex(Buffer.from(hex.slice(2 * PREV_START, 2 * PREV_END), 'hex'));
    }
    for (const [at, hex] of branch.reverse()) blocks.set(at, hex);
  }
  const entries = Object.entries(await rpc.getrawmempool({ verbose: true }));
  entries.sort(([, a], [, b]) => a.ancestorcount - b.ancestorcount);
  const mempool = await Promise.all(entries.map(([txid]) => rpc.getrawtransaction({ txid })));
  const backups: Record<string, string> = {};
  for (const wallet of await rpc.listwallets())
    backups[wallet] = Buffer.from(await backup(wallet)).toString('base64');
  return { name, tips: tips.map(({ hash }) => hash), mempool, backups };
}

export const writeState = (path: string, state: NetworkState): Promise<void> =>
  writeText(path, `${JSON.stringify(state)}\n`);

/** A file is there whole, or as it was; what is none, a pipe say, is written into. @throws the system's error */
export async function writeText(path: string, text: string): Promise<void> {
  const isOther = await stat(path).then(
    (there) => !there.isFile(),
    () => false,
  );
  await (isOther ? writeFile(path, text) : replaceFile(path, Buffer.from(text)));
}
