/** Pages over an address's history and coins, with the mempool behind the chain, over new blocks and reorganisations. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MemoryNode } from '../../scripts/conformance/memory-node.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { satPerKvB } from '../../src/core/transaction/fee-rate.ts';
import { METHODS } from '../../src/methods.ts';
import { findMethod } from '../../src/rpc/registry.ts';
import { mismatches } from '../support/result-matches.ts';

const NOBODY = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';
/** Of the secret key 2, which no wallet has. */
const shop = 'bcrt1qq6hag67dl53wl99vzg42z8eyzfz2xlkvwk6f7m';
const SHOP_KEY = 'cMahea7zqjxrtgAbB7LSGbcQUr1uX1ojuat9jZodMN87K7XCyj5v';
const NOBODYS_SCRIPT = '0014751e76e8199196d454941c45d1b3a323f1433bd6';

const RANGED =
  'wpkh(tpubD6NzVbkrYhZ4XgiXtGrdW5XDAPFCL9h7we1vwNCpn8tGbBcgfVYjXyhWo4E1xkh56hjod1RhGjxbaTLV3X4FyWuejifB9jusQ46QzG87VKp/*)#adv567t2';

interface History {
  transactions: {
    txid: string;
    confirmations: number;
    amount: number;
    blockhash?: string;
    position?: number;
  }[];
  cursor: string;
  more: boolean;
}
interface Coins extends Pick<History, 'cursor' | 'more'> {
  utxos: { txid: string; vout: number; amount: number; confirmations: number }[];
}

let memory: MemoryNode;

async function call<T = string>(method: string, ...parameters: readonly unknown[]): Promise<T> {
  const { result, error } = await memory.call(method, JSON.stringify(parameters));
  if (error !== undefined) throw Object.assign(new Error(error.message), { code: error.code });
  expect(mismatches(result, findMethod(METHODS, method)!.result), method).toEqual([]);
  return result as T;
}
const history = (count?: number, cursor?: string) => call<History>('getaddresshistory', shop, count, cursor);
const coins = (count?: number, cursor?: string) => call<Coins>('getaddressutxos', shop, count, cursor);
const pay = async (amount: number) => call('sendtoaddress', shop, amount);
const mine = (count = 1) => call<string[]>('generatetoaddress', count, NOBODY);

/** Every page, each of one entry. */
async function oneByOne<P extends { cursor: string; more: boolean }>(
  ask: (count: number, cursor?: string) => Promise<P>,
): Promise<P[]> {
  const pages = [await ask(1)];
  while (pages.at(-1)!.more) pages.push(await ask(1, pages.at(-1)!.cursor));
  return pages;
}

beforeAll(async () => {
  memory = await MemoryNode.open(REGTEST, 1_600_000_000, {
    indexes: { addresses: true },
    wallet: { fallbackFee: satPerKvB(20_000n) },
  });
  await call('createwallet', 'w');
  await call('generatetoaddress', 5, await call('getnewaddress'));
  await mine(100);
  for (const amount of [1, 2, 3]) {
    await pay(amount);
    await mine();
  }
  await pay(4);
  await pay(5);
});
afterAll(() => memory.stop());

it('shows chain and mempool, whole and page by page', async () => {
  const all = await history();
  expect(all.transactions.map(({ amount, confirmations }) => [amount, confirmations])).toEqual([
    ...[
      [1, 3],
      [2, 2],
      [3, 1],
    ],
    ...all.transactions.slice(3).map(({ amount }) => [amount, 0]),
  ]);
  expect(
    all.transactions
      .slice(3)
      .map(({ amount }) => amount)
      .sort(),
  ).toEqual([4, 5]);
  for (const { txid, blockhash, position } of all.transactions.slice(0, 3))
    expect((await call<{ tx: string[] }>('getblock', blockhash)).tx[position!]).toBe(txid);
  const pages = await oneByOne(history);
  expect(pages.flatMap(({ transactions }) => transactions)).toEqual(all.transactions);
  expect(pages.at(-1)!.cursor).toBe(all.cursor);
  expect((await oneByOne(coins)).flatMap(({ utxos }) => utxos)).toEqual((await coins()).utxos);
  expect(await call('getaddressbalance', shop)).toMatchObject({
    ...{ balance: 6, unconfirmed: 9, received: 6, spent: 0, transactions: 3, utxos: 3 },
  });
});

it('leaves out what the mempool spends, and counts it', async () => {
  const [coin] = (await coins()).utxos;
  const raw = await call('createrawtransaction', [coin], [{ [NOBODY]: 0.5 }, { [shop]: 0.4999 }]);
  const { hex } = await call<{ hex: string }>('signrawtransactionwithkey', raw, [SHOP_KEY]);
  const txid = await call('sendrawtransaction', hex, 0);
  const { utxos } = await coins();
  expect(utxos.map(({ amount }) => amount).sort()).toEqual([0.4999, 2, 3, 4, 5]);
  expect((await history()).transactions.find((tx) => tx.txid === txid)).toMatchObject({
    ...{ amount: -0.5001, received: 0.4999, spent: 1, confirmations: 0 },
  });
  expect(await call('getaddressbalance', shop)).toMatchObject({ balance: 6, unconfirmed: 8.4999 });
});

it('goes on after a cursor when blocks have come, and refuses it when they have gone', async () => {
  const first = await history(2);
  await mine();
  const rest = await history(100, first.cursor);
  expect(rest.transactions.map(({ confirmations }) => confirmations)).toEqual([2, 1, 1, 1]);
  expect(rest.more).toBe(false);
  await pay(7);
  const fresh = await history(100, rest.cursor);
  expect(fresh.transactions.map(({ amount }) => amount)).toEqual([7]);
  const [hash] = await mine();
  const last = await history(100, fresh.cursor);
  expect(last.transactions).toMatchObject([{ amount: 7, confirmations: 1 }]);
  expect((await history(100, last.cursor)).transactions).toEqual([]);
  await call('invalidateblock', hash);
  await expect(history(100, last.cursor)).rejects.toMatchObject({
    code: -8,
    message: expect.stringContaining('start anew'),
  });
  // What the block had is in the mempool again.
  expect((await history(100, fresh.cursor)).transactions).toMatchObject([{ amount: 7, confirmations: 0 }]);
  expect(await call('getaddressbalance', shop)).toMatchObject({ unconfirmed: 7 });
  await call('reconsiderblock', hash);
  expect((await history(100, last.cursor)).transactions).toEqual([]);
});

it('takes descriptors, and nothing else', async () => {
  const { bestblock: _, ...balance } = await call<{ bestblock: string }>('getaddressbalance', NOBODY);
  expect(balance).toMatchObject({ transactions: memory.node.chain.height - 4 });
  expect(await call('getaddressbalance', `raw(${NOBODYS_SCRIPT})`)).toMatchObject(balance);
  for (const [given, code] of [
    [[NOBODYS_SCRIPT], -5],
    [['wpkh(zz)'], -5],
    [[7], -8],
    [[{ range: 3 }], -8],
    [[{ desc: RANGED, range: [0, 20_000] }], -8],
    [[NOBODY, 0], -1],
    [[NOBODY, 1_001], -1],
    [[NOBODY, 1, ''], -8],
    [[NOBODY, 1, `${'00'.repeat(32)}-00000000-`], -8],
    [[NOBODY, 1, `${await call('getblockhash', 3)}-00000004-`], -8],
    [[NOBODY, 1, `${await call('getblockhash', 3)}-000003-`], -8],
  ] as const)
    await expect(call('getaddresshistory', ...given), String(given)).rejects.toMatchObject({ code });
});

it('follows a ranged descriptor as one whole, change and all', async () => {
  const addresses = await call<string[]>('deriveaddresses', RANGED, [0, 1]);
  for (const [i, address] of addresses.entries()) await call('sendtoaddress', address, 10 + i);
  await mine();
  const whole = { desc: RANGED, range: [0, 1] };
  const both = await call<History>('getaddresshistory', whole);
  expect(both.transactions.map(({ amount }) => amount).sort()).toEqual([10, 11]);
  expect(await call('getaddresshistory', addresses)).toMatchObject({ transactions: both.transactions });
  expect(await call('getaddressbalance', RANGED)).toMatchObject({ balance: 21, utxos: 2, transactions: 2 });
  expect(await call('getaddressbalance', { ...whole, range: [1, 1] })).toMatchObject({ balance: 11 });
  const one = await oneByOne((count, cursor) => call<History>('getaddresshistory', whole, count, cursor));
  expect(one.flatMap(({ transactions }) => transactions)).toEqual(both.transactions);
  const { utxos } = await call<Coins>('getaddressutxos', whole);
  expect(utxos.map(({ amount }) => amount).sort()).toEqual([10, 11]);
  // From one of its scripts to another: one transaction, which costs no more than its fee.
  const [coin] = (await coins()).utxos;
  const amount = coin!.amount - 0.5;
  const raw = await call('createrawtransaction', [coin], [{ [addresses[1]!]: amount }, { [shop]: 0.4999 }]);
  const { hex } = await call<{ hex: string }>('signrawtransactionwithkey', raw, [SHOP_KEY]);
  const txid = await call('sendrawtransaction', hex, 0);
  for (const confirmations of [0, 1]) {
    const { transactions } = await call<History>('getaddresshistory', [shop, whole]);
    expect(transactions.filter((tx) => tx.txid === txid)).toMatchObject([{ amount: -0.0001, confirmations }]);
    await mine();
  }
});

it('says that it needs the index, and waits for none that was never at the tip', async () => {
  const { indexes } = memory.node;
  const { addresses } = indexes as { addresses?: NonNullable<typeof indexes.addresses> };
  Object.assign(indexes, { addresses: undefined });
  await expect(call('getaddressbalance', shop)).rejects.toMatchObject({
    message: 'The address index is not enabled. Restart with -addressindex',
  });
  const follower = { height: 0, isCatchingUp: true };
  Object.assign(indexes, { addresses: { follower } });
  await expect(call('getaddressbalance', shop)).rejects.toMatchObject({
    message: 'The address index is syncing. Current height: 0',
  });
  Object.assign(indexes, { addresses });
  // Waits for the last block.
  await call('getaddressbalance', shop);
  expect(await call('getindexinfo')).toEqual({
    addressindex: { synced: true, best_block_height: memory.node.chain.height },
  });
});
