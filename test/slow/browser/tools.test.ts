/** What the page shows of a mempool, and what it lets one do to a chain, where that is allowed. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MAIN } from '../../../src/core/parameters/presets.ts';
import { hasChromium, launch, openPage, picture } from './chromium.ts';
import { Crowd } from './crowd.ts';

const eventually = (read: () => Promise<unknown>) => expect.poll(read, { timeout: 20_000 });

describe.skipIf(!hasChromium)('the page', () => {
  let crowd: Crowd;
  let browser: Browser;

  beforeAll(async () => {
    [crowd, browser] = await Promise.all([Crowd.open(1), launch()]);
    await call('createwallet', 'w');
    await call('mine', 105, 0, await call('getnewaddress'));
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await crowd?.stop();
  }, 60_000);

  const call = <T>(name: string, ...parameters: readonly unknown[]): Promise<T> =>
    crowd.call(crowd.members[0]!, name, ...parameters);

  async function open(view: string): Promise<{ page: Page; complaints: string[] }> {
    const watched = await openPage(browser, { viewport: { width: 1280, height: 900 } });
    await watched.page.goto(crowd.link);
    await watched.page.getByText('● live').waitFor();
    await watched.page.getByRole('link', { name: view }).click();
    return watched;
  }
  const card = (page: Page, title: string) =>
    page.locator('.card').filter({ has: page.getByRole('heading', { name: title, exact: true }) });

  test('shows what took whose place, what hangs together, and the next block as it is', async () => {
    const { page, complaints } = await open('Mempool');
    await page.getByText('Nothing waits.').waitFor();
    const address = await call<string>('getnewaddress');
    const pay = (coins: number, rate: number) =>
      call<string>('sendtoaddress', address, coins, '', '', false, true, null, 'unset', null, rate);
    const parent = await pay(30, 2);
    const { txid } = await call<{ txid: string }>('bumpfee', parent, { fee_rate: 9 });
    const replaced = card(page, 'Replaced since the page was opened').locator('li');
    await eventually(() => replaced.count()).toBe(1);
    const ids = await replaced
      .locator('a')
      .evaluateAll((all) => all.map((each) => each.getAttribute('title')));
    expect(ids).toEqual([txid, parent]);
    // The first takes all that is left, the second what comes of it.
    await pay(180, 3);
    const child = await pay(190, 60);
    await page.getByText('Transactions that spend from each other').click();
    await page.getByText('2 transactions').waitFor();
    const chunks = card(page, 'Clusters').locator('li li');
    await eventually(() => chunks.locator('a').count()).toBe(2);
    await page.getByText('The template that miners get').click();
    const template = card(page, 'Next blocks: 1').locator('.list li');
    await eventually(() => template.count()).toBe(3);
    await eventually(() => template.nth(1).textContent()).toContain('after 1');
    expect(await template.nth(1).locator('a').getAttribute('title')).toBe(child);
    await picture(page, 'mempool');
    await call('mine', 1);
    await page.getByText('Nothing waits.').waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('gives coins, mines, moves time, and takes the chain back', async () => {
    const { page, complaints } = await open('Tools');
    const height = await call<number>('getblockcount');
    const [blocks, snapshots] = [card(page, 'Blocks'), card(page, 'Snapshots')];
    await snapshots.getByLabel('name').fill('before');
    await snapshots.getByRole('button', { name: 'Keep it as it is' }).click();
    await snapshots.getByRole('button', { name: 'Back to before' }).waitFor();
    await blocks.getByLabel('blocks', { exact: true }).fill('3');
    await blocks.getByRole('button', { name: 'Mine', exact: true }).click();
    await page.getByText(`· height ${height + 3}`).waitFor();
    const balance = await call<number>('getbalance');
    await card(page, 'Faucet').getByRole('button', { name: 'Pay' }).click();
    await eventually(() => call('getbalance')).toBeGreaterThan(balance);
    await eventually(() => card(page, 'Faucet').getByRole('button', { name: 'Pay' }).isEnabled()).toBe(true);
    expect(await card(page, 'Faucet').getByRole('alert').allTextContents()).toEqual([]);
    await card(page, 'Time').getByLabel('a moment').fill('2030-01-02T03:04:05');
    await card(page, 'Time').getByRole('button', { name: 'Set' }).click();
    await card(page, 'Time').getByText('It is Wed, 02 Jan 2030 03:04').waitFor();
    await snapshots.getByRole('button', { name: 'Back to before' }).click();
    await eventually(() => call('getblockcount')).toBe(height);
    await page.getByText(`· height ${height}`).waitFor();
    await snapshots.getByRole('button', { name: 'Forget before' }).click();
    await eventually(() => snapshots.locator('li').count()).toBe(0);
    await blocks.getByLabel('blocks', { exact: true }).fill('10001');
    await blocks.getByRole('button', { name: 'Mine', exact: true }).click();
    expect(await call('getblockcount')).toBe(height);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('completes, explains and runs any method, and keeps passphrases to itself', async () => {
    const { page, complaints } = await open('Tools');
    const console = card(page, 'Console of node1');
    const line = console.getByLabel('Call');
    const offered = console.locator('datalist option');
    await eventually(() => offered.count()).toBeGreaterThan(100);
    const names = await offered.evaluateAll((all) => all.map((each) => each.getAttribute('value')));
    expect(names).toEqual(expect.arrayContaining(['getblockhash', 'mine', 'tracescript']));
    await line.fill('getblockhash');
    await console.getByText('getblockhash height').waitFor();
    const last = console.locator('.answers pre').first();
    await line.fill('mine 2 ');
    await eventually(() =>
      offered.evaluateAll((all) => all.map((each) => each.getAttribute('value'))),
    ).toEqual(['mine 2 0', 'mine 2 interval=', 'mine 2 address=']);
    await line.fill('getblockhash 0');
    await page.keyboard.press('Enter');
    await eventually(() => last.textContent()).toBe(await call('getblockhash', 0));
    // Typed and sent within a frame: what is typed is run, not what stood there.
    await line.evaluate((input) => {
      const field = input as unknown as { value: string; form: { requestSubmit(): void } };
      field.value = 'getblockhash 1';
      input.dispatchEvent(new Event('input', { bubbles: true }));
      field.form.requestSubmit();
    });
    await eventually(() => last.textContent()).toBe(await call('getblockhash', 1));
    await line.fill('getblockhash "x');
    await page.keyboard.press('Enter');
    await eventually(() => last.textContent()).toBe('A quote or a bracket is not closed');
    await console.getByLabel('wallet').selectOption('w');
    await line.fill(`getaddressinfo address=${await call<string>('getnewaddress')}`);
    await page.keyboard.press('Enter');
    await eventually(() => last.textContent()).toContain('"ismine": true');
    await line.fill('encryptwallet swordfish');
    await page.keyboard.press('Enter');
    await eventually(() => console.locator('.answers .soft').first().textContent()).toBe('encryptwallet …');
    expect(await page.content()).not.toContain('swordfish');
    await line.fill('');
    await page.keyboard.press('ArrowUp');
    expect(await line.inputValue()).toContain('getaddressinfo');
    for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowUp');
    expect(await line.inputValue()).toBe('getblockhash 0');
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('puts nothing of that into hands where the network does not allow it', async () => {
    const main = await Crowd.open(1, MAIN);
    try {
      const { page } = await openPage(browser, { viewport: { width: 1280, height: 900 } });
      await page.goto(main.link);
      await page.getByRole('link', { name: 'Tools' }).click();
      await page.getByText('not in your hands here').waitFor();
      await card(page, 'Console of node1').waitFor();
      expect(await page.getByRole('heading', { name: 'Faucet' }).count()).toBe(0);
      await page.context().close();
    } finally {
      await main.stop();
    }
  });
});
