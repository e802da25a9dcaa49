/** A node in a tab, as a newcomer runs it: joined, mined, paid, closed and opened again, twice, and left by a node. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RpcClient } from '../../../src/client/client.ts';
import { freePort, TestNode } from '../../functional/support/node-process.ts';
import { hasChromium, launch, openPage, picture } from './chromium.ts';
import { TestDevnet } from './test-devnet.ts';

const PASSPHRASE = 'correct horse battery staple';
const eventually = (read: () => Promise<unknown>) => expect.poll(read, { timeout: 30_000 });

const open = (page: Page) => page.getByRole('link', { name: 'This tab' }).click();
const heightIn = async (page: Page): Promise<string | null> =>
  page
    .getByRole('status')
    .filter({ hasText: /height \d+$/ })
    .last()
    .textContent();
const stateOf = (page: Page, name: string) => page.locator('tr', { hasText: name }).locator('td').last();

describe.skipIf(!hasChromium)('a node in a tab', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  }, 60_000);
  afterAll(() => browser?.close());

  describe('of a devnet', () => {
    let devnet: TestDevnet;
    let node1: RpcClient;
    let context: BrowserContext;
    let page: Page;
    let complaints: string[];
    const folder = mkdtempSync(join(tmpdir(), 'penny-backups-'));

    beforeAll(async () => {
      devnet = await TestDevnet.start();
      node1 = await devnet.clientOf('node1');
      ({ page, complaints } = await openPage(browser, { viewport: { width: 1280, height: 900 } }));
      context = page.context();
      await page.goto(devnet.link);
      await page.waitForSelector('.block.next');
    }, 120_000);
    afterAll(async () => {
      await context?.close();
      await devnet?.stop();
      rmSync(folder, { recursive: true });
    }, 60_000);

    const inSync = async (on = page): Promise<void> =>
      void (await eventually(() => heightIn(on)).toBe(`In sync at height ${await node1.getblockcount()}`));

    test('one press, and it joins, is drawn, mines and pays', async () => {
      await open(page);
      await page.getByRole('button', { name: 'Start the node' }).click();
      await inSync();
      await page.getByText('chain and wallets on this disk').waitFor();
      for (const name of ['node1', 'node2', 'node3'])
        await eventually(() => stateOf(page, name).textContent()).toBe('connected');
      const agents = (await node1.getpeerinfo()).map(({ subver }) => subver);
      expect(agents.filter((agent) => agent.includes('(tab)'))).toHaveLength(1);
      // No wallet without a passphrase, and none with one that was typed wrongly.
      await page.getByLabel('passphrase').fill(PASSPHRASE);
      await page.getByLabel('once more').fill(`${PASSPHRASE}!`);
      await page.getByRole('button', { name: 'Make an encrypted wallet' }).click();
      await page.getByText('The passphrases are not the same').waitFor();
      await page.getByLabel('once more').fill(PASSPHRASE);
      await page.getByRole('button', { name: 'Make an encrypted wallet' }).click();
      await page.getByRole('button', { name: 'Show its words' }).click();
      await eventually(() => page.getByText(/^([a-z]+ ){11}[a-z]+$/).count()).toBe(1);
      const before = await node1.getblockcount();
      await page.getByRole('button', { name: 'Mine a block here' }).click();
      await eventually(() => node1.getblockcount()).toBe(before + 1);
      await page.getByRole('button', { name: 'faucet' }).click();
      await node1.generatetoaddress(1, await node1.getnewaddress());
      await page.locator('dd', { hasText: /^1\.0+$/ }).waitFor();
      await page.getByRole('button', { name: 'Pay', exact: true }).click();
      await eventually(async () => (await node1.getrawmempool()).length).toBe(1);
      await node1.generatetoaddress(1, await node1.getnewaddress());
      await inSync();
      await picture(page, 'tab');
      await page.getByRole('link', { name: 'Network' }).click();
      await page.locator('.node', { hasText: 'tab' }).waitFor();
      await eventually(() => page.getByRole('button', { name: /^Cut the link of .* tab$/ }).count()).toBe(3);
      await picture(page, 'tab-network');
      expect(complaints).toEqual([]);
    });

    test('is parted and healed by hand like the others, and goes over to the longer branch', async () => {
      const height = await node1.getblockcount();
      await page.getByRole('checkbox', { name: 'tab' }).check();
      await page.getByRole('button', { name: 'Cut', exact: true }).click();
      await eventually(() => page.locator('.link.cut').count()).toBe(3);
      await page.locator('tr', { hasText: 'tab' }).getByRole('button', { name: 'Mine a block' }).click();
      await eventually(() => page.locator('tr', { hasText: 'tab' }).locator('.soft').textContent()).toBe(
        `height ${height + 1}`,
      );
      expect(await node1.getblockcount()).toBe(height);
      await node1.generatetoaddress(2, await node1.getnewaddress());
      await page.getByRole('button', { name: 'Heal all' }).click();
      await page.getByText('tab left 1 for 2 blocks').waitFor();
      expect(complaints).toEqual([]);
    });

    test('its wallet is saved as one file, as encrypted as it is, and brought back elsewhere', async () => {
      await open(page);
      const button = page.getByRole('button', { name: 'Save a backup' });
      const [download] = await Promise.all([page.waitForEvent('download'), button.click()]);
      expect(download.suggestedFilename()).toBe('tab.penny');
      const file = { name: 'tab.penny', mimeType: '', buffer: readFileSync(await download.path()) };
      expect(file.buffer.toString('latin1')).toMatch(/^penny wallet backup 1\n/);
      const balance = await page
        .locator('dd', { hasText: /^\d+\.\d{8}$/ })
        .first()
        .textContent();
      const other = await openPage(browser, { viewport: { width: 1280, height: 900 } });
      await other.page.addInitScript(`Object.assign(StorageManager.prototype, {
        persisted: async () => globalThis.isKept === true,
        persist: async () => (globalThis.isKept = true),
      })`);
      await other.page.goto(devnet.link);
      await open(other.page);
      await other.page.getByRole('button', { name: 'Start the node' }).click();
      await inSync(other.page);
      await other.page.getByRole('button', { name: 'Ask it to' }).click();
      await other.page.getByText(', also when that is full').waitFor();
      await node1.callNamed('backupwallet', { destination: join(folder, 'plain') });
      const plain = { ...file, buffer: readFileSync(join(folder, 'plain')) };
      for (const [wrong, why] of [
        [{ ...file, buffer: file.buffer.subarray(0, -1) }, 'damaged or cut short'],
        [{ ...file, buffer: Buffer.from('a letter') }, 'not in recognized format'],
        [plain, 'are always encrypted, and this backup is not'],
      ] as const) {
        await other.page.getByLabel('a backup of one').setInputFiles(wrong);
        await other.page.getByRole('button', { name: 'Bring it back' }).click();
        await other.page.getByRole('alert').filter({ hasText: why }).waitFor();
      }
      await other.page.getByLabel('a backup of one').setInputFiles(file);
      await other.page.getByRole('button', { name: 'Bring it back' }).click();
      await other.page.getByRole('button', { name: 'Unlock' }).waitFor();
      await other.page.locator('dd', { hasText: balance! }).first().waitFor();
      await other.page.getByLabel('passphrase').fill(PASSPHRASE);
      await other.page.getByRole('button', { name: 'Unlock' }).click();
      await other.page.getByRole('button', { name: 'Show its words' }).waitFor();
      expect(other.complaints).toEqual([]);
      await other.page.context().close();
    });

    test('a node that is stopped under it is seen, and dialled again when it is back', async () => {
      await open(page);
      await devnet.control.call('stop', 'node2');
      await eventually(() => stateOf(page, 'node2').textContent()).toBe('no connection: it is dialled again');
      await eventually(() => stateOf(page, 'node1').textContent()).toBe('connected');
      await devnet.control.call('start', 'node2');
      await eventually(() => stateOf(page, 'node2').textContent()).toBe('connected');
      complaints.length = 0;
    });

    test('a second tab shows it, and takes it over; chain and wallet are there when all was closed', {
      timeout: 120_000,
    }, async () => {
      const second = await context.newPage();
      await second.goto(devnet.origin);
      await open(second);
      await second.getByText('in another tab, which this one shows').waitFor();
      await inSync(second);
      // What the first has unlocked is unlocked.
      await second.getByRole('button', { name: 'Lock', exact: true }).waitFor();
      await page.close();
      await second.getByText('in this tab', { exact: true }).waitFor({ timeout: 60_000 });
      await inSync(second);
      await second.getByRole('button', { name: 'Unlock' }).waitFor();
      await second.close();
      const height = await node1.getblockcount();
      await node1.generatetoaddress(1, await node1.getnewaddress());
      ({ page } = { page: await context.newPage() });
      await page.addInitScript(`new MutationObserver(() => {
        if (document.body?.textContent.includes('Make an encrypted wallet')) globalThis.wasOffered = true;
      }).observe(document, { childList: true, subtree: true })`);
      await page.goto(devnet.origin);
      await open(page);
      await inSync();
      expect(await node1.getblockcount()).toBe(height + 1);
      // Nobody is to type a passphrase into a form that is for those who have no wallet.
      await page.getByRole('button', { name: 'Unlock' }).waitFor();
      expect(await page.evaluate('globalThis.wasOffered')).toBeUndefined();
      // Locked again: who opens the page has no more than who knows the passphrase.
      await page.getByLabel('passphrase').fill('wrong');
      await page.getByRole('button', { name: 'Unlock' }).click();
      await page.getByText('The wallet passphrase entered was incorrect').waitFor();
      await page.getByLabel('passphrase').fill(PASSPHRASE);
      await page.getByRole('button', { name: 'Unlock' }).click();
      await page.getByRole('button', { name: 'Pay', exact: true }).click();
      await eventually(async () => (await node1.getrawmempool()).length).toBeGreaterThan(0);
      await page.getByRole('button', { name: 'Stop the node' }).click();
      await page.getByRole('button', { name: 'Start the node' }).waitFor();
      // Stopped it stays, until it is started.
      await page.reload();
      await page.getByRole('button', { name: 'Start the node' }).waitFor();
    });

    test('goes over to the network that is put in the place of its own, and brings nothing along', async () => {
      await page.getByRole('button', { name: 'Start the node' }).click();
      await inSync();
      const before = await node1.getblockcount();
      const other = await TestDevnet.start('--nodes=2');
      const spec = await other.control.call<{ nodes: { tips: string[] }[] }>('export');
      await other.stop();
      const [tip] = spec.nodes[0]!.tips;
      await devnet.control.call('import', spec);
      await page.getByRole('link', { name: 'Network' }).click();
      await page.locator(`.strip .block[title="${tip}"]`).waitFor({ timeout: 60_000 });
      await eventually(() => page.locator('.node:not(.down)').count()).toBe(3);
      await eventually(() => page.locator('.node').count()).toBe(3);
      node1 = await devnet.clientOf('node1');
      const height = await node1.getblockcount();
      expect(height).not.toBe(before);
      await eventually(() => page.locator('.node', { hasText: `height ${height}` }).count()).toBe(3);
      expect(await page.locator('.block.branch').count()).toBe(0);
      expect(await node1.getbestblockhash()).toBe(tip);
      await open(page);
      await inSync();
      await eventually(() => stateOf(page, 'node2').textContent()).toBe('connected');
      await page.getByRole('button', { name: 'Make an encrypted wallet' }).waitFor();
      await page.getByRole('button', { name: 'Stop the node' }).click();
      await page.getByRole('button', { name: 'Start the node' }).waitFor();
      complaints.length = 0;
    }, 180_000);

    test('what a browser lacks is said before', async () => {
      for (const [without, text, isPossible] of [
        ['delete StorageManager.prototype.getDirectory', 'keeps no files of pages (OPFS)', true],
        ['delete Navigator.prototype.locks', 'has no locks', false],
      ] as const) {
        const lacking = await context.newPage();
        await lacking.addInitScript(without);
        await lacking.goto(devnet.origin);
        await open(lacking);
        await lacking.getByText(text).waitFor();
        expect(await lacking.getByRole('button', { name: 'Start the node' }).isEnabled()).toBe(isPossible);
        await lacking.close();
      }
    });
  });

  test('of a node that serves its page: it joins where pages are let in', async () => {
    const node = await TestNode.create();
    const web = `-web=${await freePort()}`;
    try {
      for (const isLetIn of [false, true]) {
        await node.start('-printtoconsole=0', web, ...(isLetIn ? ['-p2palloworigin=self'] : []));
        if (!isLetIn) await node.rpc.generatetodescriptor(5, 'raw(51)');
        const { page, complaints } = await openPage(browser);
        await page.goto(/^Page: (\S+)$/m.exec(node.output)![1]!);
        await open(page);
        await page.getByRole('button', { name: 'Start the node' }).click();
        if (isLetIn) {
          await eventually(() => heightIn(page)).toBe('In sync at height 5');
          await eventually(() => stateOf(page, 'this node').textContent()).toBe('connected');
          await page.getByRole('link', { name: 'Network' }).click();
          await eventually(() => page.locator('.node').count()).toBe(2);
          await eventually(() => page.locator('.link:not(.cut)').count()).toBe(1);
          expect(await page.getByRole('button', { name: /^Cut/ }).count()).toBe(0);
        } else await page.getByText('-p2palloworigin=self would').waitFor();
        expect(complaints).toEqual([]);
        await page.context().close();
        expect(await node.stop()).toBe(0);
      }
    } finally {
      await node.remove();
    }
  });
});
