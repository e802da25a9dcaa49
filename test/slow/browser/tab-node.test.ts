/** A node in a tab of a real browser: it dials a node, verifies its whole chain, mines, pays, and keeps what it has. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MemoryStorage } from '../../../src/platform/memory/memory-storage.ts';
import { hasChromium, launchProfile, openPageIn } from './chromium.ts';
import { FarEnds } from './far-ends.ts';
import { PeerNode, Site, type SiteOptions, Tab } from './tab-world.ts';

const eventually = (read: () => Promise<unknown>, timeout = 60_000) =>
  expect.poll(read, { timeout, interval: 50 });

describe.skipIf(!hasChromium)('a node in a tab', () => {
  const folder = mkdtempSync(join(tmpdir(), 'penny-tab-'));
  const storage = new MemoryStorage();
  let context: BrowserContext;
  let site: Site;
  let peer: PeerNode;

  beforeAll(async () => {
    site = await Site.open(join(folder, 'site'));
    peer = await PeerNode.open(site.origin, storage);
    await peer.grow(100, 4);
    context = await launchProfile(join(folder, 'profile'));
  }, 120_000);
  afterAll(async () => {
    await context?.close();
    await peer?.node.stop();
    await site?.close();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  async function openTab(at = site): Promise<Tab> {
    const { page, complaints } = await openPageIn(context);
    return new Tab(page, at, complaints);
  }

  const muhash = async (set: Promise<unknown>) => ((await set) as { muhash: string }).muhash;
  /** The same chain, and the same coins. */
  async function isAsPeer(tab: Tab): Promise<void> {
    await eventually(() => tab.call('getbestblockhash')).toBe(await peer.client.getbestblockhash());
    const own = await muhash(tab.call('gettxoutsetinfo', 'muhash'));
    expect(own).toBe(await muhash(peer.client.gettxoutsetinfo('muhash')));
  }

  /** As the system does when there is no memory left. */
  async function killPages(): Promise<void> {
    const session = await context.browser()!.newBrowserCDPSession();
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    for (const { type, id } of processInfo) if (type === 'renderer') process.kill(id, 'SIGKILL');
    await session.detach();
  }

  test('the parts of a browser pass the suites of their seams', async () => {
    const ends = await FarEnds.open(site.origin);
    const tab = await openTab();
    await tab.open();
    const { passed, failed } = await tab.suites(ends.url);
    expect(failed).toEqual([]);
    const groups = new Set(passed.map((name) => name.split(' > ')[0]));
    for (const part of ['wasm', 'noble', 'OPFS', 'workers of the web', 'the web'])
      expect(
        [...groups].some((group) => group?.includes(part)),
        part,
      ).toBe(true);
    await tab.page.close();
    await ends.close();
  });

  /** By itself, in threads where there are any, until its peer has two blocks of it. */
  async function mines(tab: Tab, by: PeerNode, address: string): Promise<void> {
    const before = await by.client.getblockcount();
    await tab.call('setmining', 2, 50, address, 0.2);
    await eventually(() => by.client.getblockcount()).toBeGreaterThan(before + 1);
    await tab.call('setmining', 0);
    expect(await tab.call('setmining')).toMatchObject({ threads: 0, blocks: expect.any(Number) });
    await eventually(() => tab.call('getbestblockhash')).toBe(await by.client.getbestblockhash());
  }

  test('syncs, mines what its peer takes at once, is told by events, and pays', async () => {
    const tab = await openTab();
    await tab.start({ peers: [peer.address], store: 'first' });
    expect(await tab.running()).toMatchObject({ phase: 'running', role: 'owner', storage: 'disk' });
    await isAsPeer(tab);
    const { client } = peer;
    for (const passphrase of [undefined, null, ''])
      await expect(tab.call('createwallet', 'own', false, false, passphrase)).rejects.toThrow(
        'always encrypted',
      );
    await tab.call('createwallet', 'own', false, false, 'secret');
    const address = await tab.callAt<string>('/wallet/own', 'getnewaddress');
    const told = tab.blocks(1);
    const [hash] = await tab.call<string[]>('generatetoaddress', 1, address);
    expect(await told).toEqual([hash]);
    await eventually(() => client.getbestblockhash()).toBe(hash);
    await mines(tab, peer, address);
    await peer.grow(100, 0);
    await eventually(() => tab.callAt('/wallet/own', 'getbalance')).toBeGreaterThan(0);
    await tab.callAt('/wallet/own', 'walletpassphrase', 'secret', 60);
    const theirs = await client.wallet('peer').getnewaddress();
    const payment = { address: theirs, amount: 0.25, fee_rate: 2 };
    const txid = await tab.callAt<string>('/wallet/own', 'sendtoaddress', payment);
    await eventually(() => client.getrawmempool()).toContain(txid);

    await tab.stop();
    expect((await tab.states()).at(-1)).toEqual({ phase: 'stopped' });
    await expect(tab.call('getblockcount')).rejects.toThrow('stopped');
    // Opened again without a peer, it has everything; closed without a word, too.
    for (const ends of ['orderly', 'not at all']) {
      await tab.start({ store: 'first' });
      expect(await tab.running()).toMatchObject({ phase: 'running', storage: 'disk' });
      await isAsPeer(tab);
      expect(await tab.call('listwalletdir')).toMatchObject({ wallets: [{ name: 'own' }] });
      if (!(await tab.call<string[]>('listwallets')).includes('own')) await tab.call('loadwallet', 'own');
      expect(await tab.callAt('/wallet/own', 'gettransaction', txid)).toMatchObject({ txid });
      if (ends === 'orderly') await tab.stop();
    }
    expect(tab.complaints).toEqual([]);
    await tab.page.close();
  });

  test('goes on after it was killed in the middle of a sync', async () => {
    const all = await peer.client.getblockcount();
    let tab = await openTab();
    let seen = 0;
    for (let kills = 0; kills < 6; kills++) {
      await tab.start({ peers: [peer.address], store: 'killed' });
      await tab.running();
      await eventually(() => tab.call('getblockcount')).toBeGreaterThan(Math.min(seen + 3, all - 1));
      seen = await tab.call<number>('getblockcount');
      await killPages();
      await tab.page.close();
      tab = await openTab();
    }
    await tab.start({ peers: [peer.address], store: 'killed' });
    expect(await tab.running()).toMatchObject({ phase: 'running', role: 'owner', storage: 'disk' });
    await isAsPeer(tab);
    expect(await tab.call('verifychain', 4, 0)).toBe(true);
    await tab.page.close();
  });

  test('is shown by a second tab, which takes its place', async () => {
    const [first, second, third] = [await openTab(), await openTab(), await openTab()];
    const options = { peers: [peer.address], store: 'shared' };
    await first.start(options);
    await first.running();
    await isAsPeer(first);
    for (const each of [second, third]) {
      await each.start(options);
      expect(await each.running()).toMatchObject({ phase: 'running', role: 'viewer', storage: 'disk' });
    }
    await first.call('createwallet', 'one', false, false, 'secret');
    expect(await second.call('listwallets')).toEqual(['one']);
    const told = second.blocks(2);
    const address = await second.callAt<string>('/wallet/one', 'getnewaddress');
    const [hash] = await second.call<string[]>('generatetoaddress', 1, address);
    // A call that is under way when the first one is closed, and events that go on at the next.
    const waiting = second.call('waitforblockheight', 1_000_000).catch((error: Error) => error.message);
    await third.stop();
    expect((await first.states()).at(-1)).toMatchObject({ role: 'owner' });
    await first.page.close();
    await eventually(async () => (await second.states()).at(-1)).toMatchObject({ role: 'owner' });
    expect(await waiting).toContain('closed');
    await isAsPeer(second);
    const [next] = await second.call<string[]>('generatetoaddress', 1, address);
    expect(await told).toEqual([hash, next]);
    expect(second.complaints).toEqual([]);
    await third.page.close();
    await second.page.close();
  });

  test('waits for a node that goes away, and goes on', async () => {
    const tab = await openTab();
    await tab.start({ peers: [peer.address], store: 'patient' });
    await tab.running();
    await isAsPeer(tab);
    await peer.node.stop();
    await eventually(() => tab.call('getconnectioncount')).toBe(0);
    peer = await PeerNode.open(site.origin, storage, Number(peer.address.split(':').at(-1)));
    await peer.grow(1, 0);
    await isAsPeer(tab);
    await tab.page.close();
  });

  test.each<[string, SiteOptions]>([
    ['shared memory', { isIsolated: false }],
    ['WebAssembly', { allowsWasm: false }],
  ])('runs without %s', async (what, options) => {
    const other = await Site.open(join(folder, what), options);
    const local = await PeerNode.open(other.origin);
    await local.grow(5, 2);
    const tab = await openTab(other);
    await tab.start({ peers: [local.address], inMemory: true });
    const threads = options.isIsolated === false ? 1 : expect.any(Number);
    expect(await tab.running()).toMatchObject({ phase: 'running', storage: 'memory', threads });
    await eventually(() => tab.call('getbestblockhash')).toBe(await local.client.getbestblockhash());
    const [hash] = await tab.call<string[]>('generatetodescriptor', 1, 'raw(51)#8lvh9jxk');
    await eventually(() => local.client.getbestblockhash()).toBe(hash);
    await mines(tab, local, await local.client.wallet('peer').getnewaddress());
    await tab.page.close();
    await local.node.stop();
    await other.close();
  });
});
