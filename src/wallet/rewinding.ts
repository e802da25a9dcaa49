/**
 * Takes an open wallet back to a copy of its store: records that differ are written, and what is in memory follows
 * where that is simple. Keys and their scripts, which take long to load, stay in memory.
 */
import { kindOf } from './checked-store.ts';
import { transactionOf } from './loading.ts';
import { type DescriptorRecord, type LabelRecord, type LocatorRecord, readJson } from './records.ts';
import type { Wallet } from './wallet.ts';

/** Kinds of which memory is only right after loading. */
const LOADED: readonly string[] = ['secret', 'mnemonic', 'master'];

/** @param copy records as they are stored @returns false, and nothing has happened, if it must be loaded anew from them */
export async function rewindWallet(wallet: Wallet, copy: ReadonlyMap<string, Uint8Array>): Promise<boolean> {
  await wallet.settled();
  // At once, as events come.
  if (!putBack(wallet, copy)) return false;
  await wallet.follower.catchUp(wallet.birthday);
  await wallet.settled();
  wallet.parts.changed?.(wallet.name);
  return true;
}

function putBack(wallet: Wallet, copy: ReadonlyMap<string, Uint8Array>): boolean {
  const { keys, history, labels, locks, follower } = wallet;
  const differences = [...wallet.store.differences(copy)];
  const of = (kind: string) =>
    differences
      .filter(([key]) => kindOf(key) === kind)
      .map(([key, value]) => [key.slice(kind.length + 1), value] as const);
  if (differences.some(([key]) => LOADED.includes(kindOf(key)))) return false;
  const descriptors = of('descriptor').map(([id, value]) => ({
    own: keys.get(id),
    record: value && readJson<DescriptorRecord>(value),
  }));
  if (!descriptors.every(({ own, record }) => own && record && keys.canRewind(own, record))) return false;
  for (const { own, record } of descriptors) keys.rewind(own!, record!);
  for (const [address, value] of of('label'))
    if (value === null) labels.unload(address);
    else labels.load(address, readJson<LabelRecord>(value));
  for (const [id, value] of of('lock'))
    if (value === null) locks.unload(id);
    else locks.load(id);
  const changed = new Map(of('tx'));
  if (changed.size > 0) {
    const entries = history.transactions.filter(({ tx }) => !changed.has(tx.txid));
    for (const [txid, value] of changed) if (value !== null) entries.push(transactionOf(txid, value));
    history.replaceAll(entries.sort((a, b) => a.order - b.order));
  }
  for (const [key, value] of differences) {
    if (key === 'locator') follower.rewind(readJson<LocatorRecord>(value!));
    wallet.putBack(key, value);
  }
  return true;
}
