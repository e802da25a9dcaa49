import { describe, expect, test } from 'vitest';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { COIN } from '../../src/core/transaction/amount.ts';
import { satPerKvB } from '../../src/core/transaction/fee-rate.ts';
import { outPointText, type Transaction } from '../../src/core/transaction/transaction.ts';
import { balances, listCoins } from '../../src/wallet/coins.ts';
import { parseDescriptor } from '../../src/wallet/descriptors/parse.ts';
import { exportKey } from '../../src/wallet/solving.ts';
import type { Wallet } from '../../src/wallet/wallet.ts';
import { useMnemonic } from '../../src/wallet/words.ts';
import { spend } from '../support/pool.ts';
import { openTestWallets, pay } from '../support/wallets.ts';

const SUBSIDY = 50n * COIN;

const feeOf = (wallet: Wallet, tx: Transaction): bigint =>
  wallet.history.debit(tx) - tx.outputs.reduce((sum, output) => sum + output.value, 0n);

describe('wallet', () => {
  test('earns, pays every kind of address, and both sides agree', async () => {
    const { pool, manager, fund } = await openTestWallets();
    const alice = await manager.create('alice');
    const bob = await manager.create('bob');
    await fund(alice);
    expect(balances(alice)).toMatchObject({ trusted: SUBSIDY, pending: 0n, immature: 0n });
    let fees = 0n;
    for (const type of ['legacy', 'p2sh-segwit', 'bech32', 'bech32m'] as const) {
      const tx = await pay(alice, bob.newAddress(type), COIN);
      fees += feeOf(alice, tx);
    }
    expect(balances(bob)).toMatchObject({ trusted: 0n, pending: 4n * COIN, immature: 0n });
    // Unconfirmed change of one's own is trusted, and was spent again right away.
    expect(balances(alice).trusted).toBe(SUBSIDY - 4n * COIN - fees);
    await pool.mine();
    expect(balances(bob).trusted).toBe(4n * COIN);
    // Every kind of output can be spent: all of it at once.
    const all = await pay(bob, alice.newAddress(), 4n * COIN - 10_000n);
    expect(all.inputs).toHaveLength(4);
    await pool.mine();
    expect(alice.history.get(all.txid)?.block).not.toBeNull();
  });

  test('payments made at the same time do not spend the same coins', async () => {
    const { pool, manager, fund } = await openTestWallets();
    const alice = await manager.create('alice');
    const bob = await manager.create('bob');
    await fund(alice, 3);
    const sent = await Promise.all([1n, 2n, 3n].map((value) => pay(alice, bob.newAddress(), value * COIN)));
    const spent = sent.flatMap(({ inputs }) => inputs.map(({ prevout }) => outPointText(prevout)));
    expect(new Set(spent).size).toBe(spent.length);
    await pool.mine();
    expect(balances(bob).trusted).toBe(6n * COIN);
  });

  test('a payment that the mempool refuses leaves no trace', async () => {
    const { manager, fund } = await openTestWallets();
    const alice = await manager.create('alice');
    await fund(alice);
    const before = balances(alice);
    // Below what nodes relay.
    await expect(pay(alice, alice.newAddress(), COIN, { feeRate: satPerKvB(10n) })).rejects.toThrow(
      'min relay fee not met',
    );
    expect(balances(alice)).toEqual(before);
    expect(alice.history.size).toBe(1);
  });

  test('a reorganisation takes back what it undoes', async () => {
    const { pool, manager, fund } = await openTestWallets();
    const alice = await manager.create('alice');
    const bob = await manager.create('bob');
    await fund(alice);
    const tx = await pay(alice, bob.newAddress(), COIN);
    await pool.mine();
    const confirmed = bob.history.get(tx.txid)!;
    expect(bob.history.depth(confirmed)).toBe(1);
    await pool.chain.invalidate(pool.chain.tip.hash);
    expect(bob.history.depth(confirmed)).toBe(0);
    expect(balances(bob)).toMatchObject({ trusted: 0n, pending: COIN, immature: 0n });
    await pool.mine(2);
    expect(bob.history.depth(confirmed)).toBe(2);
    expect(bob.follower.last.hash).toBe(pool.chain.tip.hash);
  });

  test.each([1, 260])('follows a reorganisation to before it was made, of blocks: %i', async (depth) => {
    const { pool, manager, fund } = await openTestWallets();
    const old = await manager.create('old');
    await fund(old);
    await pool.mine(depth);
    const young = await manager.create('young');
    await pool.chain.invalidate(pool.chain.entryAt(pool.chain.height - depth + 1)!.hash);
    await pool.mine(depth + 1);
    for (const wallet of [old, young]) expect(wallet.follower.last.hash).toBe(pool.chain.tip.hash);
    expect(balances(old).trusted).toBe(SUBSIDY);
    await pay(old, young.newAddress(), COIN);
    await pool.mine();
    expect(balances(young).trusted).toBe(COIN);
  });

  test('an orphaned coinbase counts no more, and contradicts nothing', async () => {
    const { pool, manager, fund } = await openTestWallets();
    const alice = await manager.create('alice');
    await fund(alice, 3);
    const coinbase = alice.history.transactions[0]!;
    expect(alice.history.conflictsOf(coinbase)).toEqual([]);
    const { block } = coinbase;
    await pool.chain.invalidate(block!.hash);
    await pool.mine(4);
    expect(alice.history.depth(coinbase)).toBe(0);
    expect(coinbase).toMatchObject({ conflict: null, abandoned: true });
    expect(balances(alice)).toMatchObject({ trusted: 0n, pending: 0n, immature: 0n });
  });

  test('a wallet that was away catches up, over a reorganisation too', async () => {
    const { pool, manager, fund } = await openTestWallets();
    const alice = await manager.create('alice');
    const bob = await manager.create('bob');
    await fund(alice);
    const tx = await pay(alice, bob.newAddress(), COIN);
    await pool.mine();
    await manager.unload('bob');
    await pool.chain.invalidate(pool.chain.tip.hash);
    await pool.mine(3);
    const again = await manager.load('bob');
    expect(again.history.depth(again.history.get(tx.txid)!)).toBe(3);
    expect(balances(again).trusted).toBe(COIN);
  });

  test('on a chain that it does not know, a wallet begins again', async () => {
    const there = await openTestWallets();
    const alice = await there.manager.create('alice');
    await there.fund(alice);
    await there.manager.close();
    const here = await openTestWallets({}, there.storage);
    await here.pool.mine(5);
    const again = await here.manager.load('alice');
    expect(again.follower.last.hash).toBe(here.pool.chain.tip.hash);
    expect(balances(again)).toMatchObject({ trusted: 0n, pending: 0n, immature: 0n });
    await here.fund(again);
    expect(balances(again).trusted).toBe(SUBSIDY);
  });

  test('restored from its words, a wallet has the same balance and history', async () => {
    const { pool, manager, fund } = await openTestWallets();
    const alice = await manager.create('alice');
    const bob = await manager.create('bob');
    await fund(alice, 2);
    await pay(alice, bob.newAddress(), 30n * COIN);
    await pool.mine();
    await pay(alice, bob.newAddress('bech32m'), 40n * COIN);
    await pool.mine();
    await pay(bob, alice.newAddress('legacy'), 5n * COIN);
    await pool.mine();
    // One payment is still on its way.
    await pay(alice, bob.newAddress('p2sh-segwit'), COIN);
    for (const [name, original] of [
      ['alice again', alice],
      ['bob again', bob],
    ] as const) {
      const restored = await manager.create(name, { mnemonic: original.mnemonic()! });
      await restored.rescanFrom(0);
      expect(balances(restored)).toEqual(balances(original));
      const txids = (wallet: typeof original) => wallet.history.transactions.map((entry) => entry.tx.txid);
      expect(txids(restored)).toEqual(txids(original));
      // What it hands out next was never used before.
      expect(restored.newAddress()).toBe(original.newAddress());
    }
  });

  test('everything is there after a restart', async () => {
    const { manager, fund, reopen } = await openTestWallets();
    const alice = await manager.create('alice', { loadOnStartup: true });
    const address = alice.newAddress('bech32m', 'rent');
    await fund(alice);
    const [coin] = listCoins(alice);
    alice.locks.add(coin!.outpoint, true);
    await alice.settled();
    await manager.close();
    const again = (await reopen()).get('alice')!;
    expect(balances(again).trusted).toBe(SUBSIDY);
    expect(again.labels.get(address)?.label).toBe('rent');
    expect(listCoins(again)[0]?.locked).toBe(true);
    expect(exportKey(again, address)).toBe(exportKey(alice, address));
  });

  test('what a block contradicts no longer counts, with all that hangs on it', async () => {
    const { pool, manager, fund } = await openTestWallets();
    const alice = await manager.create('alice');
    const bob = await manager.create('bob');
    await fund(alice);
    const first = await pay(alice, bob.newAddress(), COIN);
    const child = await pay(bob, alice.newAddress(), COIN / 2n, { includeUnsafe: true });
    const inputs = first.inputs.map(({ prevout }) => ({ outpoint: prevout }));
    const spent = alice.history.get(first.txid)!;
    // The same coin, back to Alice herself, for a higher fee: the mempool replaces payment and child.
    const rival = await pay(alice, alice.newAddress(), 2n * COIN, { inputs, feeRate: satPerKvB(100_000n) });
    expect(balances(bob)).toMatchObject({ trusted: 0n, pending: 0n, immature: 0n });
    await pool.mine();
    expect(alice.history.depth(spent)).toBe(-1);
    expect(bob.history.depth(bob.history.get(child.txid)!)).toBe(-1);
    expect(balances(alice).trusted).toBe(SUBSIDY - feeOf(alice, rival));
    await pool.chain.invalidate(pool.chain.tip.hash);
    expect(alice.history.depth(spent)).toBe(0);
  });

  test('is as old as the oldest transaction that it has', async () => {
    const { manager, fund, pool } = await openTestWallets();
    const alice = await manager.create('alice');
    await fund(alice);
    await manager.create('bob', { disablePrivateKeys: true });
    const bob = manager.get('bob')!;
    const { seconds } = { seconds: () => Math.floor(pool.clock.time / 1000) };
    const { descriptors, secrets } = parseDescriptor(alice.keys.activeOf('bech32', false)!.shown, REGTEST);
    await bob.importDescriptor(descriptors[0]!, secrets, {
      active: false,
      internal: false,
      createdAt: seconds(),
    });
    await bob.rescan(0, null);
    const [first] = bob.history.transactions;
    expect(first!.received).toBeLessThan(seconds());
    expect(bob.birthday).toBe(first!.received);
  });

  test('gives up what is not in the mempool, and has its coins back', async () => {
    const { manager, fund, pool } = await openTestWallets();
    const alice = await manager.create('alice');
    await fund(alice);
    const plan = await pay(alice, alice.newAddress(), COIN);
    const entry = alice.history.get(plan.txid)!;
    expect(() => alice.outbox.abandon(entry)).toThrow('Transaction not eligible for abandonment');
    // Time passes: the next transaction to come makes the mempool forget the old one.
    pool.clock.time += 400 * 3_600_000;
    await pool.accept(spend([pool.coin()]));
    expect(pool.mempool.has(plan.txid)).toBe(false);
    expect(balances(alice).trusted).toBe(0n);
    alice.outbox.abandon(entry);
    expect(balances(alice).trusted).toBe(SUBSIDY);
    // Contradicted by a block it is lost, and no longer given up; without that block it waits again.
    const rival = await pay(alice, alice.newAddress(), 2n * COIN);
    await pool.mine();
    expect([entry.abandoned, alice.history.depth(entry)]).toEqual([false, -1]);
    expect(alice.history.depth(alice.history.get(rival.txid)!)).toBe(1);
  });

  test('a wallet without keys watches', async () => {
    const { manager } = await openTestWallets();
    const watcher = await manager.create('watcher', { disablePrivateKeys: true });
    expect(() => watcher.newAddress()).toThrow('Error: No bech32 addresses available.');
    await expect(useMnemonic(watcher, 'abandon '.repeat(11).concat('about'), '', 0)).rejects.toThrow(
      'private keys disabled',
    );
  });
});
