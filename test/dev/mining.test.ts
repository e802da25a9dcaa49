import { expect, test } from 'vitest';
import { MemoryNode } from '../../scripts/conformance/memory-node.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { ADDRESS, eachWorld, START } from './world.ts';

const OTHER = 'bcrt1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qzf4jry';

const dev = eachWorld();
const { call, errorOf, pay } = dev;
const unspent = async (address: string) =>
  (await call('scantxoutset', 'start', [`addr(${address})`])).total_amount;

test('mine pays whom one likes, and lets time pass between blocks', async () => {
  await call('freezetime');
  const hashes = await call('mine', 3, 600, ADDRESS);
  const times = [];
  for (const hash of hashes) times.push((await call('getblockheader', hash)).time);
  expect(times).toEqual([START, START + 600, START + 1_200]);
  expect(await unspent(ADDRESS)).toBe(150);
  expect(await call('mine')).toHaveLength(1);
  expect(await errorOf('mine', 0)).toEqual({
    code: -8,
    message: 'Invalid blocks, must be between 1 and 10000',
  });
});

test('blocks come by themselves: at once, some time after a transaction, or by the clock', async () => {
  await call('generatetoaddress', 110, ADDRESS);
  expect(await call('setautomine', true)).toMatchObject({ enabled: true, delay: 0 });
  await pay(1);
  await dev.world.pass(0.1);
  expect(await call('getblockcount')).toBe(111);
  await call('setautomine', true, 500);
  await pay(2);
  await pay(3);
  await dev.world.pass(0.4);
  expect(await call('getblockcount')).toBe(111);
  await dev.world.pass(0.2);
  expect([await call('getblockcount'), await call('getrawmempool')]).toEqual([112, []]);
  expect(await call('setautomine', true, null, 30, false, ADDRESS)).toEqual({
    ...{ enabled: true, interval: 30, empty: false, address: ADDRESS },
  });
  await pay(4);
  await dev.world.pass(29);
  expect(await call('getblockcount')).toBe(112);
  await dev.world.pass(2);
  await dev.world.pass(120);
  expect(await call('getblockcount')).toBe(113);
  await call('setautomine', true, null, 30);
  await dev.world.pass(121);
  expect(await call('getblockcount')).toBe(117);
  await call('freezetime');
  await dev.world.pass(300);
  expect(await call('getblockcount')).toBe(117);
  await call('increasetime', 30);
  await dev.world.pass(1);
  expect(await call('getblockcount')).toBe(118);
  expect(await call('setautomine', false)).toEqual({ enabled: false });
  expect(await call('setautomine')).toEqual({ enabled: false });
});

test.each([
  ['keep', [1, 0]],
  ['mine', [0, 2]],
  ['drop', [0, 0]],
] as const)('a reorganisation, and its transactions: %s', async (fate, [waiting, confirmations]) => {
  await call('generatetoaddress', 101, ADDRESS);
  const txid = await pay();
  // The same time for all: the new blocks must be others all the same.
  await call('freezetime');
  const old = await call('mine', 2);
  const hashes = await call('reorganise', 2, 3, fate);
  expect([hashes.length, await call('getblockcount'), await call('getbestblockhash')]).toEqual([
    3,
    104,
    hashes[2],
  ]);
  expect(await call('getrawmempool')).toHaveLength(waiting);
  const found = await Promise.all(hashes.map((hash: string) => call('getblock', hash)));
  expect(found.filter((block) => block.tx.includes(txid)).map((block) => block.confirmations - 1)).toEqual(
    confirmations === 0 ? [] : [confirmations],
  );
  expect(
    (await call('getchaintips')).map(({ hash, status }: Record<string, string>) => [hash, status]),
  ).toEqual([
    [hashes[2], 'active'],
    [old[1], 'valid-fork'],
  ]);
});

test('what cannot be reorganised is refused, and the chain is as it was', async () => {
  await call('mine', 3);
  const tip = await call('getbestblockhash');
  expect((await errorOf('reorganise', 4)).message).toBe('Invalid depth, must be between 1 and 3');
  expect((await errorOf('reorganise', 2, 2)).message).toBe(
    'The new branch must be longer than the blocks that are left',
  );
  expect((await errorOf('reorganise', 1, 2, 'burn')).message).toBe(
    'Invalid transactions, must be one of keep, mine, drop',
  );
  expect(await call('getbestblockhash')).toBe(tip);
});

test('the faucet pays, mines where it must, and pays again from its change', async () => {
  await call('faucet', ADDRESS, 10);
  expect([await unspent(ADDRESS), await call('getblockcount')]).toEqual([10, 102]);
  const txid = await call('faucet', ADDRESS, 5.5, false);
  expect(await call('getrawmempool')).toEqual([txid]);
  await call('faucet', OTHER, 120);
  expect([await unspent(ADDRESS), await unspent(OTHER)]).toEqual([15.5, 120]);
  expect(await errorOf('faucet', ADDRESS, 0)).toEqual({ code: -3, message: 'Invalid amount' });
  expect(await errorOf('faucet', 'nowhere', 1)).toMatchObject({ code: -5 });
  expect(await errorOf('faucet', ADDRESS, 20_000_000)).toEqual({
    ...{ code: -1, message: 'The faucet cannot mine so much' },
  });
});

test('a payment is spent twice, from the mempool and from blocks, and peers follow', async () => {
  const b = await dev.world.start();
  await call('faucet', ADDRESS, 3, false);
  const [waiting] = await call('getrawmempool');
  const first = await call('doublespend', waiting);
  expect([await call('getrawmempool'), await unspent(ADDRESS)]).toEqual([[], 0]);
  expect((await call('getblock', first.blocks[0])).tx).toContain(first.txid);

  const txid = await call('faucet', ADDRESS, 2);
  await call('mine', 2);
  const other = await call('faucet', OTHER, 1, false);
  expect(await unspent(ADDRESS)).toBe(2);
  const height = await call('getblockcount');
  const second = await call('doublespend', txid);
  expect([await call('getblockcount'), second.blocks.length]).toEqual([height + 1, 4]);
  expect((await call('getblock', second.blocks[0])).tx).toEqual([expect.any(String), second.txid]);
  expect(await unspent(ADDRESS)).toBe(0);
  expect(await call('getrawmempool')).not.toContain(txid);
  expect(other).not.toBe(second.txid);
  await dev.world.pass(30);
  expect(await dev.world.call(b, 'getbestblockhash')).toBe(second.blocks.at(-1));
  const [coinbase] = (await call('getblock', second.blocks[1])).tx;
  expect((await errorOf('doublespend', coinbase)).message).toBe(
    'A coinbase spends nothing that could be spent otherwise',
  );
  expect(await errorOf('doublespend', '00'.repeat(32))).toMatchObject({ code: -5 });
  await call('generatetoaddress', 1, ADDRESS);
  await call('mine', 100);
  const foreign = await pay((await call('getblockcount')) - 100);
  expect((await errorOf('doublespend', foreign)).message).toMatch(
    /^No loaded wallet can sign for [0-9a-f]{64}:0$/,
  );
});

test('a wallet is funded, and gets back what it had paid', async () => {
  const memory = await MemoryNode.open(REGTEST, START, { wallet: { keypool: 2 } });
  const ask = async (method: string, ...params: readonly unknown[]) => {
    const { result, error } = await memory.call(method, JSON.stringify(params));
    if (error !== undefined) throw new Error(error.message);
    return result as never;
  };
  await ask('createwallet', 'w');
  await ask('fundwallet', 25);
  const balance = async () => ((await ask('getbalances')) as { mine: { trusted: number } }).mine.trusted;
  expect(await balance()).toBe(25);
  const pay = [OTHER, 4, null, null, null, null, null, null, null, 10];
  const txid = await ask('sendtoaddress', ...pay);
  await ask('mine', 1);
  const later = await ask('sendtoaddress', ...pay);
  await ask('doublespend', txid);
  expect(await balance()).toBeCloseTo(25, 3);
  for (const id of [txid, later])
    expect(((await ask('gettransaction', id)) as { confirmations: number }).confirmations).toBeLessThan(0);
  await memory.stop();
});

test('fees are estimated as asked, by target, until they are learned again', async () => {
  const rates = async () =>
    Promise.all([1, 2, 6, 1008].map(async (target) => (await call('estimatesmartfee', target)).feerate));
  expect(await rates()).toEqual([undefined, undefined, undefined, undefined]);
  await call('setfees', 20);
  await call('setfees', 5, 6);
  expect(await rates()).toEqual([0.0002, 0.0002, 0.00005, 0.00005]);
  await call('setfees');
  expect(await rates()).toEqual([undefined, undefined, undefined, undefined]);
});

const NEEDED: Readonly<Record<string, readonly unknown[]>> = {
  ...{ reorganise: [1], doublespend: ['00'.repeat(32)], faucet: [ADDRESS, 1] },
};

test.each(['mine', 'setautomine', 'reorganise', 'doublespend', 'faucet', 'fundwallet', 'setfees'])(
  '%s is refused by name elsewhere',
  async (name) => {
    const node = await dev.world.start({ ...REGTEST, name: 'main', devControl: false });
    const { error } = await dev.world.ask(node, name, ...(NEEDED[name] ?? []));
    expect(error.message).toBe(`${name} is refused on the network main, whose file does not say devControl`);
  },
);
