/**
 * Named moments of a node to which it can be taken back: chain, mempool, fee estimates, wallets, time, and what it
 * was told to do by itself; indexes follow the chain. Owns how the parts' memories are kept together (a store of their own) and in which order they return.
 *
 * `snapshots`: `!`, name -> facts in JSON, first of all and so by themselves; name, 0, section -> the parts' own bytes.
 */
import type { KeyValueStore } from '../chain/key-value-store.ts';
import type { Storage } from '../chain/storage.ts';
import { BlockRequestError } from '../chain/writer-queue.ts';
import { utf8 } from '../core/encoding/bytes.ts';
import type { RpcContext } from '../rpc/context.ts';
import { refuse } from '../rpc/errors.ts';
import { moveTime } from './methods/time.ts';
import { rest, type SetParts, type Settings, setAgain, settingsOf } from './settings.ts';

type Parts = Pick<RpcContext, 'chain' | 'mempool' | 'wallets' | 'indexes' | 'clock' | 'network'> & SetParts;

/** What a snapshot is of. */
export interface SnapshotFacts {
  readonly name: string;
  readonly height: number;
  readonly hash: string;
  /** The node's, in seconds. */
  readonly time: number;
}

interface Facts extends SnapshotFacts {
  readonly number: number;
  /** Milliseconds. */
  readonly now: number;
  readonly isFrozen: boolean;
  readonly isMocked: boolean;
  readonly settings: Settings;
}

const STORE = 'snapshots';
const SECTIONS = ['headers', 'mempool', 'fees', 'wallets'] as const;
type Sections = Record<(typeof SECTIONS)[number], Uint8Array>;
/** How often it is begun again because a block or a transaction came meanwhile. */
const ATTEMPTS = 20;
const NAME = /^[\w.-]{1,64}$/;

const factsKey = (name: string): Uint8Array => utf8(`!${name}`);
/** Before and behind them all. */
const [FIRST, LAST] = [factsKey(''), utf8('"')];
const keyOf = (name: string, section: string): Uint8Array => utf8(`${name}\0${section}`);
const keysOf = (name: string): Uint8Array[] => SECTIONS.map((section) => keyOf(name, section));

/** Takes the node back to moments that were kept. @throws RpcError where a name does not fit */
export class Snapshots {
  readonly #parts: Parts;
  readonly #storage: Storage;
  #store: Promise<KeyValueStore> | undefined;
  /** One after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: Parts, storage: Storage) {
    this.#parts = parts;
    this.#storage = storage;
  }

  #open(): Promise<KeyValueStore> {
    this.#store ??= this.#storage.store(STORE).catch((error) => {
      this.#store = undefined;
      throw error;
    });
    return this.#store;
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(task);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /** Oldest first. @throws CorruptionError rather than leave one out that was lost */
  async #all(): Promise<Facts[]> {
    const all: Facts[] = [];
    const store = await this.#open();
    await store.verify([[FIRST, LAST]]);
    for await (const [, value] of store.iterate({ gte: FIRST, lt: LAST }))
      all.push(JSON.parse(new TextDecoder().decode(value)) as Facts);
    return all.sort((a, b) => a.number - b.number);
  }

  /** Oldest first. */
  async list(): Promise<SnapshotFacts[]> {
    return this.#all();
  }

  /** @param name default the next number */
  take(name?: string): Promise<SnapshotFacts> {
    return this.#inTurn(async () => {
      const all = await this.#all();
      const number = (all.at(-1)?.number ?? 0) + 1;
      const chosen = name ?? String(number);
      if (!NAME.test(chosen)) throw refuse.parameter(`Invalid name of a snapshot: ${chosen}`);
      if (all.some((other) => other.name === chosen))
        throw refuse.parameter(`There is a snapshot ${chosen} already`);
      const { clock } = this.#parts;
      const { sections, tip } = await this.#remember();
      const facts: Facts = {
        ...{ name: chosen, number, height: tip.height, hash: tip.hash, time: clock.seconds() },
        ...{ now: clock.now(), isFrozen: clock.isFrozen, isMocked: clock.isMocked },
        settings: settingsOf(this.#parts),
      };
      const operations = SECTIONS.map((section) => ({
        put: keyOf(chosen, section),
        value: sections[section],
      }));
      const value = utf8(JSON.stringify(facts));
      await (await this.#open()).batch([...operations, { put: factsKey(chosen), value }], {
        sync: true,
      });
      return facts;
    });
  }

  /** All parts at one and the same tip. */
  async #remember(): Promise<{ sections: Sections; tip: Parts['chain']['tip'] }> {
    const { chain, mempool, fees, wallets } = this.#parts;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      await mempool.settled();
      await wallets.settled();
      const { tip } = chain;
      const headers = await chain.remember();
      const { sequence } = mempool;
      const state = { headers, mempool: mempool.remember(), fees: fees.remember() };
      const sections = { ...state, wallets: await wallets.remember() };
      if (chain.tip === tip && mempool.sequence === sequence) return { sections, tip };
    }
    throw refuse.misc('Blocks and transactions come too fast for a snapshot; freeze time or stop mining');
  }

  /** @param name default that of the last one */
  revert(name?: string): Promise<SnapshotFacts> {
    return this.#inTurn(async () => {
      const all = await this.#all();
      const facts = find(all, name ?? all.at(-1)?.name);
      const store = await this.#open();
      const keys = keysOf(facts.name);
      // Or an earlier one of that name may come back.
      await store.verify(keys.map((key) => [key, key]));
      const values = await store.getMany(keys);
      const useless = (why: string): Error =>
        refuse.misc(`The snapshot ${facts.name} is of no use any more: ${why}`);
      if (values.includes(undefined)) throw useless('another version of the node took it');
      const sections = Object.fromEntries(SECTIONS.map((section, i) => [section, values[i]!])) as Sections;
      const { chain, mempool, fees, wallets, clock } = this.#parts;
      const before = settingsOf(this.#parts);
      await rest(this.#parts);
      try {
        await chain.rewind(sections.headers, () => this.#indexed());
      } catch (error) {
        setAgain(before, this.#parts);
        throw error instanceof BlockRequestError ? useless(error.message) : error;
      }
      if (clock.isFrozen) clock.resume();
      if (facts.isFrozen && !facts.isMocked) clock.freeze();
      await moveTime(facts.now, this.#parts);
      if (facts.isMocked) clock.setMockTime(facts.now / 1000);
      await mempool.rewind(sections.mempool);
      fees.rewind(sections.fees);
      await wallets.rewind(sections.wallets);
      await this.#indexed();
      // Later ones lay on blocks that are gone.
      for (const later of all.filter(({ number }) => number > facts.number)) await this.#delete(later.name);
      setAgain(facts.settings, this.#parts);
      return facts;
    });
  }

  /** The indexes are where the chain is: none of them reads a block that goes. */
  async #indexed(): Promise<void> {
    for (const index of Object.values(this.#parts.indexes)) await index.follower.arrived();
  }

  delete(name: string): Promise<void> {
    return this.#inTurn(async () => this.#delete(find(await this.#all(), name).name));
  }

  async #delete(name: string): Promise<void> {
    const operations = [factsKey(name), ...keysOf(name)].map((key) => ({ delete: key }));
    await (await this.#open()).batch(operations, { sync: true });
  }

  async close(): Promise<void> {
    await this.#turn;
    await (await this.#store)?.close();
  }
}

function find(all: readonly Facts[], name: string | undefined): Facts {
  const found = all.find((facts) => facts.name === name);
  if (found === undefined)
    throw refuse.parameter(name === undefined ? 'There is no snapshot' : `There is no snapshot ${name}`);
  return found;
}
