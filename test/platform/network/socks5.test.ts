import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { REGTEST } from '../../../src/core/parameters/presets.ts';
import type { Listener } from '../../../src/network/transport.ts';
import { NodeTransport } from '../../../src/platform/node/network/node-transport.ts';

const { magic } = REGTEST;
const ONION = 'pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion';

/** What it was asked for, with which credentials, and how it answers. */
interface Proxy {
  readonly asked: { readonly host: string; readonly port: number; readonly user?: string | undefined }[];
  readonly address: string;
  status: number;
  readonly server: Server;
}

/** A SOCKS5 server that leads everywhere to one port, whatever it is asked for. */
async function startProxy(target: () => number): Promise<Proxy> {
  const asked: Proxy['asked'] = [];
  const server = createServer((socket) => void serve(socket).catch(() => socket.destroy()));
  const serve = async (socket: Socket): Promise<void> => {
    const chunks: Buffer[] = [];
    let wake = (): void => {};
    const onData = (chunk: Buffer): void => {
      chunks.push(chunk);
      wake();
    };
    socket.on('data', onData);
    const read = async (length: number): Promise<Buffer> => {
      while (Buffer.concat(chunks).length < length) await new Promise<void>((resolve) => (wake = resolve));
      const all = Buffer.concat(chunks.splice(0));
      chunks.push(all.subarray(length));
      return all.subarray(0, length);
    };
    const methods = await read((await read(2))[1]!);
    const method = methods.includes(2) ? 2 : 0;
    socket.write(Uint8Array.of(5, method));
    let user: string | undefined;
    if (method === 2) {
      const name = await read((await read(2))[1]!);
      user = `${name}:${await read((await read(1))[0]!)}`;
      socket.write(Uint8Array.of(1, 0));
    }
    const host = (await read((await read(5))[4]!)).toString();
    const port = (await read(2)).readUInt16BE();
    asked.push({ host, port, user });
    const { connect } = await import('node:net');
    // The answer and the first bytes of the peer in one piece, which ends with another's address.
    const reply = Uint8Array.of(5, proxy.status, 0, 3, 2, 0x61, 0x62, 1, 2);
    if (proxy.status !== 0) return void socket.end(reply);
    const upstream = connect(target(), '127.0.0.1');
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
    socket.write(reply);
    socket.off('data', onData);
    socket.pipe(upstream).pipe(socket);
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const proxy: Proxy = { asked, address: `127.0.0.1:${port}`, status: 0, server };
  return proxy;
}

let proxy: Proxy;
let listener: Listener;
const signal = new AbortController().signal;
beforeEach(async () => {
  const echo = new NodeTransport({ magic });
  listener = await echo.listen('127.0.0.1', 0, (connection) =>
    connection.start({
      message: (envelope) => connection.send(envelope),
      partial: () => {},
      drained: () => {},
      closed: () => {},
    }),
  );
  proxy = await startProxy(() => Number(listener.address.split(':')[1]));
});
afterEach(async () => {
  proxy.server.close();
  await listener.close();
});

const through = (isolates: boolean) => {
  const general = { address: proxy.address, isolates };
  const proxies = { ipv4: general, ipv6: general, onion: general, name: general };
  return new NodeTransport({ magic, reach: { proxies } });
};

test.each(['tcp', 'ws'] as const)(
  'names and addresses are dialled through a proxy, by %s, and looked up by none',
  async (scheme) => {
    const transport = through(true);
    expect(transport.resolve).toBeUndefined();
    const hosts = ['node.noumenon', '15.61.23.23', '1233:3432:2434:2343:3234:2345:6546:4534', ONION];
    for (const host of hosts) {
      const connection = await transport.dial({ scheme, host, port: 1234 }, signal);
      expect(connection.remote).toBe(host.includes(':') ? `[${host}]:1234` : `${host}:1234`);
      const verack = Uint8Array.of(
        ...magic,
        ...Buffer.from('verack'.padEnd(12, '\0')),
        0,
        0,
        0,
        0,
        0x5d,
        0xf6,
        0xe0,
        0xe2,
      );
      const answered = new Promise<Uint8Array>((resolve) =>
        connection.start({ message: resolve, partial: () => {}, drained: () => {}, closed: () => {} }),
      );
      connection.send(verack);
      expect([...(await answered)]).toEqual([...verack]);
      connection.close();
    }
    expect(proxy.asked.map(({ host, port }) => [host, port])).toEqual(hosts.map((host) => [host, 1234]));
    const near = await transport.dial(
      { scheme, host: '127.0.0.1', port: Number(listener.address.split(':')[1]) },
      signal,
    );
    near.close();
    expect(proxy.asked).toHaveLength(hosts.length);
    // Each with credentials of its own.
    expect(new Set(proxy.asked.map(({ user }) => user)).size).toBe(hosts.length);
  },
);

test('without isolation there are no credentials; what the proxy refuses is said', async () => {
  const transport = through(false);
  proxy.status = 4;
  await expect(transport.dial({ scheme: 'tcp', host: '1.2.3.4', port: 1 }, signal)).rejects.toThrow(
    'host unreachable',
  );
  expect(proxy.asked).toEqual([{ host: '1.2.3.4', port: 1, user: undefined }]);
  proxy.server.close();
});

test.each([ONION, 'wrong.onion', `${'a'.repeat(52)}.b32.i2p`])('%s is never looked up', async (host) => {
  const transport = new NodeTransport({ magic });
  await expect(transport.dial({ scheme: 'tcp', host, port: 1 }, signal)).rejects.toThrow(
    `no proxy for ${host}`,
  );
});
