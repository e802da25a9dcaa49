/** One node as it is now, told by its events. Owns what is known of it; nothing is asked again and again. */
import { signal } from '@preact/signals';
import type { RpcClient } from '../client/client.ts';
import type { ChainEvent, MempoolEvent, PeersEvent, PeerTold } from '../events/event-types.ts';
import { type Block, blockOf, judge, type Reorganisation } from './branches.ts';
import { Doors } from './doors.ts';

/** Blocks that are shown from the start, and milliseconds until a reorganisation is looked at as a whole. */
const HISTORY = 24;
const SETTLED = 400;
const RETRY = 1_000;
/** Milliseconds after which a node does not answer. */
const PATIENCE = 10_000;
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

/** Nodes that are begun with, and those whose history is asked for, at once: the first view is not to wait for all. */
const DOORS = new Doors(6);
const HISTORIES = new Doors(1);

export interface Listener {
  /** A block that some node has told of. */
  known(hash: string): Block | undefined;
  block(node: LiveNode, block: Block, isNew: boolean): void;
  transaction(node: LiveNode, txid: string): void;
  reorganised(what: Reorganisation): void;
  peersChanged(node: LiveNode): void;
  /** It cannot be reached now. */
  lost(node: LiveNode): void;
  /** @param first hash of the block behind the genesis block: networks may have that in common */
  found(first: string): void;
}

export class LiveNode {
  readonly name: string;
  readonly client: RpcClient;
  /** What is undefined was not told yet: that is not none. */
  readonly isLive = signal<boolean | undefined>(undefined);
  readonly tip = signal<Block | undefined>(undefined);
  /** Of `pool`, which is one map for ever, since a mempool may be large; and what changes whenever it does. */
  readonly poolSize = signal<number | undefined>(undefined);
  readonly poolAge = signal(0);
  /** The newest first. */
  readonly replacements = signal<readonly Replacement[]>([]);
  readonly pool = new Map<string, Waiting>();
  readonly peers = signal<readonly PeerTold[] | undefined>(undefined);
  readonly wallets = signal<readonly string[]>([]);
  readonly #listener: Listener;
  readonly #stop = new AbortController();
  #leave = (): void => {};
  #left: Block[] = [];
  #joined: Block[] = [];
  #settling: ReturnType<typeof setTimeout> | undefined;
  #frame: ReturnType<typeof setTimeout> | undefined;
  /** Whether sizes and fees of all that waits are known. */
  readonly isWeighed = signal(false);
  /** Somebody looks at more than ids. */
  #isLookedAt = false;
  #hasPool = false;
  /** The next that comes takes their place. */
  #replaced: Replacement['replaced'] = [];

  /** @param connect makes its client, which tells whether events come */
  constructor(
    name: string,
    connect: (onConnection: (isOpen: boolean) => void) => RpcClient,
    listener: Listener,
  ) {
    this.name = name;
    this.#listener = listener;
    this.client = connect((isOpen) => {
      this.isLive.value = isOpen;
      this.#leave();
    });
    void this.#follow();
  }

  close(): void {
    this.#stop.abort();
  }

  /** It belongs to another network now, of which it tells when it is reached. */
  forget(): void {
    this.tip.value = undefined;
    this.replacements.value = [];
    this.pool.clear();
    [this.#hasPool, this.isWeighed.value] = [false, false];
    this.#poolChanged();
    this.#left = [];
    this.#joined = [];
  }

  async #follow(): Promise<void> {
    const { signal: stop } = this.#stop;
    while (!stop.aborted) {
      try {
        this.#leave = await DOORS.enter();
        await this.#catchUp();
        for await (const event of this.client.subscribe({
          topics: ['chain', 'mempool', 'peers'],
          batch: true,
          from: { block: this.tip.value!.hash },
          signal: stop,
        })) {
          // Not every connection tells that it is open.
          this.#leave();
          this.isLive.value = true;
          if (event.topic === 'chain') this.#chain(event);
          else if (event.topic === 'mempool') this.#mempool(event);
          else this.#peers(event as PeersEvent);
        }
      } catch {
        this.isLive.value = false;
        if (!stop.aborted) this.#listener.lost(this);
      }
      this.#leave();
      await new Promise((resolve) => setTimeout(resolve, RETRY));
    }
  }

  /** Its last blocks, as far as no other node has told of them; one node at a time, for they have most in common. */
  async #catchUp(): Promise<void> {
    const { bestblockhash: best, blocks: height } = await this.client
      .with({ timeout: PATIENCE })
      .getblockchaininfo();
    const leave = await HISTORIES.enter();
    try {
      const known = this.#listener.known(best);
      const first = known ? height : Math.max(0, height - HISTORY);
      const heights = Array.from({ length: height - first + 1 }, (_, i) => first + i);
      const [begin, ...hashes] = known
        ? []
        : await this.client.batch((each) =>
            [Math.min(1, height), ...heights].map((one) => each.getblockhash(one)),
          );
      if (begin !== undefined && height > 0) this.#listener.found(begin);
      const headers = await this.client.batch((each) => hashes.map((hash) => each.getblockheader(hash)));
      for (const block of known ? [known] : headers.map(blockOf)) this.#arrived(block, false);
    } finally {
      leave();
    }
  }

  #arrived(block: Block, isNew: boolean): void {
    this.tip.value = block;
    this.#listener.block(this, block, isNew);
  }

  #chain(event: ChainEvent): void {
    const { hash, height, previousblockhash: previous, time } = event.block;
    if (event.type === 'connected') {
      const { txids = [] } = event;
      const block = { hash, height, previous, time, txids, count: txids.length };
      // That each of them leaves is told one by one behind it.
      for (const txid of txids) if (this.pool.delete(txid)) this.#poolChanged();
      this.#arrived(block, true);
      if (this.#left.length > 0) this.#joined.push(block);
    } else {
      const left = this.#listener.known(hash) ?? { hash, height, previous, time, txids: [], count: 1 };
      // Back over a block that just came: it was never a branch of its own.
      if (this.#joined.at(-1)?.hash === hash) this.#joined.pop();
      else this.#left.unshift(left);
      this.tip.value = previous === undefined ? undefined : this.#listener.known(previous);
    }
    if (this.#left.length === 0) return;
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => void this.#settle().catch(() => {}), SETTLED);
  }

  /** Once it has gone over to another branch. */
  async #settle(): Promise<void> {
    if (this.#joined.length === 0) return;
    const [left, joined] = [this.#left, this.#joined];
    this.#left = [];
    this.#joined = [];
    const whole = async (block: Block): Promise<Block> => {
      if (block.txids.length === block.count) return block;
      const { tx } = await this.client.getblock(block.hash, 1);
      return { ...block, txids: tx, count: tx.length };
    };
    const [lost, won] = await Promise.all([left, joined].map((branch) => Promise.all(branch.map(whole))));
    this.#listener.reorganised(judge(this.name, lost!, won!, (txid) => this.pool.has(txid)));
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
      if (left === undefined) return;
      if (reason === 'replaced') this.#replaced = [...this.#replaced, { txid, ...left }].slice(-REPLACEMENTS);
      this.pool.delete(txid);
    } else if (event.type === 'confirmed') for (const txid of event.txids) this.pool.delete(txid);
    else {
      this.pool.clear();
      for (const txid of event.txids) this.pool.set(txid, { vsize: 0, fee: 0 });
      this.#hasPool = true;
      this.isWeighed.value = event.txids.length === 0;
      if (this.#isLookedAt) void this.#weigh();
    }
    this.#poolChanged();
  }

  #poolChanged(): void {
    this.#frame ??= setTimeout(() => {
      this.#frame = undefined;
      this.poolSize.value = this.#hasPool ? this.pool.size : undefined;
      this.poolAge.value++;
    }, FRAME);
  }

  /** A snapshot tells ids only: sizes and fees of what waits are asked for when they are looked at, from then on. */
  weigh(): void {
    if (!this.#isLookedAt && this.#hasPool) void this.#weigh();
    this.#isLookedAt = true;
  }

  async #weigh(): Promise<void> {
    // Where that fails, the connection does as well, and there is another snapshot behind it.
    const all = await this.client.getrawmempool(true).catch(() => undefined);
    if (all === undefined) return;
    for (const [txid, { vsize, fees }] of Object.entries(
      all as unknown as Record<string, { vsize: number; fees: { base: number } }>,
    ))
      if (this.pool.has(txid)) this.pool.set(txid, { vsize, fee: fees.base });
    this.isWeighed.value = true;
    this.#poolChanged();
  }

  #peers(event: PeersEvent): void {
    const { value = [] } = this.peers;
    if (event.type === 'snapshot') this.peers.value = event.peers;
    else if (event.type === 'connected') this.peers.value = [...value, event.peer];
    else this.peers.value = value.filter(({ id }) => id !== event.peer.id);
    this.#listener.peersChanged(this);
  }
}
