/** One node as it is now, told by its events. Owns what is known of it; nothing is asked again and again. */
import { signal } from '@preact/signals';
import type { RpcClient } from '../client/client.ts';
import type { ChainEvent, MempoolEvent, PeersEvent, PeerTold } from '../events/event-types.ts';
import { type Block, judge, type Reorganisation } from './branches.ts';
import { clientOf, type NodeFacts } from './session.ts';

/** Blocks that are shown from the start, and milliseconds until a reorganisation is looked at as a whole. */
const HISTORY = 24;
const SETTLED = 400;
const RETRY = 1_000;
/** Milliseconds in which what is shown of a mempool may be behind it. */
const FRAME = 50;
/** So many are kept. */
const REPLACEMENTS = 50;

export interface Waiting {
  readonly vsize: number;
  /** Bitcoin */
  readonly fee: number;
}

/** Of the mempool: what took the place of what. */
export interface Replacement extends Waiting {
  readonly txid: string;
  readonly replaced: readonly (Waiting & { readonly txid: string })[];
}

export interface Listener {
  block(node: LiveNode, block: Block, isNew: boolean): void;
  transaction(node: LiveNode, txid: string): void;
  reorganised(what: Reorganisation): void;
  peersChanged(node: LiveNode): void;
}

export class LiveNode {
  readonly name: string;
  readonly client: RpcClient;
  readonly isLive = signal(false);
  readonly tip = signal<Block | undefined>(undefined);
  /** Of `pool`, which is one map for ever, since a mempool may be large; and what changes whenever it does. */
  readonly poolSize = signal(0);
  readonly poolAge = signal(0);
  /** The newest first. */
  readonly replacements = signal<readonly Replacement[]>([]);
  readonly pool = new Map<string, Waiting>();
  readonly peers = signal<readonly PeerTold[]>([]);
  readonly wallets = signal<readonly string[]>([]);
  readonly #listener: Listener;
  readonly #stop = new AbortController();
  readonly #known = new Map<string, Block>();
  #isHistory = true;
  #left: Block[] = [];
  #joined: Block[] = [];
  #settling: ReturnType<typeof setTimeout> | undefined;
  #frame: ReturnType<typeof setTimeout> | undefined;
  /** The next that comes takes their place. */
  #replaced: Replacement['replaced'] = [];

  constructor(facts: NodeFacts, listener: Listener) {
    this.name = facts.name;
    this.wallets.value = facts.wallets;
    this.#listener = listener;
    this.client = clientOf(facts, (isOpen) => (this.isLive.value = isOpen));
    void this.#follow();
  }

  close(): void {
    this.#stop.abort();
  }

  async #follow(): Promise<void> {
    const { signal: stop } = this.#stop;
    while (!stop.aborted) {
      try {
        const { blocks, bestblockhash } = await this.client.getblockchaininfo();
        const block = await this.client.getblockhash(Math.max(0, blocks - HISTORY));
        this.#isHistory = block !== bestblockhash;
        if (!this.#isHistory) await this.#show(bestblockhash);
        for await (const event of this.client.subscribe({
          topics: ['chain', 'mempool', 'peers'],
          from: { block },
          signal: stop,
        })) {
          if (event.topic === 'chain') this.#chain(event, bestblockhash);
          else if (event.topic === 'mempool') this.#mempool(event);
          else this.#peers(event as PeersEvent);
        }
      } catch {
        this.isLive.value = false;
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY));
    }
  }

  async #show(hash: string): Promise<void> {
    const { height, previousblockhash: previous, time, tx } = await this.client.getblock(hash, 1);
    this.#arrived({ hash, height, previous, time, txids: tx, count: tx.length });
  }

  #arrived(block: Block): void {
    this.#known.set(block.hash, block);
    // Those of a branch that may be left are needed; nothing older.
    if (this.#known.size > 10 * HISTORY) this.#known.delete(this.#known.keys().next().value!);
    this.tip.value = block;
    this.#listener.block(this, block, !this.#isHistory);
  }

  #chain(event: ChainEvent, best: string): void {
    const { hash, height, previousblockhash: previous, time } = event.block;
    if (event.type === 'connected') {
      const { txids = [] } = event;
      const block = { hash, height, previous, time, txids, count: txids.length };
      this.#arrived(block);
      if (this.#left.length > 0) this.#joined.push(block);
      if (hash === best) this.#isHistory = false;
    } else {
      const left = this.#known.get(hash) ?? { hash, height, previous, time, txids: [], count: 0 };
      // Back over a block that just came: it was never a branch of its own.
      if (this.#joined.at(-1)?.hash === hash) this.#joined.pop();
      else this.#left.unshift(left);
      this.tip.value = previous === undefined ? undefined : this.#known.get(previous);
    }
    if (this.#left.length === 0) return;
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.#settle(), SETTLED);
  }

  /** Once it has gone over to another branch. */
  #settle(): void {
    if (this.#joined.length === 0) return;
    this.#listener.reorganised(judge(this.name, this.#left, this.#joined, (txid) => this.pool.has(txid)));
    this.#left = [];
    this.#joined = [];
  }

  #mempool(event: MempoolEvent): void {
    if (event.type === 'added') {
      const { txid, vsize, fee } = event;
      this.pool.set(txid, { vsize, fee });
      if (this.#replaced.length > 0) {
        const replacement = { txid, vsize, fee, replaced: this.#replaced };
        this.replacements.value = [replacement, ...this.replacements.value].slice(0, REPLACEMENTS);
        this.#replaced = [];
      }
      this.#listener.transaction(this, event.txid);
    } else if (event.type === 'removed') {
      const { txid, reason } = event;
      const left = this.pool.get(txid);
      if (reason === 'replaced' && left !== undefined)
        this.#replaced = [...this.#replaced, { txid, ...left }].slice(-REPLACEMENTS);
      this.pool.delete(txid);
    } else {
      this.pool.clear();
      for (const txid of event.txids) this.pool.set(txid, { vsize: 0, fee: 0 });
      if (event.txids.length > 0) void this.#weigh();
    }
    this.#poolChanged();
  }

  #poolChanged(): void {
    this.#frame ??= setTimeout(() => {
      this.#frame = undefined;
      this.poolSize.value = this.pool.size;
      this.poolAge.value++;
    }, FRAME);
  }

  /** A snapshot tells ids only. */
  async #weigh(): Promise<void> {
    const all = await this.client.getrawmempool(true).catch(() => ({}));
    for (const [txid, { vsize, fees }] of Object.entries(
      all as Record<string, { vsize: number; fees: { base: number } }>,
    ))
      if (this.pool.has(txid)) this.pool.set(txid, { vsize, fee: fees.base });
    this.#poolChanged();
  }

  #peers(event: PeersEvent): void {
    const { value } = this.peers;
    if (event.type === 'snapshot') this.peers.value = event.peers;
    else if (event.type === 'connected') this.peers.value = [...value, event.peer];
    else this.peers.value = value.filter(({ id }) => id !== event.peer.id);
    this.#listener.peersChanged(this);
  }
}
