import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { penny } from '../../scripts/bench/nodes/contender.ts';
import { call, drive, post, requestsPerSecond } from '../../scripts/bench/nodes/load.ts';
import { readUsage } from '../../scripts/bench/nodes/process-usage.ts';
import { inTurn, rowsOf } from '../../scripts/bench/nodes/rows.ts';

let server: Server | undefined;
afterEach(() => server?.close());

/** Answers each request with its own body, in pieces as they come. */
async function echo(status = 200): Promise<{ port: number; bodies: string[] }> {
  const bodies: string[] = [];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      bodies.push(body);
      response.writeHead(status, { 'content-length': 300_000 });
      response.write(body);
      setTimeout(() => response.end(' '.repeat(300_000 - body.length)), 1);
    });
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, bodies };
}

test('every request is sent once, over the connections there are', async () => {
  const { port, bodies } = await echo();
  const texts = Array.from({ length: 50 }, (_, i) => call('method', i));
  const requests = texts.map((text) => post({ cookie: 'user:password' }, text));
  let at = 0;
  await drive(port, 4, () => requests[at++]);
  expect(bodies.toSorted()).toEqual(texts.toSorted());
});

test('a rate counts answers that came whole, and an error is no answer', async () => {
  const { port, bodies } = await echo();
  const request = post({ cookie: 'user:password' }, call('method'));
  const begun = performance.now();
  const rate = await requestsPerSecond(port, 2, request, 100);
  const most = (bodies.length * 1000) / 100;
  expect(rate).toBeLessThanOrEqual(most);
  expect(rate).toBeGreaterThan((bodies.length * 1000) / (performance.now() - begun) / 2);
  server?.close();
  const failing = await echo(500);
  await expect(requestsPerSecond(failing.port, 1, request, 10)).rejects.toThrow('500');
});

test('contenders take turns, and Core has its place beside each Penny', async () => {
  const [one, two] = [penny('secp256k1'), penny()];
  const core = { ...penny(), isCore: true };
  const order: string[] = [];
  const names = new Map([
    [one, 'one'],
    [two, 'two'],
    [core, 'core'],
  ]);
  const measured = await inTurn(2, [one, two, core], async (contender) => order.push(names.get(contender)!));
  expect(order).toEqual(['one', 'two', 'core', 'one', 'two', 'core']);
  expect(rowsOf(measured, [{ name: 'turn', unit: 's', value: (turn) => turn }])).toEqual([
    { name: 'turn, secp256k1', unit: 's', higherIsBetter: false, values: [1, 4], core: [3, 6] },
    { name: 'turn', unit: 's', higherIsBetter: false, values: [2, 5], core: [3, 6] },
  ]);
});

test.runIf(process.platform === 'linux')('a process has used what it has used', () => {
  const before = readUsage(process.pid)!;
  // Either kind of time counts: asking for it is work of the system's.
  for (const begun = process.cpuUsage(); ; ) {
    const { user, system } = process.cpuUsage(begun);
    if (user + system > 200_000) break;
  }
  const after = readUsage(process.pid)!;
  expect(after.cpuSeconds - before.cpuSeconds).toBeGreaterThan(0.1);
  expect(after.peakMegabytes * 1e6).toBeGreaterThanOrEqual(process.memoryUsage.rss() * 0.9);
  expect(readUsage(2 ** 30)).toBeNull();
});
