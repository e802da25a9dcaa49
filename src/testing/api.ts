/**
 * `penny/testing` as its users see it: what is asked for, and what they get. Types only, and few of them come from
 * the node itself, so that nobody's compiler reads the whole of it.
 */
import type { RpcClient } from '../client/client.ts';

/** Coins (of eight decimals) by the name of the wallet that has them. */
export type Balances = Readonly<Record<string, number>>;

export interface NodeSettings {
  /** Default `node1`, `node2` and so on. */
  readonly name?: string;
  /** Wallets that are there from the start, and what is in each, confirmed. */
  readonly wallets?: Balances;
}

interface CommonOptions {
  /** `regtest` (the default), or the content of a network file. */
  readonly network?: 'regtest' | object;
  /** Processes instead of nodes in this one: real files, sockets, threads and chance, and time that goes on. */
  readonly process?: boolean;
  /** What is by chance follows from it: the same number makes the same keys, blocks and messages; default 1. */
  readonly seed?: number;
  /** Wall time at the start, in seconds since the epoch; default is the beginning of 2025. */
  readonly time?: number;
  /** Told of every line of the logs. */
  readonly log?: (node: string, line: string) => void;
}

export interface Dumps {
  /** Folder for the network of a test that fails; default `$PENNY_DUMPS`, and none without it. */
  readonly dumps?: string;
}

export interface NodeOptions extends CommonOptions, NodeSettings {
  /** Serves its RPC over HTTP on loopback, at this port (0 takes a free one); a process does so anyway. */
  readonly rpcPort?: number;
}

export interface NetworkOptions extends CommonOptions {
  /** How many, or what each is to be; default 2. */
  readonly nodes?: number | readonly NodeSettings[];
  /** Pairs of numbers from 0; default joins each to each. */
  readonly links?: readonly (readonly [number, number])[];
}

export interface WaitOptions {
  /** Real milliseconds until the wait fails, and says what it waited for; default 4,000, of processes 15,000. */
  readonly timeout?: number;
}

export interface TestWallet {
  readonly name: string;
  /** The node's RPC, with calls that mean this wallet. */
  readonly rpc: RpcClient;
  /** A new one. */
  address(): Promise<string>;
  /** Coins, confirmed or of its own change. */
  balance(): Promise<number>;
  /** @returns txid */
  send(to: string | TestWallet, coins: number): Promise<string>;
}

export interface TestNode {
  readonly name: string;
  /** Every method of the RPC, typed; without a socket where the node is in this process. */
  readonly rpc: RpcClient;
  /** Where it serves HTTP, and as whom to ask; null where it does not. */
  readonly http: { readonly url: string; readonly cookie: string } | null;
  /** Blocks now, one by default, so many seconds apart. @returns their hashes */
  mine(blocks?: number, options?: { readonly to?: string; readonly interval?: number }): Promise<string[]>;
  /** One of its wallets: made where it is not there, and given so many coins in a block of their own. */
  wallet(name: string, coins?: number): Promise<TestWallet>;
  /** Pays coins out of nowhere, unconfirmed as yet. @returns txid */
  faucet(address: string, coins: number): Promise<string>;
  /** Resolves when a transaction has so many confirmations, one by default. */
  confirmed(txid: string, confirmations?: number, options?: WaitOptions): Promise<void>;
  /** Resolves when its chain is that high. */
  height(least: number, options?: WaitOptions): Promise<void>;
  /** Takes so many blocks off the chain and builds a branch of one more. @returns its hashes */
  reorganise(
    depth: number,
    options?: {
      /** Of the new branch; default one more than were taken off. */
      readonly blocks?: number;
      /** Whether what is freed is mined again: all of it by default, none, or only these txids. */
      readonly keep?: boolean | readonly string[];
    },
  ): Promise<string[]>;
  /** Lets seconds pass for all that it does; a week takes a moment. */
  advance(seconds: number): Promise<void>;
  /** Keeps chain, mempool, wallets and time as they are. @returns what `revert` takes */
  snapshot(): Promise<string>;
  /** Everything as it was; the last snapshot by default. Later ones are forgotten. */
  revert(snapshot?: string): Promise<void>;
  /** Ends it and starts it again, with what it had on its disk. */
  restart(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Writes a file that `penny devnet --import` opens. */
  dump(path: string): Promise<void>;
}

export interface LinkOptions {
  /** Milliseconds one way; default 10, of processes 0. */
  readonly delay?: number;
  /** Messages that are lost, by their command (`tx`, `cmpctblock`): default none. */
  readonly drop?: readonly string[];
}

export interface TestNetwork {
  readonly nodes: readonly TestNode[];
  /** By its name. @throws where there is none */
  node(name: string): TestNode;
  /** Resolves when those nodes (all that run, by default) have one tip, and one mempool if that is asked. */
  inSync(nodes?: readonly TestNode[], options?: WaitOptions & { readonly mempools?: boolean }): Promise<void>;
  /** Cuts every link between nodes of different groups; who is in none is in one with the others like it. */
  partition(...groups: readonly (readonly TestNode[])[]): Promise<void>;
  cut(a: TestNode, b: TestNode): Promise<void>;
  /** Mends one link, or all. Resolves when they are up. */
  heal(a?: TestNode, b?: TestNode): Promise<void>;
  /** Joins two nodes, or says how their link is from now on. */
  link(a: TestNode, b: TestNode, options?: LinkOptions): Promise<void>;
  /** Lets seconds pass for all. */
  advance(seconds: number): Promise<void>;
  snapshot(): Promise<string>;
  revert(snapshot?: string): Promise<void>;
  stop(): Promise<void>;
  /** Writes a file that `penny devnet --import` opens. */
  dump(path: string): Promise<void>;
}

/** What node:test and Vitest say of a test, as far as it is of use here. */
export interface TestTask {
  readonly name?: string;
  readonly result?: { readonly state?: string | undefined } | undefined;
}

/** As Vitest's `test.extend` takes one. */
export type Fixture<S> = (
  context: { readonly task: TestTask },
  use: (subject: S) => Promise<void>,
) => Promise<void>;

export interface Fixtures {
  readonly node: Fixture<TestNode>;
  readonly network: Fixture<TestNetwork>;
}
