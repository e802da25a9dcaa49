/** Wallets whose records were altered or are gone: refused by name, or as they were. */
import { describe, expect, test } from 'vitest';
import { fromHex, utf8 } from '../../src/core/encoding/bytes.ts';
import { publicKeyOf } from '../../src/core/script/signing.ts';
import type { MemoryWalletStorage } from '../../src/platform/memory/memory-wallet-storage.ts';
import { decodeBackup, encodeBackup } from '../../src/wallet/backup.ts';
import { kindOf } from '../../src/wallet/checked-store.ts';
import type { Wallet } from '../../src/wallet/wallet.ts';
import { openTestWallets, pay, type TestWallets } from '../support/wallets.ts';
import old from './version-1.json' with { type: 'json' };

type Records = Map<string, Uint8Array>;

async function recordsOf(storage: MemoryWalletStorage, name: string): Promise<Records> {
  const records: Records = new Map();
  for await (const [key, value] of (await storage.open(name, false)).iterate({}))
    records.set(Buffer.from(key).toString('latin1'), value);
  return records;
}

/** Puts a wallet of exactly these records in the place of another. */
async function place(storage: MemoryWalletStorage, name: string, records: Records): Promise<void> {
  await storage.remove(name);
  const put = Array.from(records, ([key, value]) => ({ put: Buffer.from(key, 'latin1'), value }));
  await (await storage.open(name, true)).batch(put);
}

/** What must not change without a word. */
function facts(wallet: Wallet): unknown {
  const outputs = [...wallet.history.outputs()].map(({ outpoint, output }) => [outpoint.vout, output.value]);
  const transactions = wallet.history.transactions.map(({ tx, block }) => [tx.txid, block?.height]);
  return {
    words: wallet.mnemonic(),
    keys: wallet.keys.descriptors.map((own) => [own.text, own.active, own.next, own.rangeEnd]).sort(),
    transactions: transactions.sort(),
    outputs: outputs.sort(),
    at: wallet.follower.last,
  };
}

async function inhabited(): Promise<TestWallets & { wallet: Wallet }> {
  const wallets = await openTestWallets({ keypool: 1 });
  const wallet = await wallets.manager.create('w');
  await wallets.fund(wallet);
  const tx = await pay(wallet, wallet.newAddress('bech32m', 'rent'), 100_000_000n);
  await wallets.pool.mine(1);
  wallet.locks.add({ txid: tx.txidBytes, vout: 0 }, true);
  await wallet.keys.topUpAll();
  await wallet.settled();
  return { ...wallets, wallet };
}

/** To a record of each kind: a bit flipped in its key or value, its end cut off, all of it gone; or all records gone. */
function* damages(records: Records): Generator<[what: string, damaged: Records]> {
  const change = (key: string, to: (value: Uint8Array) => Records): Records => {
    const others = new Map(records);
    others.delete(key);
    return new Map([...others, ...to(records.get(key)!)]);
  };
  const flip = (bytes: Uint8Array, at: number): Uint8Array => bytes.with(at, bytes[at]! ^ 4);
  const ofEachKind = new Map([...records].map((record) => [kindOf(record[0]), record]));
  for (const [key, value] of ofEachKind.values()) {
    for (const at of [0, 8, value.length - 1])
      yield [`${key}, byte ${at}`, change(key, () => new Map([[key, flip(value, at)]]))];
    yield [`${key}, cut`, change(key, () => new Map([[key, value.subarray(0, -1)]]))];
    yield [`${key}, empty`, change(key, () => new Map([[key, new Uint8Array()]]))];
    yield [`${key}, gone`, change(key, () => new Map())];
    const name = Buffer.from(flip(Buffer.from(key, 'latin1'), key.length - 1)).toString('latin1');
    yield [`${key}, renamed`, change(key, () => new Map([[name, value]]))];
    const high = Buffer.from(Buffer.from(key, 'latin1').with(0, 0xff)).toString('latin1');
    yield [`${key}, nameless`, change(key, () => new Map([[high, value]]))];
  }
  yield ['everything', new Map()];
}

const VITAL = ['sums', 'info', 'descriptor', 'secret', 'mnemonic', 'master', 'everything'];

test('whatever happens to a record is noticed, and what the chain knows is found again', {
  timeout: 120_000,
}, async () => {
  const { wallet, storage, manager } = await inhabited();
  const before = facts(wallet);
  await manager.unload('w');
  const records = await recordsOf(storage, 'w');
  expect(new Set([...records.keys()].map(kindOf)).size).toBe(10);
  for (const [what, damaged] of damages(records)) {
    await place(storage, 'w', damaged);
    const kind = kindOf(what.split(',')[0]!);
    if (VITAL.includes(kind)) {
      await expect(manager.load('w'), what).rejects.toThrow(/^Wallet "w" is damaged: .*restorewallet/);
      expect(await recordsOf(storage, 'w'), what).toEqual(damaged);
      continue;
    }
    const again = await manager.load('w');
    expect(again.warnings, what).toHaveLength(1);
    expect(again.warnings[0], what).toContain('records were damaged');
    expect(facts(again), what).toEqual(before);
    await manager.unload('w');
    // It was mended: the next time there is nothing to say.
    expect((await manager.load('w')).warnings, what).toEqual([]);
    await manager.unload('w');
  }
});

test('two changes that cancel each other out in number are noticed', async () => {
  const { storage, manager } = await inhabited();
  await manager.unload('w');
  const records = await recordsOf(storage, 'w');
  const [a, b] = [...records.keys()].filter((key) => key.startsWith('secret:')) as [string, string];
  await place(storage, 'w', new Map([...records, [a, records.get(b)!], [b, records.get(a)!]]));
  await expect(manager.load('w')).rejects.toThrow('is damaged: records were altered or are missing (secret)');
});

describe('a wallet of before, whose records had neither tags nor sums', () => {
  const records = (): Records =>
    new Map(
      Object.entries(old.records).map(([key, value]) => [
        key,
        key.startsWith('secret:') ? fromHex(value) : utf8(value),
      ]),
    );

  test('is taken over as it was', async () => {
    const { manager, storage } = await openTestWallets({ keypool: 1 });
    await place(storage, 'old', records());
    const wallet = await manager.load('old');
    expect([wallet.warnings, wallet.mnemonic(), wallet.history.size]).toEqual([[], old.mnemonic, 2]);
    expect(wallet.labels.get('n1wDGjGMCJoNqPbWzEnv8szPymvruRFz9r')?.label).toBe('self ü');
    expect(wallet.locks.outpoints).toHaveLength(1);
    expect(wallet.newAddress()).toBe(old.next);
    await manager.unload('old');
    const after = await recordsOf(storage, 'old');
    expect(after.has('sums')).toBe(true);
    expect([...after.values()].some((value) => value[0] === 0x7b && value[1] === 0x22)).toBe(false);
    expect((await manager.load('old')).mnemonic()).toBe(old.mnemonic);
  });

  test('is refused if its secrets are not what they were', async () => {
    const { manager, storage } = await openTestWallets({ keypool: 1 });
    const key = Object.keys(old.records).find((each) => each.startsWith('secret:'))!;
    const damage = async (id: string, value: Uint8Array, problem: string): Promise<void> => {
      await place(storage, 'old', new Map([...records(), [id, value]]));
      await expect(manager.load('old')).rejects.toThrow(`Wallet "old" is damaged: ${problem}`);
    };
    const secret = records().get(key)!;
    await damage(key, secret.with(31, secret[31]! ^ 1), `the key of ${key.slice(7)} does not match`);
    const mnemonic = (words: string): Uint8Array => utf8(JSON.stringify({ words, passphrase: '' }));
    await damage(
      'mnemonic',
      mnemonic(old.mnemonic.replace('flower', 'glower')),
      'its mnemonic does not match its checksum',
    );
    // Right by its checksum, but of another wallet.
    await damage(
      'mnemonic',
      mnemonic(`${'abandon '.repeat(11)}about`),
      'its mnemonic is not that of its descriptors',
    );
    expect(publicKeyOf(secret)).toEqual(fromHex(key.slice(7)));
  });
});

test('a wallet that is refused at start is named to whoever asks, and can be loaded when it is mended', async () => {
  const { storage, reopen, manager } = await inhabited();
  await manager.unload('w', true);
  const records = await recordsOf(storage, 'w');
  await place(storage, 'w', new Map([...records].filter(([key]) => key !== 'mnemonic')));
  const later = await reopen();
  expect([later.list(), later.names]).toEqual([[], ['w']]);
  expect(() => later.get('w')).toThrow(
    'Wallet "w" is damaged: records were altered or are missing (mnemonic)',
  );
  await place(storage, 'w', records);
  await later.load('w');
  expect(later.get('w')?.mnemonic()).toBeTruthy();
});

test('a backup that is not whole is refused by name, and leaves nothing behind', async () => {
  const { wallet, manager, storage } = await inhabited();
  const backup = await encodeBackup(wallet.store.iterate({}));
  expect(decodeBackup(backup, 'x')).toHaveLength((await recordsOf(storage, 'w')).size);
  const restore = async (bytes: Uint8Array): Promise<unknown> => {
    await storage.writeBackup('/b', bytes);
    return manager.restore('x', '/b').catch((error) => `${error.kind} ${error.message}`);
  };
  const HEADER = 22;
  for (let at = 0; at < backup.length; at += at < 64 ? 1 : 211) {
    const foreign = /^not-found .*path 'x'. Data is not in recognized format.$/;
    const damaged = /^wallet .*backup file is damaged or cut short/;
    expect(await restore(backup.with(at, backup[at]! ^ 1))).toMatch(at < HEADER ? foreign : damaged);
    expect(await restore(backup.subarray(0, at))).toMatch(at < HEADER ? foreign : damaged);
  }
  expect(await restore(Buffer.concat([backup, Buffer.of(0)]))).toMatch(/^wallet/);
  expect(await storage.exists('x')).toBe(false);
  expect(((await restore(backup)) as Wallet).mnemonic()).toBe(wallet.mnemonic());
});
