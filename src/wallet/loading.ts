/**
 * Takes a wallet from its records, and decides about damage: what only a backup or the words bring back refuses
 * the wallet by name; what follows from the chain is read from there again.
 */
import { fromHex } from '../core/encoding/bytes.ts';
import { Transaction, type Txid } from '../core/transaction/transaction.ts';
import { CheckedStore, type StoreContents } from './checked-store.ts';
import { parseDescriptor } from './descriptors/parse.ts';
import { removeTraces } from './encryption.ts';
import type { WalletTransaction } from './history.ts';
import { descriptorId, OwnDescriptor } from './key-ring.ts';
import { accountDescriptors } from './mnemonic.ts';
import {
  type DescriptorRecord,
  type InfoRecord,
  type LabelRecord,
  type LocatorRecord,
  readJson,
  type TransactionRecord,
} from './records.ts';
import { Wallet } from './wallet.ts';
import { damagedWallet, WalletError } from './wallet-error.ts';
import type { WalletParts } from './wallet-parts.ts';

const VITAL: readonly string[] = ['sums', 'info', 'descriptor', 'secret', 'mnemonic', 'master'];
const OF_THE_CHAIN: readonly string[] = ['tx', 'locator', 'scripts'];

/**
 * Reads a wallet from its store and moves it to the tip. What of it was damaged and can be had again is, with a
 * warning. What waits is not offered yet.
 * @param disowned payments that are not to be sent, if it was loaded before
 * @throws WalletError that names what is damaged and cannot be had again; the store is closed then
 */
export async function openWallet(
  name: string,
  parts: WalletParts,
  disowned: Iterable<Txid> = [],
): Promise<Wallet> {
  const store = new CheckedStore(parts.store);
  let wallet: Wallet | undefined;
  try {
    const contents = await store.read();
    const { info, locator } = startOf(name, contents);
    wallet = new Wallet(name, parts, store, info, locator);
    wallet.warnings.push(...(await loadRecords(wallet, contents)));
    await store.repair(locator.blocks.length === 0 ? ['locator'] : []);
    if (info.hasTraces) await removeTraces(wallet).catch(({ message }) => wallet?.warnings.push(message));
    for (const warning of wallet.warnings) parts.logger.log('warn', 'wallet', `Wallet "${name}": ${warning}`);
    await wallet.keys.topUpAll();
    wallet.outbox.disown(disowned);
    await wallet.resume();
    return wallet;
  } catch (error) {
    await (wallet ?? store).close().catch(() => undefined);
    throw error;
  }
}

/** What a wallet begins with; no trail, and so all blocks again, if its history cannot be trusted. */
function startOf(
  name: string,
  contents: StoreContents,
): { readonly info: InfoRecord; readonly locator: LocatorRecord } {
  const { records, damaged } = contents;
  const lost = VITAL.filter((kind) => damaged.has(kind));
  const record = records.get('info');
  if (record === undefined || lost.length > 0)
    throw damagedWallet(name, [
      records.size === 0
        ? 'nothing is left of it'
        : `records were altered or are missing (${lost.join(', ') || 'info'})`,
    ]);
  const info = readJson<InfoRecord>(record);
  if (info.version !== 2) throw new WalletError(`Wallet "${name}" was written by a newer version`);
  const found = records.get('locator');
  const isWhole = found !== undefined && !OF_THE_CHAIN.some((kind) => damaged.has(kind));
  return { info, locator: isWhole ? readJson<LocatorRecord>(found) : { blocks: [] } };
}

/** @returns what was found again or is lost, in words @throws WalletError if what cannot be had again is damaged */
async function loadRecords(wallet: Wallet, contents: StoreContents): Promise<string[]> {
  const problems: string[] = [];
  const transactions: WalletTransaction[] = [];
  const load: Readonly<Record<string, (id: string, value: Uint8Array, key: string) => unknown>> = {
    secret: (_, value, key) => wallet.vault.load(key, value),
    mnemonic: (_, value, key) => wallet.vault.load(key, value),
    master: (_, value, key) => wallet.vault.load(key, value),
    label: (address, value) => wallet.labels.load(address, readJson<LabelRecord>(value)),
    lock: (outpoint) => wallet.locks.load(outpoint),
    tx: (txid, value) => transactions.push(transactionOf(txid, value)),
  };
  const attempt = (key: string, task: () => unknown): void => {
    try {
      task();
    } catch {
      problems.push(`the record ${key} makes no sense`);
    }
  };
  for (const [key, value] of contents.records) {
    const [kind = '', id = ''] = key.split(/:(.*)/s);
    attempt(key, () => load[kind]?.(id, value, key));
  }
  // Their hardened steps need secrets.
  for (const [key, value] of contents.records)
    if (key.startsWith('descriptor:')) attempt(key, () => loadDescriptor(wallet, key, value, contents));
  problems.push(...(await wallet.vault.problems()));
  if (problems.length === 0 && lacksAccounts(wallet))
    problems.push('its mnemonic is not that of its descriptors');
  if (problems.length > 0) throw damagedWallet(wallet.name, problems);
  // Outputs first: whose inputs are whose depends on them.
  for (const entry of transactions.sort((a, b) => a.order - b.order)) wallet.history.add(entry);
  wallet.history.changes.load(transactions);
  const kinds = [...contents.damaged].join(', ');
  if (kinds === '') return [];
  return OF_THE_CHAIN.some((kind) => contents.damaged.has(kind))
    ? [`records were damaged (${kinds}); what the chain knows of them was read from it again`]
    : [`records were damaged and are lost (${kinds})`];
}

export function transactionOf(txid: string, value: Uint8Array): WalletTransaction {
  const { hex, ...rest } = readJson<TransactionRecord>(value);
  const tx = Transaction.decode(fromHex(hex));
  if (tx.txid !== txid) throw new Error('another transaction');
  return { tx, sequence: 0, ...rest };
}

function loadDescriptor(wallet: Wallet, key: string, value: Uint8Array, { records }: StoreContents): void {
  const record = readJson<DescriptorRecord>(value);
  const { descriptors } = parseDescriptor(record.text, wallet.parts.parameters);
  const own = new OwnDescriptor(descriptors[0]!, record);
  const derived: Uint8Array[] = [];
  for (let i = 0, found: Uint8Array | undefined; ; i++, derived.push(found)) {
    found = records.get(`scripts:${own.id}:${i}`);
    if (found === undefined) break;
  }
  wallet.keys.load(own, derived, record.rangeEnd);
  if (key !== `descriptor:${own.id}` || own.rangeEnd < record.rangeEnd) throw new Error('not what it was');
}

/** Does the mnemonic stand for accounts that the wallet does not have? */
function lacksAccounts({ vault, keys, parts: { parameters } }: Wallet): boolean {
  const record = vault.mnemonic();
  if (record === null) return false;
  const has = (text: string): boolean => {
    const body = parseDescriptor(text, parameters).descriptors[0]!.formatBody()!;
    return keys.get(descriptorId(body)) !== undefined;
  };
  const accounts = accountDescriptors(record.words, record.passphrase, parameters);
  return accounts.some(({ text, account }) => !has(text) && !has(account));
}
