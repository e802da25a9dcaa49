/** A node in a tab of a real browser: it dials a node, verifies its whole chain, mines and pays. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasChromium, launch, openPage } from './chromium.ts';
import { PeerNode, Site, Tab } from './tab-world.ts';

const eventually = (read: () => Promise<unknown>, timeout = 60_000) => expect.poll(read, { timeout });

describe.skipIf(!hasChromium)('a node in a tab', () => {
  const folder = mkdtempSync(join(tmpdir(), 'penny-tab-'));
  let browser: Browser;
  let site: Site;
  let peer: PeerNode;

  beforeAll(async () => {
    site = await Site.open(folder);
    peer = await PeerNode.open(site.origin);
    await peer.grow(200, 2);
    browser = await launch();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await peer?.node.stop();
    await site?.close();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  async function openTab(): Promise<Tab & { complaints: string[] }> {
    const { page, complaints } = await openPage(browser);
    return Object.assign(new Tab(page, site), { complaints });
  }
  const coinsOf = (set: unknown) => (set as { muhash: string }).muhash;

  test('syncs, mines what its peer takes at once, is told by events, and pays', async () => {
    const tab = await openTab();
    await tab.start({ peers: [peer.address] });
    expect(await tab.running()).toMatchObject({
      phase: 'running',
      role: 'owner',
      threads: expect.any(Number),
    });
    const { client } = peer;
    await eventually(() => tab.call('getblockcount')).toBe(await client.getblockcount());
    expect(coinsOf(await tab.call('gettxoutsetinfo', 'muhash'))).toBe(
      coinsOf(await client.gettxoutsetinfo('muhash')),
    );

    await tab.call('createwallet', 'own', false, false, 'secret');
    const address = await tab.callAt<string>('/wallet/own', 'getnewaddress');
    const told = tab.blocks(1);
    const [hash] = await tab.call<string[]>('generatetoaddress', 1, address);
    expect(await told).toEqual([hash]);
    await eventually(() => client.getbestblockhash()).toBe(hash);
    await peer.grow(100, 0);
    await eventually(() => tab.callAt('/wallet/own', 'getbalance')).toBeGreaterThan(0);
    await tab.callAt('/wallet/own', 'walletpassphrase', 'secret', 60);
    const theirs = await client.wallet('peer').getnewaddress();
    const txid = await tab.callAt<string>('/wallet/own', 'sendtoaddress', {
      ...{ address: theirs, amount: 0.25, fee_rate: 2 },
    });
    await eventually(() => client.getrawmempool()).toContain(txid);
    expect(tab.complaints).toEqual([]);
    await tab.stop();
    expect((await tab.states()).at(-1)).toEqual({ phase: 'stopped' });
    await expect(tab.call('getblockcount')).rejects.toThrow('stopped');
    await tab.page.context().close();
  });
});
