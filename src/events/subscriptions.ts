/**
 * Who is to be told what happens: wakes the connections that follow a topic when something of it changes, some at
 * a time, after everything else that waits for it. Owns what their subscriptions share; costs nothing before the
 * first one.
 */
import type { HeaderEntry } from '../chain/header-entry.ts';
import { forkOf } from '../chain/header-entry.ts';
import type { Signal } from '../chain/signal.ts';
import type { BlockHash } from '../core/block/header.ts';
import { toHex } from '../core/encoding/bytes.ts';
import { refuse } from '../rpc/kit.ts';
import { requireData } from '../rpc/lookup.ts';
import type { Random, Timer } from '../seams.ts';
import { BlockTexts } from './block-texts.ts';
import type { SubscriptionCall } from './call.ts';
import type { Detail, Topic } from './event-types.ts';
import { MempoolLog } from './mempool-log.ts';
import { scriptFilter } from './script-filter.ts';
import type { Session } from './session.ts';
import { Subscription, type SubscriptionSources } from './subscription.ts';

const HEARTBEAT = 15_000;
/** Connections that are told at once. The others wait, in milliseconds: a call that did it is to be answered before. */
const FIRST_SESSIONS = 4;
const PAUSE = 10;
/** Those that are told before everything else gets its turn; at first one. */
const SESSIONS_PER_TURN = 16;
const SLOW_TURNS = 100;
const WALLET = 'wallet:';

export class Subscriptions {
  /** One run of the node: sequences of the mempool begin anew with each. */
  readonly boot: string;
  readonly #sources: SubscriptionSources;
  readonly #walletChanged: Signal<string>;
  readonly #texts: BlockTexts;
  #log: MempoolLog | undefined;
  readonly #sessions = new Set<Session>();
  readonly #woken = new Set<Session>();
  /** Topics of which something has happened. */
  #changed = new Set<Topic>();
  #isTelling = false;
  #heartbeat: Timer | undefined;
  #unsubscribe: (() => void)[] = [];
  #count = 0;

  /** @param walletChanged names of wallets of which something changed, and is on the disk */
  constructor(sources: SubscriptionSources, random: Random, walletChanged: Signal<string>) {
    this.#sources = sources;
    this.#walletChanged = walletChanged;
    this.boot = toHex(random.bytes(8));
    this.#texts = new BlockTexts(sources);
  }

  /** Makes a subscription of a connection; its events follow the answer. @throws RpcError */
  async open(call: SubscriptionCall, session: Session) {
    const { chain } = this.#sources;
    session.requireRoom();
    const topics = new Set(call.topics.map((topic) => this.#topic(topic)));
    if (topics.size === 0) throw refuse.parameter('Which topics?');
    const detail = detailOf(call.detail);
    const filter = await scriptFilter(call, { ...this.#sources, parameters: chain.parameters });
    const { from } = call;
    const wanted = from.block === undefined ? chain.tip : this.#known(from.block);
    const block = topics.has('chain') ? wanted : undefined;
    const fork = forkOf(wanted, chain.tip);
    const needsBlocks = block !== undefined && detail !== 'headers';
    if (needsBlocks && fork !== chain.tip) requireData(chain, chain.next(fork)!);
    if (topics.has('mempool')) this.#log ??= this.#startLog();
    // With a filter it is not known what of that which has left since was told.
    const goesOn = from.boot === this.boot && from.mempool !== undefined && filter === undefined;
    const mempool = goesOn && this.#log?.knows(from.mempool) ? from.mempool : null;
    const reset: Topic[] = topics.has('mempool') && mempool === null ? ['mempool'] : [];
    if (topics.has('peers')) reset.push('peers');
    const wallets = new Map<string, number>();
    for (const topic of topics) {
      if (!isOfWallet(topic)) continue;
      const { last } = this.#walletChanges(topic.slice(WALLET.length));
      const known = from[topic] ?? last;
      // A wallet of another life: all of this one is told.
      if (known > last) reset.push(topic);
      wallets.set(topic.slice(WALLET.length), known > last ? 0 : known);
    }
    const { batch } = call;
    const request = { topics, detail, filter, batch, block, mempool, wallets };
    const shared = { sources: this.#sources, texts: this.#texts, log: this.#log };
    const subscription = new Subscription(request, { ...shared, key: String(++this.#count) });
    const name = session.add(subscription, this);
    this.#sessions.add(session);
    this.#begin();
    const placeOf = ({ hash, height }: HeaderEntry) => ({ hash, height });
    const known = Object.fromEntries(Array.from(wallets, ([wallet, last]) => [`${WALLET}${wallet}`, last]));
    return {
      subscription: name,
      position: { block: block?.hash, boot: this.boot, mempool: mempool ?? undefined, ...known },
      boot: this.boot,
      tip: placeOf(chain.tip),
      from: block && placeOf(block),
      replay: block && { disconnect: block.height - fork.height, connect: chain.height - fork.height },
      reset,
    };
  }

  /** What was added since is told from now on. */
  wake(session: Session): void {
    if (!this.#sessions.has(session)) return;
    this.#woken.add(session);
    void this.#tell();
  }

  /** It has no subscriptions any more. */
  leave(session: Session): void {
    this.#sessions.delete(session);
    this.#woken.delete(session);
    if (this.#sessions.size > 0) return;
    this.#heartbeat?.cancel();
    this.#heartbeat = undefined;
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
  }

  yield(): Promise<void> {
    return this.#sources.clock.yield();
  }

  close(): void {
    for (const session of [...this.#sessions]) session.end();
  }

  #topic(text: string): Topic {
    if (text === 'chain' || text === 'mempool' || text === 'peers') return text;
    if (!text.startsWith(WALLET)) throw refuse.parameter(`Unknown topic '${text}'`);
    this.#walletChanges(text.slice(WALLET.length));
    return text as Topic;
  }

  /** @throws RpcError -18; WalletError if it cannot be used */
  #walletChanges(name: string): { readonly last: number } {
    const wallet = this.#sources.wallets.get(name);
    if (wallet !== undefined) return wallet.history.changes;
    throw refuse.wallet_not_found('Requested wallet does not exist or is not loaded');
  }

  /** The first block of a locator that the node has heard of. @throws RpcError -5 */
  #known(hashes: string | readonly string[]): HeaderEntry {
    for (const hash of typeof hashes === 'string' ? [hashes] : hashes) {
      const entry = this.#sources.chain.entry(hash as BlockHash);
      if (entry !== undefined) return entry;
    }
    throw refuse.key('Block not found');
  }

  #startLog(): MempoolLog {
    const { chain, mempool } = this.#sources;
    return new MempoolLog(chain, mempool, () => this.#wake('mempool'));
  }

  #begin(): void {
    if (this.#heartbeat !== undefined) return;
    const { chain, network } = this.#sources;
    this.#unsubscribe = [
      chain.connected.subscribe((event) => {
        this.#texts.connected(event);
        this.#wake('chain');
      }),
      chain.disconnected.subscribe(() => this.#wake('chain')),
      network.peersChanged.subscribe(() => this.#wake('peers')),
      this.#walletChanged.subscribe((name) => this.#wake(`${WALLET}${name}`)),
    ];
    this.#scheduleHeartbeat();
  }

  #scheduleHeartbeat(): void {
    const beat = (): void => {
      for (const session of this.#sessions) {
        for (const subscription of session.subscriptions()) subscription.heartbeatDue = true;
        this.#woken.add(session);
      }
      void this.#tell();
      this.#scheduleHeartbeat();
    };
    this.#heartbeat = this.#sources.clock.schedule(HEARTBEAT, beat, 'process');
  }

  #wake(topic: Topic): void {
    this.#changed.add(topic);
    void this.#tell();
  }

  async #tell(): Promise<void> {
    if (this.#isTelling) return;
    this.#isTelling = true;
    for (let turns = 0; this.#changed.size + this.#woken.size > 0; ) {
      // Whoever waits for the same thing goes first.
      await this.yield();
      const changed = this.#changed;
      this.#changed = new Set();
      let left = 1;
      let told = 0;
      for (const session of this.#sessions) {
        if (!session.concerns(changed) && !this.#woken.has(session)) continue;
        if (told++ === FIRST_SESSIONS)
          await new Promise<void>((resolve) => this.#sources.clock.schedule(PAUSE, resolve, 'process'));
        if (left-- === 0) {
          await this.yield();
          left = ++turns < SLOW_TURNS ? 0 : SESSIONS_PER_TURN - 1;
        }
        this.#woken.delete(session);
        void session.tell();
      }
    }
    this.#isTelling = false;
  }
}

const isOfWallet = (topic: Topic): topic is `wallet:${string}` => topic.startsWith(WALLET);

const DETAILS: readonly string[] = ['headers', 'txids', 'hex', 'decoded'] satisfies Detail[];

function detailOf(text: string): Detail {
  if (!DETAILS.includes(text)) throw refuse.parameter(`Unknown detail '${text}'`);
  return text as Detail;
}
