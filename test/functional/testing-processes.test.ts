/** penny/testing's network of processes: what one in memory does, with files, sockets and threads. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { TestNode } from '../../src/testing/api.ts';

const { startNetwork }: typeof import('../../src/testing/testing.ts') = await import(
  new URL('../../dist/testing/testing.js', import.meta.url).href
);

test('splits and heals, slows and loses, goes back, restarts, and is written to a file', async () => {
  const lines = new Map<string, number>();
  const network = await startNetwork({
    process: true,
    log: (node) => lines.set(node, (lines.get(node) ?? 0) + 1),
    time: 1_800_000_000,
    nodes: [{ name: 'shop', wallets: { till: 1 } }, { name: 'home', wallets: { purse: 3 } }, {}],
  });
  const folder = mkdtempSync(join(tmpdir(), 'penny-processes-'));
  try {
    const [shop, home, third] = network.nodes as [TestNode, TestNode, TestNode];
    const [till, purse] = [await shop.wallet('till'), await home.wallet('purse')];
    expect([await till.balance(), await purse.balance(), await third.rpc.getblockcount()]).toEqual([
      1, 3, 111,
    ]);
    const { time } = await shop.rpc.getblockheader(await shop.rpc.getbestblockhash());
    expect(time).toBeGreaterThanOrEqual(1_800_000_000);
    expect([...lines.keys()].sort()).toEqual(['home', 'node3', 'shop']);
    await expect(network.revert()).rejects.toThrow('there is no snapshot');
    const before = await network.snapshot();

    await network.partition([shop], [home, third]);
    expect(await shop.rpc.getconnectioncount()).toBe(0);
    await shop.mine(1);
    await home.mine(2);
    await network.inSync([home, third]);
    await expect(network.inSync([shop, home], { timeout: 300 })).rejects.toThrow(
      /^waited 300 ms in vain for nodes to be in sync: shop is at 112 .*, home is at 113/,
    );
    await network.heal();
    await network.inSync();
    expect(await shop.rpc.getchaintips()).toHaveLength(2);

    const txid = await purse.send(till, 2);
    const confirmed = shop.confirmed(txid);
    await network.inSync(network.nodes, { mempools: true });
    await home.mine();
    await confirmed;
    expect(await till.balance()).toBe(3);

    await network.cut(home, third);
    await network.link(shop, third, { delay: 20, drop: ['inv', 'headers', 'cmpctblock'] });
    await network.inSync();
    await home.mine();
    await network.inSync([shop, home]);
    expect(await third.rpc.getblockcount()).toBe(114);
    await network.link(shop, third);
    await network.heal(home, third);
    await network.inSync();
    await expect(network.cut(shop, shop)).rejects.toThrow('shop is not linked to itself');
    await expect(network.link(shop, home, { delay: -1 })).rejects.toThrow(
      "a link's delay is 0 to 3600000 ms",
    );

    await network.revert(before);
    await network.inSync();
    expect([await till.balance(), await purse.balance(), await third.rpc.getblockcount()]).toEqual([
      1, 3, 111,
    ]);
    await third.mine();
    await network.inSync();

    await home.restart();
    await network.advance(7 * 86_400);
    await home.mine();
    await network.inSync();
    await network.cut(shop, home);
    const path = join(folder, 'dump.json');
    await network.dump(path);
    const { nodes, links } = JSON.parse(readFileSync(path, 'utf8'));
    expect(nodes.map(({ name, backups }: Record<string, object>) => [name, Object.keys(backups!)])).toEqual([
      ...[
        ['shop', ['till']],
        ['home', ['purse']],
        ['node3', []],
      ],
    ]);
    expect(links).toEqual([
      { between: ['shop', 'home'], cut: true },
      ...[{ between: ['shop', 'node3'] }, { between: ['home', 'node3'] }],
    ]);
    await third.stop();
    await expect(third.mine()).rejects.toThrow('node3 does not run');
    await expect(third.confirmed('ab'.repeat(32), 1, { timeout: 300 })).rejects.toThrow('node3 does not run');
  } finally {
    await network.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
