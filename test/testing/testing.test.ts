/** penny/testing, as a program's own tests use it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test as plain, vi } from 'vitest';
import {
  fixtures,
  RpcError,
  startNetwork,
  startNode,
  type TestNetwork,
  type TestNode,
  withNetwork,
  withNode,
} from '../../src/testing/testing.ts';

const WEEK = 7 * 86_400;
const folder = mkdtempSync(join(tmpdir(), 'penny-testing-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const test = plain.extend<{ node: TestNode; network: TestNetwork }>(
  fixtures({ wallets: { alice: 10, bob: 1 }, nodes: 3 }),
);

describe('a node', () => {
  test('pays, and tells when it is confirmed, to whoever waited before', async ({ node }) => {
    const [alice, bob] = [await node.wallet('alice'), await node.wallet('bob')];
    const txid = await alice.send(bob, 2.5);
    await node.confirmed(txid, 0);
    const confirmed = node.confirmed(txid, 2);
    await node.mine();
    await expect(Promise.race([confirmed.then(() => 'confirmed'), node.rpc.getblockcount()])).resolves.toBe(
      112,
    );
    await node.mine();
    await confirmed;
    expect(await bob.balance()).toBe(3.5);
    expect((await node.rpc.getrawtransaction(txid, 1)).confirmations).toBe(2);
  });

  test('says what a wait was for that came to nothing', async ({ node }) => {
    const { rpc } = node;
    await expect(node.confirmed('ab'.repeat(32), 3, { timeout: 50 })).rejects.toThrow(
      `waited 50 ms in vain for 3 confirmations of ${'ab'.repeat(32)} on node1: it was not seen`,
    );
    await expect(node.height(1_000, { timeout: 50 })).rejects.toThrow(
      'height 1000 on node1, which is at 111',
    );
    await expect(rpc.getblockhash(5_000)).rejects.toThrow(RpcError);
    await expect(node.faucet(await (await node.wallet('bob')).address(), 1e6)).rejects.toThrow(
      /^the faucet has/,
    );
  });

  test('goes back to a snapshot, with chain, mempool, wallets and time', async ({ node }) => {
    const [alice, bob] = [await node.wallet('alice'), await node.wallet('bob')];
    const pending = await alice.send(bob, 1);
    const state = async () => [
      await node.rpc.gettxoutsetinfo('muhash'),
      await node.rpc.getrawmempool(),
      await alice.balance(),
      await bob.rpc.getbalances(),
      await bob.rpc.listtransactions('*', 100),
      (await node.rpc.getrawtransaction(pending, 1)).confirmations,
    ];
    const before = await state();
    const first = await node.snapshot();
    await node.mine(3);
    const second = await node.snapshot();
    await node.advance(WEEK);
    await node.mine();
    const late = (await node.rpc.getblockheader(await node.rpc.getbestblockhash())).time;
    await node.revert();
    expect(await node.rpc.getblockcount()).toBe(114);
    await node.revert(first);
    expect(await state()).toEqual(before);
    await node.mine();
    const { time } = await node.rpc.getblockheader(await node.rpc.getbestblockhash());
    expect(late - time).toBeGreaterThanOrEqual(WEEK);
    await expect(node.revert(second)).rejects.toThrow(`there is no snapshot ${second}`);
  });

  test('replaces blocks by a longer branch, with what they held or without', async ({ node }) => {
    const [alice, bob] = [await node.wallet('alice'), await node.wallet('bob')];
    const [kept, lost] = [await alice.send(bob, 1), await bob.send(alice, 0.25)];
    const old = await node.mine(2);
    const added = await node.reorganise(2, { keep: [kept] });
    expect(added).toHaveLength(3);
    expect((await node.rpc.getrawtransaction(kept, 1)).confirmations).toBe(3);
    expect(await node.rpc.getrawmempool()).toEqual([lost]);
    expect(await node.rpc.getchaintips()).toEqual([
      { height: 114, hash: added[2], branchlen: 0, status: 'active' },
      { height: 113, hash: old[1], branchlen: 2, status: 'valid-fork' },
    ]);
    await node.reorganise(1, { blocks: 4 });
    expect(await node.rpc.getrawmempool()).toEqual([]);
    await expect(node.reorganise(2, { blocks: 2 })).rejects.toThrow(
      'a branch of 2 blocks does not replace 2',
    );
    await expect(node.reorganise(1_000)).rejects.toThrow('a depth is 1 to 117 here, not 1000');
  });

  test('keeps what it had over a restart, and answers nobody in between', async ({ node }) => {
    await node.mine(2);
    await node.stop();
    await expect(node.rpc.getblockcount()).rejects.toThrow(/no answer/);
    await node.start();
    expect(await node.rpc.getblockcount()).toBe(113);
    expect(await (await node.wallet('alice')).balance()).toBe(10);
  });

  test('tells of what happens, over a restart as well', async ({ node }) => {
    const block = await node.rpc.getbestblockhash();
    const events = node.rpc.with({}).subscribe({ topics: ['chain', 'mempool'], from: { block } });
    const next = async (count: number) => {
      const told: string[] = [];
      while (told.length < count) told.push((await events.next()).value!.type);
      return told;
    };
    expect(await next(1)).toEqual(['snapshot']);
    const alice = await node.wallet('alice');
    await alice.send(alice, 1);
    await node.mine();
    expect(await next(3)).toEqual(['added', 'connected', 'removed']);
    // Who is back before the reorganisation hears of what waits meanwhile, too.
    const told: string[] = [];
    const isTold = (type: string, count = 1) => told.filter((each) => each === type).length === count;
    const follow = async () => {
      while (!(isTold('snapshot') && isTold('connected', 2))) told.push(...(await next(1)));
      return told.filter((type) => type.endsWith('connected'));
    };
    const following = follow();
    await node.restart();
    await node.reorganise(1);
    expect(await following).toEqual(['disconnected', 'connected', 'connected']);
    await events.return();
  });

  plain('is there at once, and lets a week pass in a moment, whatever stands in for the timers', async () => {
    vi.useFakeTimers();
    const node = await startNode();
    try {
      await node.mine(7, { interval: 86_400 });
      const [first, last] = await Promise.all(
        [1, 7].map(async (height) => node.rpc.getblockheader(await node.rpc.getblockhash(height))),
      );
      expect(last!.time - first!.time).toBe(6 * 86_400);
    } finally {
      await node.stop();
      vi.useRealTimers();
    }
  });

  plain('is the same for the same seed, and another for another', async () => {
    const story = async (seed: number): Promise<string> => {
      const node = await startNode({ seed, wallets: { w: 2 } });
      const wallet = await node.wallet('w');
      const txid = await wallet.send(await wallet.address(), 1);
      await node.mine();
      await node.stop();
      return `${txid} ${await Promise.resolve(node.name)}`;
    };
    const [one, again, other] = await Promise.all([story(1), story(1), story(2)]);
    expect(again).toBe(one);
    expect(other).not.toBe(one);
  });

  plain(
    'serves HTTP where that is asked, and long polls go on as time does outside',
    withNode({ rpcPort: 0 }, async (node) => {
      const { url, cookie } = node.http!;
      const call = async (method: string, ...params: unknown[]) => {
        const response = await fetch(url, {
          method: 'POST',
          headers: { authorization: `Basic ${btoa(cookie)}` },
          body: JSON.stringify({ method, params }),
        });
        return ((await response.json()) as { result: unknown }).result;
      };
      const waiting = call('waitforblockheight', 2, 60_000);
      expect(await call('waitfornewblock', 20)).toMatchObject({ height: 0 });
      await node.mine(2);
      expect(await waiting).toMatchObject({ height: 2 });
    }),
  );
});

describe('a network', () => {
  test('splits and heals, and its nodes agree again', async ({ network }) => {
    const [a, b, c] = network.nodes as [TestNode, TestNode, TestNode];
    await network.partition([a], [b, c]);
    await a.mine(1);
    await b.mine(2);
    await network.inSync([b, c]);
    await expect(network.inSync([a, b], { timeout: 50 })).rejects.toThrow(/node1 is at 1 .*, node2 is at 2/);
    await network.heal();
    await network.inSync();
    expect(await a.rpc.getchaintips()).toHaveLength(2);
  });

  test('cuts, delays and loses what it is told to', async ({ network }) => {
    const [a, b, c] = network.nodes as [TestNode, TestNode, TestNode];
    await network.cut(a, c);
    await network.link(a, b, { delay: 3_000 });
    await a.mine();
    await c.height(1);
    expect(await b.rpc.getconnectioncount()).toBe(2);
    expect(await a.rpc.getconnectioncount()).toBe(1);
    await network.link(a, b, { drop: ['headers', 'cmpctblock', 'inv'] });
    await a.mine();
    await network.advance(60);
    expect(await b.rpc.getblockcount()).toBe(1);
    await network.link(a, b);
    await network.heal(a, c);
    await a.mine();
    await network.inSync();
    await expect(network.cut(a, a)).rejects.toThrow('node1 is not linked to itself');
  });

  plain(
    'begins with the wallets of each, goes back as a whole, and relays',
    withNetwork(
      {
        nodes: [
          { name: 'shop', wallets: { till: 0 } },
          { name: 'home', wallets: { purse: 3 } },
        ],
        links: [[0, 1]],
      },
      async (network) => {
        const [shop, home] = [network.node('shop'), network.node('home')];
        const snapshot = await network.snapshot();
        const till = await shop.wallet('till');
        const txid = await (await home.wallet('purse')).send(till, 2);
        await shop.confirmed(txid, 0);
        await network.inSync(network.nodes, { mempools: true });
        await home.mine();
        await shop.confirmed(txid);
        expect(await till.balance()).toBe(2);
        await network.revert(snapshot);
        await network.inSync(network.nodes, { mempools: true });
        expect(await till.balance()).toBe(0);
        await shop.mine();
        await network.inSync();
      },
    ),
  );

  plain('is refused where it makes no sense', async () => {
    await expect(startNetwork({ nodes: 0 })).rejects.toThrow('the number of nodes is 1 to 100, not 0');
    await expect(startNetwork({ links: [[0, 2]] })).rejects.toThrow('not 0 and 2');
    await expect(startNetwork({ nodes: [{ name: 'a' }, { name: 'a' }] })).rejects.toThrow(
      'names of nodes differ',
    );
    await expect(startNode({ network: { name: 'x' } })).rejects.toThrow('magic');
  });
  plain.each<[string, () => Promise<unknown>, string]>([
    ['an option', () => startNode({ wallet: { a: 1 } } as never), 'startNode has no option wallet, only'],
    ['one of a node', () => startNetwork({ nodes: [{ nam: 'a' }] } as never), 'nodes[0] has no option nam'],
    ['one of Object', () => startNode({ toString: 1 } as never), 'startNode has no option toString'],
    ['no object', () => startNode(5 as never), 'the options of startNode are an object, not 5'],
    ['coins', () => startNode({ wallets: { a: -1 } }), 'wallets.a is 0 to 21000000 coins, not -1'],
    ['text for coins', () => startNode({ wallets: { a: '1' as never } }), 'not "1"'],
    ['a list of wallets', () => startNode({ wallets: [] as never }), 'coins by the name of a wallet'],
    ['a seed', () => startNode({ seed: 2 ** 32 }), 'seed is 0 to 4294967295, not 4294967296'],
    ['a network', () => startNode({ network: 'main' as never }), 'not "main"'],
    ['a time', () => startNode({ time: Number.NaN }), 'time is 1 to 4294967295, not NaN'],
    ['a name', () => startNode({ name: '../x' }), 'name is a name of up to 32 letters a-z'],
    ['a port', () => startNode({ rpcPort: 70_000 }), 'rpcPort is 0 to 65535, not 70000'],
    ['a kind', () => startNode({ process: 'no' as never }), 'process is true or false, not "no"'],
    ['links', () => startNetwork({ links: 'all' as never }), 'links is a list, not "all"'],
    ['a link', () => startNetwork({ links: [5 as never] }), 'a link is between two of the 2 nodes, not 5'],
    ['of a fixture', withNode({ dump: '' } as never, () => {}), 'startNode has no option dump, only'],
  ])('is told %s that does not fit', async (_, start, message) => {
    await expect(start()).rejects.toThrow(message);
  });

  test('what is asked of its nodes is looked at before it is done', async ({ network }) => {
    const [a, b, c] = network.nodes as [TestNode, TestNode, TestNode];
    const wallet = await a.wallet('more', 1);
    const height = await a.rpc.getblockcount();
    const cases: [() => Promise<unknown>, string][] = [
      [() => a.mine(-1), 'blocks is 0 to 100000, not -1'],
      [() => a.mine(1.5), 'not 1.5'],
      [() => a.mine(1, { too: 'x' } as never), 'mine has no option too, only to, interval'],
      [() => a.faucet('x', -1), 'coins is 0 to 21000000 coins, not -1'],
      [() => wallet.send(wallet, '1' as never), 'not "1"'],
      [() => a.wallet('w', Number.NaN), 'not NaN'],
      [() => a.confirmed('zz'), 'txid is 64 hex digits, not "zz"'],
      [() => a.confirmed('ab'.repeat(32), -1), 'confirmations is 0 to 2147483647, not -1'],
      [() => a.height(1, { timeOut: 5 } as never), 'height has no option timeOut, only timeout'],
      [() => a.reorganise(1, { block: 2 } as never), 'reorganise has no option block'],
      [() => a.reorganise(0.5), 'not 0.5'],
      [() => network.advance(-5), 'seconds is 0 to 3155760000 seconds, not -5'],
      [() => network.inSync([a, b], { mempool: true } as never), 'inSync has no option mempool'],
      [() => network.link(a, b, { delay: -1 }), "a link's delay is 0 to 3600000 ms, not -1"],
      [() => network.link(a, b, { drop: [1 as never] }), 'drop is a list of commands'],
      [() => network.link(a, b, { dropp: ['tx'] } as never), 'link has no option dropp'],
      [() => network.partition([a], [b, a]), 'node1 is in two groups'],
      [() => network.heal(c), 'which link of node3?'],
    ];
    for (const [call, message] of cases) await expect(call()).rejects.toThrow(message);
    expect(await a.rpc.getblockcount()).toBe(height);
    await a.stop();
    await expect(a.confirmed('ab'.repeat(32), 1, { timeout: 10 })).rejects.toThrow('does not run');
    await network.inSync();
  });
});

plain('a test that fails leaves its network in a file, and is told where', async () => {
  const failing = withNetwork({ nodes: [{ wallets: { w: 1 } }, {}], dumps: folder }, async ({ nodes }) => {
    const wallet = await nodes[0]!.wallet('w');
    await wallet.send(wallet, 0.5);
    throw new Error('as it happens');
  });
  await expect(failing()).rejects.toThrow(
    /as it happens\nits network is kept: penny devnet --import .*test-.*json/,
  );
  const [name] = readdirSync(folder);
  const { network, nodes, blocks } = JSON.parse(readFileSync(join(folder, name!), 'utf8'));
  expect(network).toBe('regtest');
  expect(blocks).toHaveLength(111);
  expect(
    nodes.map(({ mempool, backups }: { mempool: []; backups: object }) => [
      mempool.length,
      Object.keys(backups),
    ]),
  ).toEqual([
    [1, ['w']],
    [0, []],
  ]);
});
