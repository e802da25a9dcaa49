/** What a page and the node's worker, or two tabs, say to each other. Types only. */

/** What a node in a tab is started with. */
export interface TabNodeOptions {
  /** What a network file says (the JSON of `genesis.json`), or the name of a preset. */
  readonly network: object | 'regtest' | 'main';
  /** Peers to keep connections to, such as `ws://127.0.0.1:7333`. */
  readonly peers: readonly string[];
  /** Dial nobody else. */
  readonly onlyPeers?: boolean | undefined;
  /** Threads that verify scripts, the node's own included; default what the machine has, at most 4. */
  readonly threads?: number;
  /** By what name chain and wallets are kept, and what only one tab may use; default the network's and its genesis block's. */
  readonly store?: string | undefined;
  /** Throw away what peers can give again (never wallets): the way out where a chain is damaged. */
  readonly fetchAnew?: boolean;
  /** Keep nothing, for who wants no traces. */
  readonly inMemory?: boolean;
}

/**
 * How it is. The owner runs the node; a viewer shows the node that another tab of this network runs, and takes its
 * place, `starting` again, when that tab is closed.
 */
export type TabNodeState =
  | { readonly phase: 'starting'; readonly text: string }
  | {
      readonly phase: 'running';
      readonly role: 'owner' | 'viewer';
      /** In memory it is gone when the tab is closed: where there is no OPFS, as in private windows. */
      readonly storage: 'disk' | 'memory';
      /** Its share in mining and verifying scripts; 1 where the page is not isolated (COOP, COEP). */
      readonly threads: number;
    }
  | { readonly phase: 'stopped'; readonly error?: string };

/** From the page. Calls and sockets are numbered by who asks. */
export type Request =
  | { readonly call: number; readonly path: string; readonly body: string }
  /** Nobody waits for its answer any more. */
  | { readonly cancel: number }
  /** A connection like that to `/events`: calls and events. */
  | { readonly open: number; readonly path: string }
  | { readonly to: number; readonly text: string }
  /** So many characters of its messages were taken. */
  | { readonly taken: number; readonly of: number }
  | { readonly close: number }
  | { readonly stop: true };

/** To the page. */
export type Reply =
  | { readonly answer: number; readonly status: number; readonly body: string }
  | { readonly from: number; readonly text: string }
  | { readonly closed: number }
  | { readonly state: TabNodeState }
  /** A wallet was made: what is stored should not be thrown away when the disk is full. */
  | { readonly persist: true };
