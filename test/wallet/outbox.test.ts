/** Payments on their way out: saved before they are sent, one after the other, offered again; and disks that fail. */

import { describe, expect, test } from 'vitest';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { decodeAddress } from '../../src/core/script/address.ts';
import { COIN } from '../../src/core/transaction/amount.ts';
import { type FeeRate, satPerKvB } from '../../src/core/transaction/fee-rate.ts';
import type { Transaction } from '../../src/core/transaction/transaction.ts';
import { MemoryWalletStorage } from '../../src/platform/memory/memory-wallet-storage.ts';
import { balances } from '../../src/wallet/coins.ts';
import { signWithWallet } from '../../src/wallet/solving.ts';
import { planTransaction } from '../../src/wallet/spend.ts';
import type { PresetInput } from '../../src/wallet/spend-request.ts';
import type { WalletStore } from '../../src/wallet/storage.ts';
import type { Wallet } from '../../src/wallet/wallet.ts';
import { P2WSH_TRUE, spend } from '../support/pool.ts';
import { openTestWallets, pay } from '../support/wallets.ts';

const SUBSIDY = 50n * COIN;
const FULL = 'IO error: /wallets/alice/000003.log: No space left on device';
const CLOSED =
  'Wallet alice is closed: its store failed (No space left on device); mend that and load it again with loadwallet';

/** A disk that runs full when a test says so: the records are lost, or only the sync fails and they are there. */
class FullStorage extends MemoryWalletStorage {
  full: 'lost' | 'written' | null = null;
  /** Told before each batch. */
  onBatch: (keys: string[]) => void = () => {};

  override async open(name: string, create: boolean): Promise<WalletStore> {
    const store = await super.open(name, create);
    return {
      ...store,
      batch: async (operations) => {
        this.onBatch(operations.map((one) => Buffer.from('put' in one ? one.put : one.delete).toString()));
        if (this.full !== 'lost') await store.batch(operations);
        if (this.full !== null) throw new Error(FULL);
      },
    };
  }
}

async function openFunded(coins = 1) {
  const storage = new FullStorage();
  const wallets = await openTestWallets({}, storage);
  const alice = await wallets.manager.create('alice');
  await wallets.fund(alice, coins);
  await alice.settled();
  const target = (await wallets.manager.create('bob')).newAddress();
  return { ...wallets, storage, alice, target };
}

/** A payment that was planned and signed, but not sent. */
async function plan(
  wallet: Wallet,
  address: string,
  feeRate = satPerKvB(10_000n),
  inputs: readonly PresetInput[] = [],
): Promise<Transaction> {
  const recipients = [{ script: decodeAddress(address, REGTEST), value: COIN, subtractFee: false }];
  const { tx, spent } = planTransaction(wallet, { recipients, feeRate, inputs });
  return (await signWithWallet(wallet, tx, spent)).tx;
}

describe('payments', () => {
  test('are on the disk before the mempool hears of them', async () => {
    const { pool, storage, alice, target } = await openFunded();
    const seen: [saved: boolean, known: boolean][] = [];
    const tx = await plan(alice, target);
    storage.onBatch = (keys) => seen.push([keys.includes(`tx:${tx.txid}`), pool.mempool.has(tx.txid)]);
    await alice.outbox.send(tx);
    expect(seen[0]).toEqual([true, false]);
    expect(seen.at(-1)).toEqual([true, true]);
  });

  test('that the mempool refuses are taken back, on the disk too', async () => {
    const { alice, target, reopen } = await openFunded();
    await expect(alice.outbox.send(await plan(alice, target, satPerKvB(10n)))).rejects.toThrow(
      'min relay fee not met',
    );
    for (const wallet of [alice, (await reopen()).get('alice') ?? (await (await reopen()).load('alice'))]) {
      expect(wallet.history.size).toBe(1);
      expect(balances(wallet).trusted).toBe(SUBSIDY);
    }
  });

  test('from one coin, all at once, are made like those one by one', async () => {
    const { pool, alice, target } = await openFunded();
    const sent = await Promise.all(Array.from({ length: 48 }, () => pay(alice, target, COIN / 10n)));
    expect(new Set(sent.map(({ txid }) => txid)).size).toBe(48);
    expect(pool.mempool.graph.size).toBe(48);
    // The mempool's limit on what hangs together is the end, and told as that.
    for (let i = 48; i < 64; i++) await pay(alice, target, COIN / 10n);
    await expect(pay(alice, target, COIN / 10n)).rejects.toThrow(
      'Unconfirmed UTXOs are available, but spending them creates a chain of transactions that will be rejected by the mempool',
    );
    await expect(pay(alice, target, SUBSIDY)).rejects.toThrow('Insufficient funds');
    await pool.mine();
    await pay(alice, target, COIN / 10n);
  });

  test('wait for their turn where another is refused, and are all made before a wallet is unloaded', async () => {
    const { manager, alice, target, pool } = await openFunded();
    const first = pay(alice, target, COIN, { feeRate: satPerKvB(10n) });
    const others = [pay(alice, target, COIN), pay(alice, target, COIN)];
    const unloaded = manager.unload('alice');
    await expect(first).rejects.toThrow('min relay fee not met');
    for (const { txid } of await Promise.all(others)) expect(pool.mempool.has(txid)).toBe(true);
    await unloaded;
    expect(() => alice.outbox.inTurn(async () => 1)).toThrow('is not loaded');
  });
});

test('what waits for long is announced again after 12 to 36 hours, unless it is younger than the last block', async () => {
  const { alice, target, pool } = await openFunded(2);
  const told: string[] = [];
  pool.mempool.renewed.subscribe(({ txid }) => told.push(txid));
  const HOUR = 3_600_000;
  const old = await pay(alice, target, COIN);
  await alice.outbox.offerIfDue();
  pool.clock.time += 6 * 60_000;
  await pool.miner.mineBlock(P2WSH_TRUE, [], true);
  const young = await pay(alice, target, COIN);
  pool.clock.time += 11 * HOUR;
  await alice.outbox.offerIfDue();
  expect(told).toEqual([]);
  pool.clock.time += 25 * HOUR;
  await alice.outbox.offerIfDue();
  expect([told, pool.mempool.has(young.txid)]).toEqual([[old.txid], true]);
  // The next time is as far away again.
  pool.clock.time += 11 * HOUR;
  await alice.outbox.offerIfDue();
  expect(told).toHaveLength(1);
});

describe('a crash between saving a payment and sending it', () => {
  /** Saves a payment in a process that ends before the mempool is asked. */
  async function crash(feeRate?: FeeRate, bumps = false) {
    const wallets = await openFunded();
    const { alice, target, storage, reopen } = wallets;
    const old = bumps ? await pay(alice, target, COIN) : undefined;
    const inputs = old?.inputs.map(({ prevout }) => ({ outpoint: prevout }));
    const tx = await plan(alice, target, feeRate, inputs);
    let saved = false;
    storage.onBatch = (keys) => {
      saved ||= keys.includes(`tx:${tx.txid}`);
    };
    Object.assign(alice.parts.chain, { broadcast: () => new Promise(() => {}) });
    void alice.outbox.send(tx, old && { replaces: old.txid });
    while (!saved) await Promise.resolve();
    await alice.settled();
    Object.assign(alice.parts.chain, {
      broadcast: async (again: Transaction) => void (await wallets.pool.accept(again)),
    });
    const manager = await reopen();
    return {
      ...wallets,
      tx,
      old,
      again: await manager.load('alice'),
      restart: async () => (await reopen()).load('alice'),
    };
  }

  test('ends with the payment being sent at the next start', async () => {
    const { pool, tx, again, restart } = await crash();
    expect(pool.mempool.has(tx.txid)).toBe(true);
    expect(again.history.get(tx.txid)).not.toHaveProperty('unsent');
    expect((await restart()).history.get(tx.txid)).toMatchObject({ abandoned: false });
  });

  test('ends with a replacement that is known as one', async () => {
    const { tx, old, again, restart } = await crash(satPerKvB(50_000n), true);
    for (const wallet of [again, await restart()]) {
      expect(wallet.history.get(old!.txid)).toMatchObject({ replacedBy: tx.txid });
      expect(wallet.history.get(tx.txid)).toMatchObject({ replaces: old!.txid, abandoned: false });
    }
  });

  test('ends with free coins where the payment is refused', async () => {
    const { pool, tx, again, restart } = await crash(satPerKvB(10n));
    expect(pool.mempool.has(tx.txid)).toBe(false);
    for (const wallet of [again, await restart()]) {
      expect(balances(wallet).trusted).toBe(SUBSIDY);
      expect(wallet.history.get(tx.txid)).toMatchObject({ abandoned: true });
    }
  });
});

describe('a wallet whose store fails', () => {
  test.each(['lost', 'written'] as const)(
    'sends nothing more, and is as it was when loaded again: %s',
    async (how) => {
      const { manager, pool, storage, alice, target } = await openFunded(2);
      const good = await pay(alice, target, COIN);
      storage.full = how;
      const payments = [pay(alice, target, COIN), pay(alice, target, COIN)];
      for (const payment of payments) await expect(payment).rejects.toThrow(CLOSED);
      expect(pool.mempool.graph.size).toBe(1);
      expect(() => manager.get('alice')).toThrow(CLOSED);
      expect(manager.list()).toEqual(['bob']);
      expect(manager.names).toEqual(['alice', 'bob']);
      await expect(alice.outbox.offerAll()).rejects.toThrow(CLOSED);
      await expect(alice.rescan(0, null)).rejects.toThrow(CLOSED);
      await expect(alice.settled()).rejects.toThrow(CLOSED);
      // What comes meanwhile is not lost: it is in the chain.
      await pool.mine();
      storage.full = null;
      const again = await manager.load('alice');
      expect(again.history.get(good.txid)?.block).not.toBeNull();
      expect(again.history.size).toBe(3);
      expect(pool.mempool.graph.size).toBe(0);
      await pay(again, target, COIN);
      expect(pool.mempool.graph.size).toBe(1);
    },
  );

  test('does not call a payment failed that was sent before', async () => {
    const { manager, pool, storage, alice, target } = await openFunded();
    const tx = await plan(alice, target);
    storage.onBatch = () => {
      if (pool.mempool.has(tx.txid)) storage.full = 'lost';
    };
    await alice.outbox.send(tx);
    expect(() => manager.get('alice')).toThrow(CLOSED);
    storage.onBatch = () => {};
    storage.full = null;
    const again = await manager.load('alice');
    expect(again.history.get(tx.txid)).toMatchObject({ abandoned: false });
    expect(balances(again).trusted).toBe(SUBSIDY - COIN - 1410n);
  });

  test('while it is made leaves nothing, and it can be unloaded', async () => {
    const { manager, storage, alice } = await openFunded();
    storage.full = 'lost';
    await expect(manager.create('carol')).rejects.toThrow(
      'Wallet carol cannot be created: its store failed (No space left on device)',
    );
    alice.newAddress();
    await expect(alice.settled()).rejects.toThrow(CLOSED);
    await manager.unload('alice');
    expect(manager.get('alice')).toBeUndefined();
    storage.full = null;
    await manager.create('carol');
    await manager.load('alice');
  });
});

describe('an evicted payment', () => {
  const HOUR = 3_600_000;

  test('is offered again after half a day to a day and a half, until the wallet is closed', async () => {
    const { manager, pool, alice, target } = await openFunded();
    const due: (() => void)[] = [];
    const schedule = (milliseconds: number, task: () => void) => {
      expect(milliseconds).toBe(60_000);
      due.push(task);
      return { cancel: () => void due.splice(due.indexOf(task), 1) };
    };
    Object.assign(pool.clock, { schedule });
    await manager.start();
    const tick = async (): Promise<void> => {
      due.pop()!();
      await alice.outbox.inTurn(async () => undefined);
    };
    const tx = await pay(alice, target, COIN);
    await tick();
    // The mempool forgets it for its age.
    pool.clock.time += 400 * HOUR;
    await pool.accept(spend([pool.coin()]));
    expect(pool.mempool.has(tx.txid)).toBe(false);
    // Too young, as the last block has it: that came before.
    await tick();
    expect(pool.mempool.has(tx.txid)).toBe(false);
    await pool.mine();
    pool.clock.time += 11 * HOUR;
    await tick();
    expect(pool.mempool.has(tx.txid)).toBe(false);
    pool.clock.time += 26 * HOUR;
    await tick();
    expect(pool.mempool.has(tx.txid)).toBe(true);
    await manager.close();
    expect(due).toHaveLength(0);
  });
});
