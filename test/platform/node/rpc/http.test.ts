/** Requests that are cut, mixed, malformed or smuggled, byte by byte over real sockets. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Authentication } from '../../../../src/platform/node/rpc/authentication.ts';
import { RpcServer } from '../../../../src/platform/node/rpc/server.ts';
import { createTestDispatcher } from '../../../support/rpc.ts';

let server: RpcServer;
let port: number;
const sockets: Socket[] = [];

beforeEach(async () => {
  const authentication = new Authentication();
  authentication.addPassword('user', 'password');
  server = new RpcServer(
    {
      bind: [{ host: '127.0.0.1', port: 0 }],
      allowIp: [],
      allowHost: [],
      allowOrigin: [],
      whitelist: new Map(),
      whitelistDefault: false,
    },
    { dispatcher: createTestDispatcher().dispatcher, authentication, logger: { log: () => {} } },
  );
  port = await server.start();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.stop();
});

const AUTHORIZATION = `Authorization: Basic ${btoa('user:password')}`;
const SUM = JSON.stringify({ method: 'sum', params: [1, 2], id: 'é' });
const ANSWER = '{"result":3,"error":null,"id":"é"}\n';
const LENGTH = `Content-Length: ${Buffer.byteLength(SUM)}`;

/** A request of these lines. */
const raw = (lines: readonly string[], body = SUM): Buffer =>
  Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`);
const good = raw(['POST / HTTP/1.1', 'Host: localhost', AUTHORIZATION, LENGTH]);

async function open(): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  sockets.push(socket);
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** Statuses and bodies of the answers, until there are so many or the connection ends. */
async function exchange(pieces: readonly Buffer[], count = 1): Promise<string[]> {
  const socket = await open();
  let text = '';
  const answers = (): string[] => {
    const found: string[] = [];
    for (let rest = text; rest !== ''; ) {
      const end = rest.indexOf('\r\n\r\n');
      const length = Number(/^content-length: (\d+)/im.exec(rest.slice(0, end))?.[1] ?? 0);
      const body = Buffer.from(rest.slice(end + 4)).subarray(0, length);
      if (end < 0 || body.length < length) break;
      found.push(`${rest.slice(9, 12)} ${body}`.trim());
      rest = rest.slice(end + 4 + body.toString().length);
    }
    return found;
  };
  const done = new Promise<void>((resolve) => {
    // A character may come in two parts.
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (answers().length >= count) resolve();
    });
    socket.on('close', () => resolve());
  });
  for (const piece of pieces) {
    socket.write(piece);
    if (pieces.length > 1) await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await done;
  return answers();
}

const OK = `200 ${ANSWER.trim()}`;

test('a request may come in pieces, cut anywhere', async () => {
  for (let at = 1; at < good.length; at += 17)
    expect(await exchange([good.subarray(0, at), good.subarray(at)]), String(at)).toEqual([OK]);
});

test('many requests on one connection are answered in their order, however they come', async () => {
  expect(await exchange([Buffer.concat([good, good, good])], 3)).toEqual([OK, OK, OK]);
  expect(await exchange([good, good], 2)).toEqual([OK, OK]);
});

test('a body may come in chunks', async () => {
  const size = Buffer.byteLength(SUM).toString(16);
  const chunked = raw(
    ['POST / HTTP/1.1', 'Host: localhost', AUTHORIZATION, 'Transfer-Encoding: chunked'],
    `${size}\r\n${SUM}\r\n0\r\n\r\n`,
  );
  expect(await exchange([chunked, good], 2)).toEqual([OK, OK]);
});

describe('refused', () => {
  const host = 'Host: localhost';
  const post = 'POST / HTTP/1.1';
  test.each<[string, readonly string[], number?]>([
    ['two hosts', [post, host, 'Host: evil.example', AUTHORIZATION, LENGTH]],
    ['the same host twice', [post, host, host, AUTHORIZATION, LENGTH]],
    ['no host', [post, AUTHORIZATION, LENGTH]],
    ['two passwords', [post, host, AUTHORIZATION, 'Authorization: Basic eDp5', LENGTH]],
    ['two lengths', [post, host, AUTHORIZATION, LENGTH, 'Content-Length: 3']],
    ['the same length twice', [post, host, AUTHORIZATION, LENGTH, LENGTH]],
    ['a list of lengths', [post, host, AUTHORIZATION, 'Content-Length: 3, 3']],
    ['length and chunks', [post, host, AUTHORIZATION, LENGTH, 'Transfer-Encoding: chunked']],
    ['chunks and length', [post, host, AUTHORIZATION, 'Transfer-Encoding: chunked', LENGTH]],
    ['an unknown coding', [post, host, AUTHORIZATION, 'Transfer-Encoding: gzip']],
    ['chunked, then another', [post, host, AUTHORIZATION, 'Transfer-Encoding: chunked, identity']],
    ['two codings', [post, host, AUTHORIZATION, 'Transfer-Encoding: chunked', 'Transfer-Encoding: identity']],
    ['a coding spelt oddly', [post, host, AUTHORIZATION, 'Transfer-Encoding: xchunked']],
    ['a negative length', [post, host, AUTHORIZATION, 'Content-Length: -1']],
    ['a signed length', [post, host, AUTHORIZATION, 'Content-Length: +10']],
    ['a hexadecimal length', [post, host, AUTHORIZATION, 'Content-Length: 0x10']],
    ['a broken length', [post, host, AUTHORIZATION, 'Content-Length: 1.5']],
    ['a length with a space in it', [post, host, AUTHORIZATION, 'Content-Length: 1 0']],
    ['an empty length', [post, host, AUTHORIZATION, 'Content-Length:']],
    ['a length beyond all numbers', [post, host, AUTHORIZATION, `Content-Length: ${'9'.repeat(40)}`]],
    ['a length beyond the limit', [post, host, AUTHORIZATION, 'Content-Length: 99999999999'], 413],
    ['a space before the colon', [post, host, AUTHORIZATION, 'Content-Length : 3']],
    ['a folded header', [post, host, AUTHORIZATION, 'X-Long: a', ' b', LENGTH]],
    ['a header folded by a tab', [post, host, AUTHORIZATION, 'X-Long: a', '\tb', LENGTH]],
    ['a header without a colon', [post, host, AUTHORIZATION, 'Accept', LENGTH]],
    ['a header without a name', [post, host, AUTHORIZATION, ': x', LENGTH]],
    ['a NUL in a header', [post, host, AUTHORIZATION, 'X-Nul: a\0b', LENGTH]],
    ['a NUL in a name', [post, host, AUTHORIZATION, 'X\0Nul: a', LENGTH]],
    ['a bare LF in a header', [post, host, AUTHORIZATION, 'X-Bare: a\nContent-Length: 3', LENGTH]],
    ['a bare CR in a header', [post, host, AUTHORIZATION, 'X-Bare: a\rContent-Length: 3', LENGTH]],
    [
      'a header of the size of a book',
      [post, host, AUTHORIZATION, `X-Long: ${'a'.repeat(70_000)}`, LENGTH],
      431,
    ],
    [
      'a thousand headers',
      [post, host, AUTHORIZATION, ...Array(2_000).fill('X: 1'), LENGTH],
      // Node 20 leaves out those beyond the limit, and with them the length; later ones refuse by themselves.
      Number(process.versions.node.split('.')[0]) < 22 ? 400 : 431,
    ],
    [
      'a path of the size of a book',
      [`POST /${'a'.repeat(70_000)} HTTP/1.1`, host, AUTHORIZATION, LENGTH],
      431,
    ],
    ['a NUL in the path', ['POST /\0 HTTP/1.1', host, AUTHORIZATION, LENGTH]],
    ['a space in the path', ['POST / x HTTP/1.1', host, AUTHORIZATION, LENGTH]],
    ['no path', ['POST HTTP/1.1', host, AUTHORIZATION, LENGTH]],
    ['no version', ['POST /', host, AUTHORIZATION, LENGTH]],
    ['another version', ['POST / HTTP/9.9', host, AUTHORIZATION, LENGTH]],
    ['another protocol', ['POST / ICAP/1.0', host, AUTHORIZATION, LENGTH]],
    ['a method in small letters', ['post / HTTP/1.1', host, AUTHORIZATION, LENGTH]],
    ['a method nobody knows', ['BREW / HTTP/1.1', host, AUTHORIZATION, LENGTH]],
    ['bytes of TLS', ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03']],
    ['the preface of HTTP/2', ['PRI * HTTP/2.0']],
    ['CONNECT', ['CONNECT localhost:1 HTTP/1.1', host, AUTHORIZATION]],
    [
      'an absolute path to elsewhere',
      ['POST http://evil.example/ HTTP/1.1', host, AUTHORIZATION, LENGTH],
      404,
    ],
    ['another host', [post, 'Host: evil.example', AUTHORIZATION, LENGTH], 403],
    ['a host with a user', [post, 'Host: x@localhost', AUTHORIZATION, LENGTH], 403],
    ['a page', [post, host, AUTHORIZATION, 'Origin: http://evil.example', LENGTH], 403],
    ['two pages', [post, host, AUTHORIZATION, 'Origin: null', 'Origin: null', LENGTH]],
    ['a folded password', [post, host, 'Authorization:', ` Basic ${btoa('user:password')}`, LENGTH]],
  ])('%s', async (_name, lines, status = 400) => {
    const [first, ...more] = await exchange([raw(lines), good], 2);
    // Either it is told and the connection ends, or it ends at once; nothing behind it is believed.
    expect(first?.slice(0, 3) ?? String(status)).toBe(String(status));
    if (status === 400) expect(more.filter((answer) => answer.startsWith('200'))).toEqual([]);
    expect(await exchange([good])).toEqual([OK]);
  });

  test.each([
    ['a size of no form', 'zz\r\nab\r\n0\r\n\r\n'],
    ['a negative size', '-1\r\nab\r\n0\r\n\r\n'],
    ['a size beyond all numbers', 'fffffffffffffffff\r\nab\r\n0\r\n\r\n'],
    ['too much in a chunk', '1\r\nabcdef\r\n0\r\n\r\n'],
    ['a bare LF behind a size', '2\nab\r\n0\r\n\r\n'],
  ])('chunks with %s', async (_name, body) => {
    const request = raw([post, host, AUTHORIZATION, 'Transfer-Encoding: chunked'], body);
    const answers = await exchange([Buffer.concat([request, good])], 2);
    expect(answers.filter((answer) => answer.startsWith('200'))).toEqual([]);
  });
});

test('a thousand idle and two hundred slow connections keep nobody waiting', async () => {
  for (let i = 0; i < 1_000; i++) await open();
  for (let i = 0; i < 200; i++) (await open()).write(good.subarray(0, good.length - 5));
  expect(await exchange([good])).toEqual([OK]);
});

test('a stop ends connections that are idle', async () => {
  const socket = await open();
  socket.write(good);
  await once(socket, 'data');
  const closed = once(socket, 'close');
  await server.stop();
  await closed;
});
