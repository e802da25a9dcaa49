/**
 * What all indexes have in common: a store of their own, how far they are in it, and a loop that brings them
 * to the chain's tip in the background. A crash may leave an index ahead of the chain, behind it, or on
 * another branch; the loop finds its way from there. Never makes the chain wait.
 */
import type { BlockEvent, Chain } from '../chain/chain.ts';
import type { HeaderEntry } from '../chain/header-entry.ts';
import type { KeyRange, KeySpan, KeyValueStore, Operation } from '../chain/key-value-store.ts';
import { Signal } from '../chain/signal.ts';
import { CorruptionError, type Storage } from '../chain/storage.ts';
import type { BlockHash } from '../core/block/header.ts';
import { latin1, toDisplayHex } from '../core/encoding/bytes.ts';
import type { Clock, Logger } from '../seams.ts';

export interface IndexDependencies {
  readonly chain: Chain;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A block with what it spent. */
export type IndexedBlock = Pick<BlockEvent, 'entry' | 'block' | 'undo'>;

/** What one kind of index does with a block. */
export interface IndexContent {
  /** Operations that add the block; its parent was added before. */
  connect(indexed: IndexedBlock, store: PendingStore): Promise<readonly Operation[]>;
  /** Operations that take the block back; none where what was written of it may stay. */
  disconnect?(indexed: IndexedBlock, store: PendingStore): Promise<readonly Operation[]>;
}

/** Reads through what is not written yet. */
interface PendingStore {
  get(key: Uint8Array): Promise<Uint8Array | undefined>;
  /** Values in the order of the keys, which were written several times: an earlier one must not come back. */
  latest(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]>;
}

/** Hash of the last block added, 32 bytes. */
const BEST_KEY = Uint8Array.of(0x42);
/** Operations collected before they are written, while catching up. */
const BATCH_OPERATIONS = 5000;
/** Milliseconds after which everything else gets its turn. */
const MAX_TURN = 10;

export class Follower implements PendingStore {
  readonly name: string;
  readonly #store: KeyValueStore;
  readonly #content: IndexContent;
  readonly #dependencies: IndexDependencies;
  /** The last block that was added; null before the genesis block. */
  #best: HeaderEntry | null = null;
  /** The last block added as the store has it. */
  #written: HeaderEntry | null = null;
  #pending: Operation[] = [];
  readonly #pendingValues = new Map<string, Uint8Array | null>();
  /** The chain's last event: usually the block needed next, which need not be read then. */
  #latest: BlockEvent | undefined;
  #running: Promise<void> | undefined;
  #caughtUp = false;
  /** What was read while it catches up is to be proved in the end. */
  #isUnproved = false;
  #closed = false;
  #failure: Error | undefined;
  readonly #unsubscribe: (() => void)[] = [];
  readonly #advanced = new Signal<void>();

  private constructor(
    name: string,
    content: IndexContent,
    dependencies: IndexDependencies,
    store: KeyValueStore,
  ) {
    this.name = name;
    this.#content = content;
    this.#dependencies = dependencies;
    this.#store = store;
  }

  /** @param name of the store, in Core's words (`txindex`). Starts to catch up at once. */
  static async open(name: string, content: IndexContent, dependencies: IndexDependencies): Promise<Follower> {
    const { storage, chain, logger } = dependencies;
    const path = `indexes/${name}`;
    let store: KeyValueStore | undefined;
    let best: HeaderEntry | null = null;
    try {
      store = await storage.store(path);
      const hash = await store.get(BEST_KEY);
      const entry = hash === undefined ? null : chain.entry(toDisplayHex(hash) as BlockHash);
      // Of an unknown block nothing can be taken back: the block index was rebuilt or lost.
      if (entry === undefined) throw new CorruptionError(`${name} does not fit the chain`);
      best = entry;
    } catch (error) {
      if (!(error instanceof CorruptionError)) throw error;
      logger.log('warn', 'index', `${error.message}, and is built anew`);
      await store?.close();
      await storage.destroy(path);
      store = await storage.store(path);
    }
    const follower = new Follower(name, content, dependencies, store);
    follower.#best = best;
    follower.#written = follower.#best;
    follower.#follow();
    return follower;
  }

  /** Height of the last block added; -1 before the genesis block. */
  get height(): number {
    return this.#best?.height ?? -1;
  }

  get isSynchronized(): boolean {
    return this.#best === this.#dependencies.chain.verifiedChain.tip;
  }

  /** It has not come to the chain's tip yet since it was opened, and works on it: to wait may take hours. */
  get isCatchingUp(): boolean {
    return !this.#caughtUp && this.#failure === undefined;
  }

  /** Resolves when the tip of this moment, or a later one, is in the index. @throws what stopped the index. */
  async synchronize(): Promise<void> {
    const { tip } = this.#dependencies.chain.verifiedChain;
    const reached = (): boolean => this.#written?.descendsFrom(tip) === true;
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      if (reached() || this.#closed) return;
      await this.#advance();
    }
  }

  #advance(): Promise<void> {
    return new Promise((resolve) => {
      const unsubscribe = this.#advanced.subscribe(() => {
        unsubscribe();
        resolve();
      });
    });
  }

  /** Resolves when it is at the very tip, and reads no block that has left the chain; or does nothing any more. */
  async arrived(): Promise<void> {
    const { chain } = this.#dependencies;
    const isElsewhere = (): boolean =>
      this.#written !== chain.verifiedChain.tip && this.#failure === undefined;
    // Where a block came and went, it may be busy with that one although it stands where it stood before.
    while ((this.#running !== undefined || isElsewhere()) && !this.#closed) await this.#advance();
  }

  /** @throws CorruptionError rather than say that there is nothing where something was lost */
  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    const [value] = await this.#getMany([key]);
    if (value === undefined) await this.prove([[key, key]]);
    return value;
  }

  async latest(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    const values = await this.#getMany(keys);
    if (this.#caughtUp) await this.prove(keys.map((key) => [key, key]));
    else this.#isUnproved = true;
    return values;
  }

  /** Nothing was lost that was written last of these, or of all. @throws CorruptionError */
  prove(spans?: readonly KeySpan[]): Promise<void> {
    return this.#guarded(() => this.#store.verify(spans));
  }

  async #getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    const pending = keys.map((key) => this.#pendingValues.get(latin1(key)));
    const missing = keys.filter((_, i) => pending[i] === undefined);
    const stored = missing.length === 0 ? [] : await this.#guarded(() => this.#store.getMany(missing));
    let next = 0;
    return pending.map((value) => (value === undefined ? stored[next++] : (value ?? undefined)));
  }

  /**
   * Entries in the order of their keys, as far as they are written (`synchronize`).
   * @throws CorruptionError rather than leave out one that was lost
   */
  async list(
    range: KeyRange & { readonly gt: Uint8Array; readonly lt: Uint8Array; readonly limit: number },
  ): Promise<(readonly [Uint8Array, Uint8Array])[]> {
    const found: (readonly [Uint8Array, Uint8Array])[] = [];
    await this.#guarded(async () => {
      for await (const entry of this.#store.iterate(range)) found.push(entry);
    });
    await this.prove([[range.gt, found[range.limit - 1]?.[0] ?? range.lt]]);
    return found;
  }

  async #guarded<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      throw error instanceof CorruptionError ? await this.#giveUp(error) : error;
    }
  }

  /** Without its last block the next start begins at the first again, and writes everything anew. */
  async #giveUp({ message }: CorruptionError): Promise<Error> {
    if (this.#failure !== undefined) return this.#failure;
    this.#failure = new CorruptionError(`${message}; it is built anew at the next start`);
    this.#dependencies.logger.log('error', 'index', this.#failure.message);
    // A store that writes nothing any more is found damaged by itself.
    await this.#store.batch([{ delete: BEST_KEY }], { sync: true }).catch(() => {});
    return this.#failure;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    await this.#running;
    this.#advanced.emit();
    await this.#store.close();
  }

  #follow(): void {
    const { chain } = this.#dependencies;
    const wake = (event: BlockEvent): void => {
      this.#latest = event;
      this.#wake();
    };
    const lock = (): number => this.height;
    chain.pruner.locks.add(lock);
    this.#unsubscribe.push(chain.connected.subscribe(wake), chain.disconnected.subscribe(wake));
    this.#unsubscribe.push(chain.verified.subscribe(() => this.#wake()));
    this.#unsubscribe.push(() => chain.pruner.locks.delete(lock));
    this.#wake();
  }

  #wake(): void {
    if (this.#running !== undefined || this.#closed || this.#failure !== undefined) return;
    this.#running = this.#catchUp()
      .catch((error: Error) => {
        // An index is a service: without it the node goes on.
        if (this.#failure !== undefined) return;
        this.#failure = error;
        this.#dependencies.logger.log('error', 'index', `${this.name} stops: ${error.message}`);
      })
      .then(() => {
        this.#running = undefined;
        this.#advanced.emit();
        // A block may have come while the last batch was written.
        if (!this.isSynchronized) this.#wake();
      });
  }

  async #catchUp(): Promise<void> {
    const { chain, clock } = this.#dependencies;
    // Whoever gives way once, as those who tell of the block itself, goes first; at its start nobody waits for blocks.
    for (let i = 0; i < 2 && this.#caughtUp; i++) await clock.yield();
    let turn = clock.monotonic();
    while (!this.isSynchronized && !this.#closed) {
      const best = this.#best;
      const { verifiedChain } = chain;
      if (best !== null && !verifiedChain.includes(best)) {
        const { disconnect } = this.#content;
        if (disconnect !== undefined) await this.#collect(await this.#indexed(best), disconnect);
        this.#best = best.parent;
      } else {
        const next = best === null ? chain.genesis : verifiedChain.next(best)!;
        await this.#collect(await this.#indexed(next), this.#content.connect);
        this.#best = next;
      }
      if (this.#pending.length >= BATCH_OPERATIONS || this.isSynchronized) await this.#write();
      if (clock.monotonic() - turn > MAX_TURN) {
        await clock.yield();
        turn = clock.monotonic();
      }
    }
    await this.#write();
  }

  async #indexed(entry: HeaderEntry): Promise<IndexedBlock> {
    if (this.#latest?.entry === entry) return this.#latest;
    const { chain } = this.#dependencies;
    return { entry, block: await chain.blocks.readBlock(entry), undo: await chain.blocks.readUndo(entry) };
  }

  async #collect(indexed: IndexedBlock, change: IndexContent['connect']): Promise<void> {
    for (const operation of await this.#guarded(() => change(indexed, this))) {
      this.#pending.push(operation);
      if ('put' in operation) this.#pendingValues.set(latin1(operation.put), operation.value);
      else this.#pendingValues.set(latin1(operation.delete), null);
    }
  }

  /** With the best block in the same batch, so that the index and what it says of itself never part. */
  async #write(): Promise<void> {
    const best = this.#best;
    if (this.isSynchronized && this.#isUnproved) {
      await this.prove();
      this.#isUnproved = false;
    }
    if (best !== null && best !== this.#written) {
      const operations = [...this.#pending, { put: BEST_KEY, value: best.hashBytes }];
      await this.#guarded(() => this.#store.batch(operations));
      this.#written = best;
      this.#pending = [];
      this.#pendingValues.clear();
      this.#advanced.emit();
    }
    this.#caughtUp ||= this.isSynchronized;
  }
}
