/** Pages as peers: real upgrades with what a browser says of the page, and what another program could say. */
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { decodeEnvelope, encodeEnvelope } from '../../../src/network/messages/envelope.ts';
import { encodeBody } from '../../../src/network/messages/table.ts';
import { RESERVED_OUTBOUND } from '../../../src/network/protocol.ts';
import { eventually, magic, RawPeer, type SocketNode, startSocketNode, versionBody } from './hostile-node.ts';

const PAGE = 'http://127.0.0.1:7331';

let node: SocketNode;
const sockets: WebSocket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  await node.stop();
});

/** Resolves when it is a peer. @throws Error with the status that refuses it */
async function join(origin: string): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${node.port}`, { perMessageDeflate: false, origin });
  sockets.push(socket);
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return socket;
}

/** The status of an upgrade with these lines in its head. */
function statusOf(...lines: readonly string[]): Promise<number> {
  const head = [
    ...['GET / HTTP/1.1', `Host: 127.0.0.1:${node.port}`, 'Connection: Upgrade', 'Upgrade: websocket'],
    ...['Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==', 'Sec-WebSocket-Version: 13', ...lines, '', ''],
  ];
  return new Promise((resolve, reject) => {
    const socket = connect(node.port, '127.0.0.1').on('error', reject);
    socket.once('data', (chunk) => {
      resolve(Number(String(chunk).split(' ')[1]));
      socket.destroy();
    });
    socket.write(head.join('\r\n'));
  });
}

test('a page is let in by the very origin that was named, and by no other', async () => {
  node = await startSocketNode([], {}, {}, [PAGE, 'https://wallet.example']);
  for (const origin of [PAGE, 'https://wallet.example'])
    expect(await statusOf(`Origin: ${origin}`), origin).toBe(101);
  // Programs say none.
  expect(await statusOf()).toBe(101);
  for (const origin of [
    'https://evil.example',
    'http://127.0.0.1',
    'http://127.0.0.1:73310',
    'http://127.0.0.1:733',
    'https://127.0.0.1:7331',
    'http://localhost:7331',
    'http://127.0.0.1:7331/',
    'HTTP://127.0.0.1:7331',
    'http://wallet.example',
    'https://evil.wallet.example',
    'https://wallet.example.evil',
    'https://wallet.example:444',
    `${PAGE}, ${PAGE}`,
    'null',
    'self',
    '*',
    '',
  ])
    expect(await statusOf(`Origin: ${origin}`), origin).toBe(403);
  expect(await statusOf(`Origin: ${PAGE}`, 'Origin: https://evil.example')).toBe(403);
  expect(await statusOf('Origin: https://evil.example', `Origin: ${PAGE}`)).toBe(403);
});

test('none is let in where none is named', async () => {
  node = await startSocketNode();
  await expect(join(PAGE)).rejects.toThrow('403');
  expect(node.network.connectionCount().inbound).toBe(0);
});

test('a page speaks as any peer does, and counts as one that called', async () => {
  node = await startSocketNode(
    [],
    { maximumConnections: RESERVED_OUTBOUND + 2, inboundRelayPercent: 100 },
    {},
    [PAGE],
  );
  const first = await join(PAGE);
  first.send(encodeEnvelope(magic, 'version', encodeBody('version', versionBody(0))));
  const [answer] = await new Promise<[Buffer]>((resolve) =>
    first.once('message', (...all) => resolve(all as never)),
  );
  expect(decodeEnvelope(magic, new Uint8Array(answer)).command).toBe('version');
  const second = await RawPeer.join(node.port);
  expect(node.network.peers().map(({ inbound }) => inbound)).toEqual([true, true]);
  // There is room for two, pages or not: what a page may say and how much of it is bounded as for all.
  const third = await join(PAGE);
  expect(await eventually(() => third.readyState === WebSocket.CLOSED)).toBe(true);
  expect(node.network.connectionCount().inbound).toBe(2);
  expect(second.closed).toBe(false);
  first.send(new Uint8Array(70_000));
  expect(await eventually(() => first.readyState === WebSocket.CLOSED)).toBe(true);
});
