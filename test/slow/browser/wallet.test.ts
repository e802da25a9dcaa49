/** Wallets on the page: received, previewed, paid, paid faster, encrypted, and signed by two in turn. */

import type { Browser, Page } from 'playwright-core';
import decodeQR from 'qr/decode.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RpcClient } from '../../../src/client/client.ts';
import { hasChromium, launch, openPage, picture } from './chromium.ts';
import { TestDevnet } from './test-devnet.ts';

const eventually = (read: () => Promise<unknown>) => expect.poll(read, { timeout: 20_000 });

/** What a camera sees: the dark squares of the picture, four pixels each way. */
function scan(path: string, size: number): string {
  const width = size * 4;
  const dark = new Set([...path.matchAll(/M(\d+) (\d+)h1v1h-1z/g)].map(([, x, y]) => `${x} ${y}`));
  const data = Uint8Array.from({ length: width * width * 4 }, (_, i) => {
    const [x, y] = [Math.floor(i / 4) % width, Math.floor(i / 4 / width)].map((at) => Math.floor(at / 4));
    return i % 4 < 3 && dark.has(`${x} ${y}`) ? 0 : 255;
  });
  return decodeQR({ width, height: width, data });
}

describe.skipIf(!hasChromium)('wallets on the page', () => {
  let net: TestDevnet;
  let browser: Browser;
  let node1: RpcClient;

  beforeAll(async () => {
    net = await TestDevnet.start();
    node1 = await net.clientOf('node1');
    browser = await launch();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await net?.stop();
  }, 60_000);

  async function open(): Promise<{ page: Page; complaints: string[] }> {
    const watched = await openPage(browser, { viewport: { width: 1280, height: 900 } });
    await watched.page.goto(net.link);
    await watched.page.getByRole('link', { name: 'Wallet' }).click();
    await watched.page.locator('.balance').waitFor();
    return watched;
  }
  const card = (page: Page, title: string) =>
    page.locator('.card').filter({ has: page.getByRole('heading', { name: title, exact: true }) });

  test('received at a new address, previewed and paid for what was shown, then paid more for', async () => {
    const { page, complaints } = await open();
    await page.getByLabel('label').fill('from page');
    await page.getByRole('button', { name: 'New address' }).click();
    await page.locator('.qr path').waitFor();
    const address = (await page.locator('.received .mono').textContent())!;
    expect((await node1.getaddressinfo(address)).labels).toEqual(['from page']);
    const size = (await page.locator('.qr').getAttribute('viewBox'))!.split(' ').at(-1);
    expect(scan((await page.locator('.qr path').getAttribute('d'))!, Number(size))).toBe(address);

    const send = card(page, 'Send');
    await send.getByLabel('to', { exact: true }).fill('nowhere');
    await send.getByLabel('coins').fill('0.25');
    await send.getByRole('button', { name: 'Preview' }).click();
    await send.getByRole('alert').waitFor();
    await eventually(() => send.getByRole('alert').textContent()).toContain('nowhere');
    await send.getByLabel('to', { exact: true }).fill(address);
    await send.getByLabel('sat/vB').fill('3');
    await send.getByRole('button', { name: 'Preview' }).click();
    const shown = send.locator('.proposal');
    await shown.waitFor();
    const fee = Number(/0\.\d{8}/.exec((await shown.locator('dd b').textContent())!)![0]);
    expect(await node1.getmempoolinfo()).toMatchObject({ size: 0 });
    await picture(page, 'preview');
    await shown.getByRole('button', { name: 'Sign and send' }).click();
    await eventually(() => node1.getrawmempool().then(({ length }) => length)).toBe(1);
    const [txid] = await node1.getrawmempool();
    expect((await node1.getmempoolentry(txid!)).fees.base).toBe(fee);

    const row = page.locator('.history li').filter({ hasText: 'waits' }).first();
    await row.getByRole('button', { name: 'Pay more for it' }).click();
    await row.getByLabel('sat/vB').fill('12.5');
    await row.getByRole('button', { name: 'Preview' }).click();
    await row.locator('.proposal').waitFor();
    expect(await row.locator('.proposal').textContent()).toContain(`in place of ${fee.toFixed(8)}`);
    await row.getByRole('button', { name: 'Sign and send' }).click();
    await eventually(() => node1.getrawmempool().then(([one]) => one)).not.toBe(txid);
    await page.getByText('another took its place').first().waitFor();
    const before = await page.locator('.balance').textContent();
    await node1.generatetoaddress(1, address);
    await eventually(() => page.locator('.balance').textContent()).not.toBe(before);
    await picture(page, 'wallet');
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('an encrypted wallet is made, pays only while it is open, and locks itself', async () => {
    const { page, complaints } = await open();
    const make = card(page, 'More wallets');
    await make.getByLabel('name').fill('sealed');
    await make.getByLabel('passphrase').fill('correct horse');
    await make.getByRole('button', { name: 'Make a wallet' }).click();
    await page.getByText('Its keys are locked.').waitFor();
    expect(await make.getByLabel('passphrase').inputValue()).toBe('');
    await page.getByRole('button', { name: 'New address' }).click();
    const address = (await page.locator('.received .mono').textContent())!;
    await node1.sendtoaddress(address, 1);
    await node1.generatetoaddress(1, await node1.getnewaddress());
    await eventually(() => page.locator('.balance').textContent()).toBe('1.00000000');
    const send = card(page, 'Send');
    await send.getByLabel('to', { exact: true }).fill(await node1.getnewaddress());
    await send.getByLabel('coins').fill('0.5');
    await send.getByRole('button', { name: 'Preview' }).click();
    await send.getByRole('button', { name: 'Sign and send' }).click();
    await page.getByText('Please enter the wallet passphrase').waitFor();
    const wallet = card(page, 'Wallet');
    const passphrase = wallet.getByLabel('passphrase', { exact: true });
    await passphrase.fill('wrong');
    await wallet.getByRole('button', { name: 'Unlock' }).click();
    await wallet.getByText('The wallet passphrase entered was incorrect').waitFor();
    await passphrase.fill('correct horse');
    await wallet.getByRole('button', { name: 'Unlock' }).click();
    await page.getByText('Its keys are open until').waitFor();
    await send.getByRole('button', { name: 'Sign and send' }).click();
    await eventually(() => node1.getrawmempool().then(({ length }) => length)).toBe(1);
    await wallet.getByRole('button', { name: 'Lock', exact: true }).click();
    await passphrase.fill('correct horse');
    await wallet.getByLabel('for seconds').fill('8');
    await wallet.getByRole('button', { name: 'Unlock' }).click();
    await page.getByText('Its keys are open until').waitFor();
    await page.getByText('Its keys are locked.').waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('what is typed stays, whatever becomes of the node that is asked', async () => {
    const { page } = await open();
    const send = card(page, 'Send');
    const [to, coins] = [send.getByLabel('to', { exact: true }), send.getByLabel('coins')];
    await expect.poll(() => page.getByLabel('asks').inputValue()).toBe('node1');
    await to.fill('typed');
    await coins.fill('0.125');
    await net.control.call('stop', 'node1');
    await page.getByText('○ no connection').waitFor();
    // Nobody else is asked in its place.
    expect(await page.getByLabel('asks').inputValue()).toBe('node1');
    await send.getByRole('button', { name: 'Preview' }).click();
    await send.getByRole('alert').waitFor();
    await net.control.call('start', 'node1');
    await page.getByText('● live').waitFor();
    expect([await to.inputValue(), await coins.inputValue()]).toEqual(['typed', '0.125']);
    // Another node's wallet is another: nothing of this is put before it.
    const other = await (await net.clientOf('node2')).getbalances();
    await page.getByLabel('asks').selectOption('node2');
    await eventually(() => page.locator('.balance').textContent()).toBe(other.mine.trusted.toFixed(8));
    expect(await to.inputValue()).toBe('');
    await page.context().close();
    node1 = await net.clientOf('node1');
  });

  test('a payment of two wallets is signed by one and sent by the other', async () => {
    const { page, complaints } = await open();
    const others = await net.clientOf('node2');
    await node1.sendtoaddress(await others.getnewaddress(), 1);
    await node1.generatetoaddress(1, await node1.getnewaddress());
    await eventually(() => others.getblockcount()).toBe(await node1.getblockcount());
    const to = await node1.getnewaddress();
    const [mine, theirs] = await Promise.all([node1.listunspent(), others.listunspent()]);
    const inputs = [mine[0]!, theirs.find(({ amount }) => amount === 1)!];
    const total = inputs.reduce((sum, { amount }) => sum + amount, 0);
    const psbt = await node1.createpsbt(
      inputs.map(({ txid, vout }) => ({ txid, vout })),
      [{ [to]: Number((total - 0.0001).toFixed(8)) }],
    );
    const { psbt: first } = await others.walletprocesspsbt(psbt);
    const cards = card(page, 'PSBT');
    await cards.getByLabel('in base64').fill(first);
    await cards.getByRole('button', { name: 'Look at it' }).click();
    await cards.getByText('0.00010000').waitFor();
    await cards.getByText('a signer').waitFor();
    await cards.getByRole('button', { name: 'Only sign' }).click();
    await cards.getByText('it can be sent').waitFor();
    await picture(page, 'psbt');
    await cards.getByRole('button', { name: 'Sign and send' }).click();
    await eventually(() => others.getrawmempool().then(({ length }) => length)).toBeGreaterThan(0);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
