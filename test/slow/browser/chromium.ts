/** A Chromium with an empty profile, and pages in it of which every complaint is kept. */
import { existsSync } from 'node:fs';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';
import { expect } from 'vitest';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
export const hasChromium = existsSync(CHROMIUM);
if (!hasChromium) console.warn(`No tests in a browser: there is no ${CHROMIUM}, and CHROMIUM names no other`);
/** Where pictures are left, if somebody wants them. */
const PICTURES = process.env.PENNY_PICTURES;

const optionsWith = (more: readonly string[]) => ({
  executablePath: CHROMIUM,
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    ...more,
  ],
});

export const launch = (...more: readonly string[]): Promise<Browser> => chromium.launch(optionsWith(more));

/** With a profile that is kept in a folder, as a user's is. */
export const launchProfile = (folder: string): Promise<BrowserContext> =>
  chromium.launchPersistentContext(folder, optionsWith([]));

export interface Watched {
  readonly page: Page;
  /** Errors of scripts, and what the page's policy has kept from loading or running. */
  readonly complaints: string[];
}

export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Watched> {
  return openPageIn(await browser.newContext(options));
}

export async function openPageIn(context: BrowserContext): Promise<Watched> {
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // A node that is stopped refuses connections: that is told as an error, and is none.
    if (message.type() === 'error' && !message.text().includes('ERR_CONNECTION'))
      complaints.push(message.text());
  });
  page.on('dialog', (dialog) => {
    complaints.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.addInitScript(
    `addEventListener('securitypolicyviolation', (event) =>
      console.error('policy violated: ' + event.violatedDirective + ' ' + event.blockedURI));`,
  );
  return { page, complaints };
}

/** Until what is told by then was drawn, and asked for. */
const drawn = (page: Page): Promise<unknown> =>
  page.evaluate(
    'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))',
  );

/** Until the page asks for nothing any more that it has to show. */
export async function settled(page: Page): Promise<void> {
  await drawn(page);
  const waits = `[...document.querySelectorAll('main .soft')].some((each) => each.textContent === '…')`;
  await expect.poll(() => page.evaluate(waits), { timeout: 20_000 }).toBe(false);
}

/** @param view as the address names it, such as `#/tools` */
export async function show(page: Page, view: string): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(view)}`);
  await settled(page);
}

export async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/${name}.png`, fullPage: true });
}
