/** Every view of the page: for those who see little, for the keyboard alone, and for narrow screens. */
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RpcClient } from '../../../src/client/client.ts';
import { hasChromium, launch, openPage, picture, settled, show } from './chromium.ts';
import { TestDevnet } from './test-devnet.ts';

const NARROW = 360;
/** Presses of a key after which something must have come. */
const PATIENCE = 400;

const eventually = (read: () => Promise<unknown>) => expect.poll(read, { timeout: 20_000 });

/** What the keyboard is to reach, in the page. */
const CONTROLS = `[...document.querySelectorAll('a[href], button:enabled, input:enabled, select:enabled, textarea:enabled, summary, [role=button]')]
  .filter((each) => each.checkVisibility())`;

describe.skipIf(!hasChromium)('every view of the page', () => {
  let net: TestDevnet;
  let browser: Browser;
  let node1: RpcClient;
  let views: readonly string[];

  beforeAll(async () => {
    net = await TestDevnet.start();
    node1 = await net.clientOf('node1');
    browser = await launch();
    const address = await node1.getnewaddress('<b>label</b>');
    const txid = await node1.sendtoaddress(address, 0.5);
    const [hash] = await node1.generatetoaddress(1, address);
    // Two that hang together wait, and each list has something to show.
    await node1.sendtoaddress(address, 0.25);
    await node1.callNamed('sendtoaddress', { address, amount: 7, fee_rate: 25 });
    await node1.snapshot('first');
    views = [
      ...['#/', '#/replay', '#/mempool', '#/script', '#/wallet', '#/tools', '#/tab', '#/%', '#/tx/nothing'],
      ...[`#/block/${hash}`, `#/tx/${txid}/${hash}`, `#/address/${address}`, `#/script/${txid}@${hash}/0`],
    ];
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await net?.stop();
  }, 60_000);

  /** Also all that is folded away. */
  async function unfold(page: Page, view: string): Promise<void> {
    await show(page, view);
    for (let i = 0; i < 2; i++) {
      await page.evaluate("for (const each of document.querySelectorAll('main details')) each.open = true");
      await settled(page);
    }
  }

  test.each(['light', 'dark'] as const)('has names, roles and contrast, in the %s', async (colorScheme) => {
    const { page, complaints } = await openPage(browser, { colorScheme });
    await page.goto(net.link);
    await page.waitForSelector('.block.next');
    for (const view of views) {
      await unfold(page, view);
      await page.evaluate(axe.source);
      const found = (await page.evaluate('axe.run()')) as {
        violations: { id: string; nodes: { html: string }[] }[];
      };
      const told = found.violations.map(
        ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join('\n')}`,
      );
      expect(told, view).toEqual([]);
    }
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('is no wider than a narrow screen', async () => {
    const { page, complaints } = await openPage(browser, { viewport: { width: NARROW, height: 740 } });
    await page.goto(net.link);
    await page.waitForSelector('.block.next');
    for (const view of views) {
      await unfold(page, view);
      expect(await page.evaluate('document.documentElement.scrollWidth'), view).toBeLessThanOrEqual(NARROW);
      await picture(page, `narrow-${view.split('/')[1] || 'network'}`);
    }
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('is reached by the keyboard, all of it, and shows where one is', async () => {
    const { page } = await openPage(browser, { viewport: { width: 1280, height: 900 } });
    await page.goto(net.link);
    await page.waitForSelector('.block.next');
    for (const view of views) {
      await unfold(page, view);
      const count = (await page.evaluate(
        `globalThis.seen = new Set(); document.activeElement.blur(); ${CONTROLS}.length`,
      )) as number;
      expect(count, view).toBeGreaterThan(5);
      for (let i = 0; i < count + PATIENCE; i++) {
        await page.keyboard.press('Tab');
        const isAll = await page.evaluate(`(() => {
          const at = document.activeElement;
          if (at !== document.body && getComputedStyle(at).outlineStyle === 'none') throw new Error('not seen: ' + at.outerHTML);
          seen.add(at);
          return ${CONTROLS}.every((each) => seen.has(each));
        })()`);
        if (isAll) break;
      }
      const missed = await page.evaluate(
        `${CONTROLS}.filter((each) => !seen.has(each)).map((each) => each.outerHTML)`,
      );
      expect(missed, view).toEqual([]);
    }
    await page.context().close();
  });

  test('lets one part a network, mine on both sides and heal it without a mouse', async () => {
    const { page, complaints } = await openPage(browser, { viewport: { width: 1280, height: 900 } });
    await page.goto(net.link);
    await page.waitForSelector('.block.next');
    /** Goes on by Tab until that is what a key would act on. */
    const reach = async (name: string): Promise<void> => {
      for (let i = 0; i < PATIENCE; i++) {
        await page.keyboard.press('Tab');
        const at = await page.evaluate(`(() => {
          const at = document.activeElement;
          const row = at.closest('tr')?.cells[0].textContent ?? '';
          return (row + ' ' + (at.getAttribute('aria-label') ?? at.labels?.[0]?.textContent ?? at.textContent)).trim();
        })()`);
        if (at === name) return;
      }
      throw new Error(`${name} is not reached`);
    };
    const start = await node1.getblockcount();
    const heightOf = (name: string) => page.locator('tr', { hasText: name }).locator('.soft').textContent();
    await reach('Cut the link of node1 and node3');
    await page.keyboard.press('Enter');
    await eventually(() => page.locator('.link.cut').count()).toBe(1);
    await reach('node3');
    await page.keyboard.press('Space');
    await reach('Cut');
    await page.keyboard.press('Enter');
    await eventually(() => page.locator('.link.cut').count()).toBe(2);
    for (const [name, height] of [
      ['node3', start + 1],
      ['node1', start + 1],
      ['node1', start + 2],
    ] as const) {
      await reach(`${name} Mine a block`);
      await page.keyboard.press('Enter');
      await eventually(() => heightOf(name)).toBe(`height ${height}`);
    }
    await reach('Heal all');
    await page.keyboard.press('Space');
    await page.locator('.reorganisation').waitFor({ timeout: 60_000 });
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
