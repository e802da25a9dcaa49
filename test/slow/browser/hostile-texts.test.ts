/** What others have written, wherever the page shows it: it is text, and turns nothing around it. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClient, type RpcClient } from '../../../src/client/client.ts';
import { hasChromium, launch, openPage, picture, show } from './chromium.ts';
import { TestDevnet } from './test-devnet.ts';

const MARKUP = '<img src=x onerror=alert(1)>';
const TEXTS = [MARKUP, `"' onfocus=alert(1) autofocus x="`, '\u202e)1(trela', 'a\u0000b', '</title>{{7*7}}'];
const DIRECTION = (element: unknown): string =>
  (globalThis as never as { getComputedStyle(of: unknown): { unicodeBidi: string } }).getComputedStyle(
    element,
  ).unicodeBidi;
/** What a name may be made of. */
const NAME = "'&lt;img onerror=alert(1)\u202e x";

describe.skipIf(!hasChromium)('what others have written', () => {
  let net: TestDevnet;
  let browser: Browser;
  let node1: RpcClient;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    net = await TestDevnet.start();
    node1 = await net.clientOf('node1');
    browser = await launch();
    ({ page, complaints } = await openPage(browser, { viewport: { width: 1280, height: 900 } }));
    await page.goto(net.link);
    await page.getByText('● live').waitFor();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await net?.stop();
  }, 60_000);

  /** Nothing of it has become a part of the page. */
  async function isText(): Promise<void> {
    const made = `[...document.querySelectorAll('img, [onerror], [onfocus], [autofocus], script:not([src])')].map((each) => each.outerHTML)`;
    expect(await page.evaluate(made)).toEqual([]);
    expect(complaints).toEqual([]);
  }
  const main = () => page.locator('main');

  test('as labels, in the history of a wallet', async () => {
    for (const text of TEXTS) {
      const address = await node1.getnewaddress(text);
      await node1.sendtoaddress(address, 0.01);
    }
    await show(page, '#/wallet');
    for (const text of TEXTS) {
      const label = page.locator('.history b', { hasText: text }).first();
      await label.waitFor();
      // What turns the direction ends with it.
      expect(await label.evaluate(DIRECTION)).toBe('isolate');
    }
    await picture(page, 'hostile-labels');
    await isText();
  });

  test('as names of wallets and snapshots', async () => {
    const { url, password } = await net.member('node1');
    const whole = createClient({ url, cookie: () => password });
    await whole.createwallet(NAME);
    await whole.createwallet(`${NAME}2`);
    await whole.unloadwallet(`${NAME}2`);
    await show(page, `#/wallet/${encodeURIComponent(NAME)}`);
    await page.getByText('Nothing yet.').waitFor();
    await page.getByRole('button', { name: 'Load' }).click();
    await main().locator('select').first().selectOption(`${NAME}2`);
    await expect.poll(() => decodeURIComponent(page.url())).toContain(`${NAME}2`);
    await show(page, '#/tools');
    await page.getByLabel('name').fill(MARKUP);
    await page.getByRole('button', { name: 'Keep it as it is' }).click();
    await main()
      .getByText('onerror')
      .or(main().locator('form', { hasText: 'Keep it as it is' }).getByRole('alert'))
      .first()
      .waitFor();
    await picture(page, 'hostile-names');
    await isText();
  });

  test('in the console: what is asked, completed, answered and refused', async () => {
    await show(page, '#/tools');
    const line = page.getByLabel('Call');
    for (const call of [MARKUP, `help ${MARKUP}`, `getaddressinfo '${MARKUP}'`, `getblockhash "${MARKUP}`]) {
      await line.fill(call);
      await page.keyboard.press('Enter');
      await page.locator('.answers p', { hasText: call }).first().waitFor();
      await isText();
    }
    for (const text of TEXTS.slice(0, 3)) {
      await line.fill(`getaddressesbylabel '${text.replaceAll("'", '')}'`);
      await page.keyboard.press('Enter');
      await expect.poll(() => line.inputValue()).toBe('');
    }
    await line.fill(`setautomine ${MARKUP} enabled=${MARKUP}`);
    await isText();
    await picture(page, 'hostile-console');
  });

  test('in a PSBT, a script and a transaction, whole or not', async () => {
    await show(page, '#/wallet');
    const card = (title: string) =>
      page.locator('.card').filter({ has: page.getByRole('heading', { name: title, exact: true }) });
    const data = Buffer.from(`${MARKUP}\u202e\u0000`).toString('hex');
    const { psbt } = await node1.walletcreatefundedpsbt({ outputs: [{ data }] });
    const read = card('PSBT');
    for (const given of [MARKUP, `${psbt} ${MARKUP}`]) {
      await read.getByLabel('in base64').fill(given);
      await read.getByRole('button', { name: 'Look at it' }).click();
      await read.getByRole('alert').waitFor();
      await isText();
    }
    await read.getByLabel('in base64').fill(psbt);
    await read.getByRole('button', { name: 'Look at it' }).click();
    await read.getByText(`OP_RETURN ${data}`).waitFor();
    await isText();
    await show(page, '#/script');
    await page.getByLabel('scriptPubKey').fill(MARKUP);
    await page.getByRole('button', { name: 'Run the scripts' }).click();
    await main().getByRole('alert').waitFor();
    expect(await main().getByRole('alert').textContent()).toContain('<img');
    await page.getByLabel('transaction: its id').fill(MARKUP);
    await page.getByRole('button', { name: 'Run the input' }).click();
    await main().getByText('This is no transaction').waitFor();
    await isText();
  });

  test('as the name of a file, and of nodes in a network that is brought in', async () => {
    const spec = await net.control.call<{ nodes: { name: string }[] }>('export');
    const [first, ...others] = spec.nodes;
    for (const name of TEXTS)
      await expect(
        net.control.call('import', { ...spec, nodes: [{ ...first!, name }, ...others] } as never),
      ).rejects.toThrow();
    await show(page, '#/tab');
    await page.getByRole('button', { name: 'Start the node' }).click();
    await page
      .getByLabel('a backup of one')
      .setInputFiles({ name: `${MARKUP}.penny`, mimeType: '', buffer: Buffer.from(MARKUP) });
    await page.getByRole('button', { name: 'Bring it back' }).click();
    await page.getByRole('alert').filter({ hasText: 'not in recognized format' }).waitFor();
    await isText();
    await page.getByRole('button', { name: 'Stop the node' }).click();
    await page.getByRole('button', { name: 'Start the node' }).waitFor();
    await page.context().close();
  });
});
