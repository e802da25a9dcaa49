/**
 * All wallets of a node at one moment, and how they are brought back: those that are loaded in their place where
 * that can be done. Owns the form: a copy of each store (a backup), and in JSON what is only in memory.
 */
import { utf8 } from '../core/encoding/bytes.ts';
import { Reader } from '../core/encoding/reader.ts';
import { Writer } from '../core/encoding/writer.ts';
import { satPerKvB } from '../core/transaction/fee-rate.ts';
import { decodeBackup, encodeBackup } from './backup.ts';
import { readJson, textOf } from './records.ts';
import { rewindWallet } from './rewinding.ts';
import type { WalletStorage, WalletStore } from './storage.ts';
import type { Wallet } from './wallet.ts';

interface Memory {
  readonly startup: readonly string[];
  /** By name of those that are loaded: outputs that are locked until it is unloaded, and the rate of settxfee. */
  readonly loaded: Readonly<Record<string, { readonly locks: readonly string[]; readonly feeRate: string }>>;
}

/** What a manager lends for this. */
interface Manager {
  readonly storage: WalletStorage;
  get(name: string): Wallet | undefined;
  list(): string[];
  load(name: string): Promise<unknown>;
  unload(name: string): Promise<unknown>;
}

const memoryOf = ({ locks, payFeeRate }: Wallet) => ({ locks: locks.passing, feeRate: String(payFeeRate) });

async function withStore<T>(
  { storage }: Manager,
  name: string,
  task: (store: WalletStore) => Promise<T>,
): Promise<T> {
  const store = await storage.open(name, true);
  return task(store).finally(() => store.close());
}

export async function encodeWallets(manager: Manager): Promise<Uint8Array> {
  const loaded = new Map(manager.list().map((name) => [name, manager.get(name)!]));
  const memory: Memory = {
    startup: await manager.storage.readStartup(),
    loaded: Object.fromEntries(Array.from(loaded, ([name, wallet]) => [name, memoryOf(wallet)])),
  };
  const writer = new Writer(1 << 16).varBytes(utf8(JSON.stringify(memory)));
  for (const name of await manager.storage.list()) {
    const wallet = loaded.get(name);
    await wallet?.settled();
    const copy = await (wallet === undefined
      ? withStore(manager, name, (store) => encodeBackup(store.iterate({})))
      : encodeBackup(wallet.store.iterate({})));
    writer.varBytes(utf8(name)).varBytes(copy);
  }
  return writer.finish();
}

/** @throws WalletError, DecodeError */
export async function rewindWallets(manager: Manager, remembered: Uint8Array): Promise<void> {
  const { storage } = manager;
  const reader = new Reader(remembered);
  const { startup, loaded } = readJson<Memory>(reader.varBytes());
  const gone = new Set(await storage.list());
  while (reader.remaining > 0) {
    const name = textOf(reader.varBytes());
    gone.delete(name);
    const copy = new Map(decodeBackup(reader.varBytes(), name).map(([key, value]) => [textOf(key), value]));
    const memory = loaded[name];
    const isLoaded = manager.list().includes(name);
    if (!(isLoaded && memory !== undefined && (await rewindWallet(manager.get(name)!, copy)))) {
      if (isLoaded) await manager.unload(name);
      await withStore(manager, name, (store) => replaceRecords(store, copy));
      if (memory !== undefined) await manager.load(name);
    }
    if (memory === undefined) continue;
    const wallet = manager.get(name)!;
    wallet.locks.passing = memory.locks;
    wallet.payFeeRate = satPerKvB(BigInt(memory.feeRate));
  }
  for (const name of gone) {
    if (manager.list().includes(name)) await manager.unload(name);
    await storage.remove(name);
  }
  await storage.writeStartup(startup);
}

async function replaceRecords(store: WalletStore, copy: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const gone: Uint8Array[] = [];
  for await (const [key] of store.iterate({})) if (!copy.has(textOf(key))) gone.push(key);
  const puts = Array.from(copy, ([key, value]) => ({ put: utf8(key), value }));
  await store.batch([...gone.map((key) => ({ delete: key })), ...puts], { sync: true });
}
