/**
 * What an adversary gets of somebody who has the page of a node open: by a page of its own on another origin, on
 * another port, and under a name that it makes resolve to this machine; and by what it gets the page to show.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { REGTEST } from '../../../src/core/parameters/presets.ts';
import { encodeEnvelope } from '../../../src/network/messages/envelope.ts';
import { encodeBody } from '../../../src/network/messages/table.ts';
import { freePort, TestNode } from '../../functional/support/node-process.ts';
import { versionBody } from '../../platform/network/hostile-node.ts';
import { hasChromium, launch, openPage, picture, settled } from './chromium.ts';

const EVIL = '<img src=x onerror=alert(1)>';
const eventually = (read: () => Promise<unknown>) => expect.poll(read, { timeout: 20_000 });

describe.skipIf(!hasChromium)('an adversary', () => {
  let node: TestNode;
  let webPort: number;
  let browser: Browser;
  let server: Server;
  /** What browsers have sent it. */
  const cookies: string[] = [];

  const start = async (...words: string[]): Promise<string> => {
    await node.start(`-web=${webPort}`, '-p2palloworigin=self', ...words);
    return /^Page: (\S+)$/m.exec(node.output)![1]!;
  };
  const web = (): string => `http://127.0.0.1:${webPort}`;

  beforeAll(async () => {
    node = await TestNode.create();
    webPort = await freePort();
    server = createServer(({ headers }, response) => {
      if (headers.cookie !== undefined) cookies.push(headers.cookie);
      response.setHeader('content-type', 'text/html').end('<p>A nice page.</p>');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    browser = await launch('--host-resolver-rules=MAP evil.example 127.0.0.1');
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    server?.close();
    await node?.remove();
  });

  afterEach(async () => {
    expect(await node.stop()).toBe(0);
  });

  /** Opens the page as its user does. */
  async function victim(
    link: string,
  ): Promise<{ context: BrowserContext; page: Page; complaints: string[] }> {
    const { page, complaints } = await openPage(browser);
    await page.goto(link);
    await page.waitForSelector('.block.next');
    return { context: page.context(), page, complaints };
  }

  /** All that a page can try: what it got, by what it tried; nothing of what failed. */
  const attack = (
    page: Page,
    secrets: { readonly key: string; readonly cookie: string },
  ): Promise<unknown> => {
    const ports = { web: webPort, rpc: node.rpcPort, p2p: node.peerPort };
    return page.evaluate(`(async () => {
      const got = {};
      const tries = [];
      const attempt = (name, run) => tries.push(Promise.race([
        Promise.resolve().then(run).then((what) => { got[name] = what ?? 'something'; }, () => {}),
        new Promise((resolve) => setTimeout(resolve, 5000)),
      ]));
      const read = async (response) => (await response).text();
      const opens = (url, protocols) => new Promise((resolve, reject) => {
        const socket = new WebSocket(url, protocols);
        socket.onopen = () => resolve('open');
        socket.onerror = () => reject();
      });
      const passwords = ['page:${secrets.key}', 'page:${secrets.cookie}', '__cookie__:${secrets.cookie}'];
      const body = '{"method":"getblockcount","id":1}';
      for (const [name, port] of Object.entries(${JSON.stringify(ports)}))
        for (const host of ['127.0.0.1', 'localhost', 'evil.example']) {
          const at = host + ':' + port;
          const url = 'http://' + at;
          for (const path of ['/', '/events', '/login', '/health', '/page.js'])
            for (const mode of ['cors', 'same-origin'])
              attempt([name, host, path, mode].join(' '), () => read(fetch(url + path, { mode, credentials: 'include' })));
          for (const [i, password] of passwords.entries()) {
            const authorization = 'Basic ' + btoa(password);
            attempt([name, host, 'call', i].join(' '), () => read(fetch(url + '/', { method: 'POST', body, credentials: 'include', headers: { authorization, 'content-type': 'application/json' } })));
            attempt([name, host, 'events', i].join(' '), () => opens('ws://' + at + '/events', ['penny', 'authorization.' + btoa(password).replace(/=+$/, '')]));
          }
          attempt([name, host, 'login'].join(' '), () => read(fetch(url + '/login', { method: 'POST', body: '{"key":"${secrets.key}"}', credentials: 'include', headers: { 'content-type': 'application/json' } })));
          attempt([name, host, 'peer'].join(' '), () => opens('ws://' + at + '/'));
          attempt([name, host, 'stream'].join(' '), () => new Promise((resolve, reject) => {
            const source = new EventSource(url + '/events', { withCredentials: true });
            source.onopen = () => resolve('open');
            source.onerror = () => { source.close(); reject(); };
          }));
          for (const tag of ['script', 'img', 'link'])
            attempt([name, host, tag].join(' '), () => new Promise((resolve, reject) => {
              const element = document.createElement(tag);
              element.onload = () => resolve('loaded');
              element.onerror = () => reject();
              if (tag === 'link') Object.assign(element, { rel: 'stylesheet', href: url + '/' });
              else element.src = url + '/';
              document.body.append(element);
            }));
          attempt([name, host, 'frame'].join(' '), () => new Promise((resolve, reject) => {
            const frame = document.createElement('iframe');
            frame.onload = () => {
              try { frame.contentWindow.localStorage.length; resolve(frame.contentDocument.body.textContent || reject()); } catch { reject(); }
            };
            frame.src = url + '/';
            document.body.append(frame);
          }));
          // Blind: it hears nothing, but what if it is obeyed?
          for (const method of ['stop', 'setnetworkactive'])
            attempt([name, host, 'blind'].join(' '), async () => {
              const said = JSON.stringify({ method, params: method === 'stop' ? [] : [false], id: 1 });
              navigator.sendBeacon(url + '/', said);
              await fetch(url + '/', { method: 'POST', mode: 'no-cors', body: said, credentials: 'include' });
              throw new Error();
            });
        }
      await Promise.all(tries);
      return got;
    })()`);
  };

  test('gets nothing by a page elsewhere, though a browser sends it the cookie', {
    timeout: 120_000,
  }, async () => {
    const link = await start('-printtoconsole=0', '-listen');
    const { context, page, complaints } = await victim(link);
    const { port } = server.address() as AddressInfo;
    const [cookie] = await context.cookies();
    const secrets = { key: new URL(link).hash.slice('#key='.length), cookie: cookie!.value };
    // Another port of the same host is no other site: what a browser sends there an adversary has.
    const pages = [`http://127.0.0.1:${port}/`, `http://evil.example:${port}/`];
    const tried = pages.map(async (place) => {
      const evil = await context.newPage();
      await evil.goto(place);
      expect(await attack(evil, secrets), place).toEqual({});
      await evil.close();
    });
    await Promise.all(tried);
    expect(cookies.join()).toContain(cookie!.value);
    const replayed = await fetch(`${web()}/`, {
      method: 'POST',
      headers: { cookie: `${cookie!.name}=${cookie!.value}`, authorization: `Basic ${btoa('page:')}` },
      body: '{"method":"getblockcount","id":1}',
    });
    expect(replayed.status).toBe(401);
    // DNS rebinding: the adversary's name is this machine's now, so that all is of one origin.
    const rebound = [webPort, node.rpcPort, node.peerPort].map(async (target) => {
      const evil = await context.newPage();
      const origin = `http://evil.example:${target}`;
      await evil.route(`${origin}/nice`, (route) => route.fulfill({ contentType: 'text/html', body: '<p>' }));
      await evil.goto(`${origin}/nice`);
      const got = (await attack(evil, secrets)) as Record<string, string>;
      // Of its own origin it may read also what refuses it: that says nothing.
      const told = Object.entries(got).filter(([name, text]) => text !== '' && name.includes('evil.example'));
      expect(told, origin).toEqual([]);
      expect(Object.keys(got).filter((name) => !name.includes('evil.example'))).toEqual([]);
      await evil.close();
    });
    await Promise.all(rebound);
    // It did nothing either.
    const { networkactive, connections } = await node.rpc.getnetworkinfo();
    expect([networkactive, connections]).toEqual([true, 0]);
    // The page itself may be a peer.
    const own = `new Promise((resolve) => {
      const socket = new WebSocket('ws://127.0.0.1:${node.peerPort}');
      socket.onopen = () => resolve('open');
      socket.onerror = () => resolve('refused');
    })`;
    expect(await page.evaluate(own)).toBe('open');
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('finds no key behind it: it is dropped, is no password, and is worth nothing after a restart', async () => {
    const link = await start('-printtoconsole=0');
    const key = new URL(link).hash.slice('#key='.length);
    expect(key).toMatch(/^[0-9a-f]{64}$/);
    const { context, page, complaints } = await victim(link);
    const kept = `JSON.stringify([location.href, document.referrer, document.cookie, { ...localStorage }, { ...sessionStorage }])`;
    expect(await page.evaluate(kept)).not.toContain(key);
    expect(await page.evaluate('[history.length, document.cookie]')).toEqual([2, '']);
    const all = await context.cookies();
    expect(all).toMatchObject([
      { name: `penny-${webPort}`, httpOnly: true, sameSite: 'Strict', path: '/', expires: -1 },
    ]);
    expect(all[0]!.value).not.toBe(key);
    // A second tab is open at once, by the address alone.
    const second = await context.newPage();
    await second.goto(web());
    await second.waitForSelector('.block.next');
    for (const url of [`http://127.0.0.1:${node.rpcPort}/`, `${web()}/`])
      for (const user of ['__cookie__', 'page', '']) {
        const headers = { authorization: `Basic ${btoa(`${user}:${key}`)}` };
        const body = '{"method":"getblockcount","id":1}';
        expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(401);
      }
    expect(complaints).toEqual([]);
    expect(await node.stop()).toBe(0);
    const renewed = await start('-printtoconsole=0');
    expect(new URL(renewed).hash).not.toBe(new URL(link).hash);
    for (const address of [link, web()]) {
      await page.goto('about:blank');
      await page.goto(address);
      await page.getByLabel('Key').waitFor();
    }
    await page.getByLabel('Key').fill(key);
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByText('That is not the key').waitFor();
    await page.getByLabel('Key').fill(new URL(renewed).hash.slice('#key='.length));
    await page.getByRole('button', { name: 'Open' }).click();
    await page.waitForSelector('.block.next');
    await context.close();
  });

  test('writes nothing but text as the name of its program', async () => {
    const { context, page, complaints } = await victim(await start('-printtoconsole=0'));
    const socket = connect(node.peerPort, '127.0.0.1');
    const body = encodeBody('version', { ...versionBody(0), userAgent: `/${EVIL}/` });
    socket.write(encodeEnvelope(REGTEST.magic, 'version', body));
    socket.write(encodeEnvelope(REGTEST.magic, 'verack', new Uint8Array()));
    await page.getByText('onerror').waitFor();
    await picture(page, 'evil-peer');
    expect(await page.locator('img').count()).toBe(0);
    expect(complaints).toEqual([]);
    // And if it had found a way: nothing that is put into the page runs, nor goes anywhere; and it is told.
    for (const put of [
      `document.body.append(Object.assign(document.createElement('img'), { src: 'http://evil.example/?' }))`,
      `document.body.append(Object.assign(document.createElement('script'), { text: 'alert(1)' }))`,
      `document.body.innerHTML = ${JSON.stringify(EVIL)}`,
      `document.body.setAttribute('onclick', 'alert(1)')`,
      `fetch('http://evil.example/?').catch(() => {})`,
      `setTimeout(() => eval('alert(1)'))`,
    ]) {
      complaints.length = 0;
      await page.evaluate(`void (() => { try { ${put} } catch {} })()`);
      await eventually(async () => complaints.join()).toMatch(/policy violated: (?!undefined)/);
      expect(complaints.join()).not.toContain('dialog');
    }
    socket.destroy();
    await context.close();
  });

  test('who may only look is shown, and gets, no more than that', async () => {
    const { context, page, complaints } = await victim(await start('-printtoconsole=0', '-webreadonly'));
    expect(await page.evaluate('document.documentElement.dataset.may')).toBe('read');
    const call = (method: string) =>
      page.evaluate(`fetch('/', {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Basic ' + btoa('page:' + localStorage.getItem('token')) },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: '${method}' }),
      }).then(async (answer) => [answer.status, (await answer.json()).error?.message])`);
    expect(await call('getblockcount')).toEqual([200, undefined]);
    // No view asks for what would be refused.
    for (const view of ['Replay', 'Mempool', 'Script', 'Tools']) {
      await page.getByRole('link', { name: view }).click();
      await settled(page);
    }
    await page.getByText('this page is only for looking').waitFor();
    expect(await page.getByRole('link', { name: 'Wallet' }).count()).toBe(0);
    // Of the node in their own tab they may ask anything.
    await page.getByRole('link', { name: 'This tab' }).click();
    await page.getByRole('button', { name: 'Start the node' }).click();
    await page.getByRole('button', { name: 'Ask it in all views' }).click();
    await page.getByRole('link', { name: 'Wallet' }).click();
    await page.getByRole('button', { name: 'Make a wallet' }).waitFor();
    await page.getByLabel('asks').selectOption('this node');
    await eventually(() => page.getByRole('link', { name: 'Wallet' }).count()).toBe(0);
    await page.getByRole('link', { name: 'Network' }).click();
    expect(complaints).toEqual([]);
    for (const method of ['stop', 'listwallets', 'createwallet', 'setmining', 'getnewaddress'])
      expect(await call(method)).toEqual([403, `RPC User page not allowed to call method ${method}`]);
    for (const complaint of complaints) expect(complaint).toContain('403');
    await context.close();
  });
});
