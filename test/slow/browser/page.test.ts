/** The page in a real browser, as a newcomer uses it: a devnet's, steered by hand, and a node's, attacked. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RpcClient } from '../../../src/client/client.ts';
import { hasChromium, launch, openPage, picture, show } from './chromium.ts';
import { TestDevnet } from './test-devnet.ts';

const eventually = (read: () => Promise<unknown>) => expect.poll(read, { timeout: 20_000 });

const EVIL = '<img src=x onerror=alert(1)>';

describe.skipIf(!hasChromium)('the page', () => {
  let devnet: TestDevnet;
  let browser: Browser;
  let link = '';
  let node1: RpcClient;

  beforeAll(async () => {
    devnet = await TestDevnet.start();
    ({ link } = devnet);
    node1 = await devnet.clientOf('node1');
    browser = await launch();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await devnet?.stop();
  }, 60_000);

  /** What a view shows as JSON, once that is unfolded. */
  const raw = (page: Page) =>
    eventually(() =>
      page.evaluate(`(() => {
        const details = document.querySelector('main details');
        details.open = true;
        return JSON.parse(details.querySelector('pre')?.textContent ?? 'null');
      })()`),
    );
  const rowOf = (page: Page, name: string) => page.locator('tr', { hasText: name });
  const heightOf = (page: Page, name: string) => rowOf(page, name).locator('.soft');

  test('the link opens it, the key is dropped, and a block is there as soon as it is found', async () => {
    const { page, complaints } = await openPage(browser, { viewport: { width: 1280, height: 900 } });
    await page.goto(link);
    await page.waitForSelector('.block.next');
    expect(page.url()).not.toContain('key');
    await eventually(() => page.locator('.node.down').count()).toBe(0);
    const before = await node1.getblockcount();
    await node1.generatetoaddress(1, await node1.getnewaddress());
    await page
      .getByText(`has block ${before + 1}`)
      .first()
      .waitFor({ timeout: 5_000 });
    await picture(page, 'network');
    // It is still open after it was loaded again.
    await page.reload();
    await page.waitForSelector('.block.next');
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('a reorganisation by hand: parted, mined on both sides, paid on the one that loses, healed', async () => {
    const { page, complaints } = await openPage(browser, { viewport: { width: 1280, height: 1000 } });
    await page.goto(link);
    const height = await node1.getblockcount();
    await eventually(() => heightOf(page, 'node3').textContent()).toBe(`height ${height}`);
    await page.getByRole('checkbox', { name: 'node3' }).check();
    await page.getByRole('button', { name: 'Cut', exact: true }).click();
    await eventually(() => page.locator('.link.cut').count()).toBe(2);
    await page.locator('select[name=from]').selectOption('node3');
    await page.locator('select[name=to]').selectOption('node3');
    await page.getByRole('button', { name: 'Pay' }).click();
    await page.getByText('node3 pays 0.1 to node3').waitFor();
    for (const [name, to] of [
      ['node3', 1],
      ['node1', 1],
      ['node1', 2],
    ] as const) {
      await rowOf(page, name).getByRole('button', { name: 'Mine a block' }).click();
      await eventually(() => heightOf(page, name).textContent()).toBe(`height ${height + to}`);
    }
    await eventually(() => page.locator('.block.branch').count()).toBe(1);
    await picture(page, 'parted');
    await page.getByRole('button', { name: 'Heal all' }).click();
    const told = page.locator('.reorganisation');
    await told.waitFor({ timeout: 60_000 });
    expect(await told.locator('h3').textContent()).toBe('node3 left 1 for 2 blocks');
    const lines = await told.locator('p').allTextContents();
    expect(lines[2]).toMatch(/^1 wait again /);
    expect(lines[4]).toMatch(/^1 are gone/);
    await eventually(() => heightOf(page, 'node3').textContent()).toBe(`height ${height + 2}`);
    await picture(page, 'healed');
    // Both branches again, where both are known, each block with the coins that it took and made.
    await page.getByRole('link', { name: 'Replay' }).click();
    await page.getByLabel('asks').selectOption('node3');
    await page.locator('.block.branch').first().click();
    await page.getByText('is on a branch that was left').waitFor();
    await page.getByText('All rules hold.').waitFor();
    await eventually(() => page.locator('.coins.go li').count()).toBe(1);
    await eventually(() => page.locator('.checks li').count()).toBeGreaterThan(15);
    await picture(page, 'replay');
    await page.getByRole('button', { name: 'First' }).click();
    await page.getByText('judged by no rule').waitFor();
    await page.getByRole('slider').focus();
    for (const key of ['ArrowRight', 'ArrowRight']) await page.keyboard.press(key);
    await page.getByText(/^Block 2 /).waitFor();
    await page.getByRole('button', { name: 'Play' }).click();
    await page.getByText(/^Block 3 /).waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('what is chosen stays so, whatever waits to be drawn meanwhile', async () => {
    const { page, complaints } = await openPage(browser);
    await page.goto(link);
    const asks = page.getByLabel('asks');
    await asks.waitFor();
    for (const name of ['node3', 'node2']) {
      // All of it is to be drawn anew, and nothing is, before it is chosen.
      await page.evaluate(`(() => {
        const select = document.querySelector('header select');
        history.replaceState(null, '', '#/replay?${name}');
        dispatchEvent(new HashChangeEvent('hashchange'));
        select.value = '${name}';
        for (const type of ['input', 'change']) select.dispatchEvent(new Event(type, { bubbles: true }));
      })()`);
      expect(await asks.inputValue()).toBe(name);
    }
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('a transaction is followed from its block to the script that spends, step by step', async () => {
    const { page, complaints } = await openPage(browser, { colorScheme: 'dark' });
    const txid = await node1.sendtoaddress(await node1.getnewaddress(), 0.1);
    const [hash] = await node1.generatetoaddress(1, await node1.getnewaddress());
    await page.goto(link);
    await page.getByLabel('Block, height').fill(hash!);
    await page.keyboard.press('Enter');
    await page.getByText('All rules hold.').waitFor();
    await picture(page, 'block');
    await page.locator(`.list a[title="${txid}"]`).click();
    await page.getByText('step through its script').first().click();
    await page.getByText('The input may spend the output.').waitFor();
    await page.getByRole('button', { name: 'OP_CHECKSIG' }).click();
    await page.getByText('It is valid.').waitFor();
    await eventually(() => page.locator('dt', { hasText: 'hashPrevouts' }).count()).toBe(1);
    await picture(page, 'signature');
    await page.getByRole('link', { name: 'Script' }).click();
    // What is typed into a view that is about to go would go with it.
    await page.locator('dt', { hasText: 'hashPrevouts' }).waitFor({ state: 'detached' });
    // And what comes above the button while it is pressed moves it away.
    await page.getByText('The input may spend the output.').waitFor();
    await page.getByLabel('scriptPubKey').fill('OP_ADD 6 OP_EQUALVERIFY 1');
    await page.getByRole('button', { name: 'Run the scripts' }).click();
    await page.getByText('EQUALVERIFY: Script failed an OP_EQUALVERIFY operation').waitFor();
    await eventually(() => page.getByRole('status').last().textContent()).toBe('6 / 6');
    // What a program gets of the node is what this page has found by itself.
    const typed = { scriptPubKey: 'OP_ADD 6 OP_EQUALVERIFY 1', scriptSig: '2 3' };
    await raw(page).toEqual(await node1.tracescript({ transaction: typed }));
    await page.getByLabel('MINIMALDATA').uncheck();
    await page.getByLabel('scriptPubKey').fill('0x0500 OP_ADD 8 OP_EQUAL');
    await page.getByLabel('scriptSig').fill('3');
    await page.getByRole('button', { name: 'Run the scripts' }).click();
    await page.getByText('The input may spend the output.').waitFor();
    await page.getByRole('button', { name: 'Of the mempool' }).click();
    await page.getByText('SCRIPTNUM').first().waitFor();
    const hex = await node1.getrawtransaction(txid);
    await page.getByLabel('transaction: its id').fill(hex);
    await page.getByRole('button', { name: 'Run the input' }).click();
    await page.getByRole('heading', { name: 'witnessScript' }).waitFor();
    await raw(page).toEqual(await node1.tracescript(txid, 0, { rules: 'policy' }));
    await page.goto(`${page.url().split('#')[0]}#/script/${txid}@${hash}/0`);
    await page.getByRole('heading', { name: 'witnessScript' }).waitFor();
    await page.getByRole('button', { name: 'Of blocks' }).click();
    await raw(page).toEqual(await node1.tracescript(txid, 0, { blockhash: hash! }));
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('what others write is text', async () => {
    const { page, complaints } = await openPage(browser, {
      viewport: { width: 360, height: 740 },
      colorScheme: 'dark',
    });
    await expect(node1.createwallet(EVIL)).rejects.toThrow('Invalid wallet name');
    await node1.sendtoaddress(await node1.getnewaddress(EVIL), 0.01);
    const data = Buffer.from(`${EVIL}\u202e`).toString('hex');
    const funded = await node1.fundrawtransaction(await node1.createrawtransaction([], [{ data }]));
    const { hex } = await node1.signrawtransactionwithwallet(funded.hex);
    const txid = await node1.sendrawtransaction(hex);
    await page.goto(link);
    await page.getByText('● live').waitFor();
    await picture(page, 'narrow');
    for (const text of [EVIL, encodeURIComponent(EVIL), `javascript:alert(1)`]) {
      await page.getByLabel('Block, height').fill(text);
      await page.keyboard.press('Enter');
      await eventually(async () => page.url()).toContain(`#/address/${encodeURIComponent(text)}`);
      await page.locator('main').getByRole('alert').waitFor();
    }
    await page.getByLabel('Block, height').fill(txid);
    await page.keyboard.press('Enter');
    await page.getByText(`“${EVIL}·”`).waitFor();
    await picture(page, 'evil');
    expect(await page.locator('img').count()).toBe(0);
    // The label is in the wallet's history.
    await page.evaluate("location.hash = '#/wallet'");
    await page.getByText(EVIL, { exact: true }).first().waitFor();
    expect(await page.locator('img').count()).toBe(0);
    // Nothing is wider than the screen.
    for (const view of [
      '#/',
      '#/mempool',
      '#/script',
      '#/wallet',
      '#/tab',
      `#/tx/${txid}`,
      `#/block/${await node1.getbestblockhash()}`,
    ]) {
      await show(page, view);
      expect(await page.evaluate('document.documentElement.scrollWidth'), view).toBeLessThanOrEqual(360);
    }
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
