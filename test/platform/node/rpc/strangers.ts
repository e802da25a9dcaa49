/**
 * A process of strangers at an RPC port: some say nothing, some a byte a second. From many addresses, where there
 * are any besides one, and whoever is hung up on comes again. Tells how many are let stand.
 */
import { connect, type Socket } from 'node:net';

const [port, idle, slow] = process.argv.slice(2).map(Number) as [number, number, number];
const HEAD = 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\nX-Slow: ';
const AT_ONCE = 100;
const RETURN = 1_000;
const ADDRESSES = process.platform === 'linux' ? 200 : 1;

const open = new Set<Socket>();
const slowOnes = new Set<Socket>();
let dialled = 0;

function dial(i: number): void {
  const socket = connect({ port, host: '127.0.0.1', localAddress: `127.0.0.${1 + (i % ADDRESSES)}` });
  socket.on('error', () => {});
  socket.on('connect', () => {
    open.add(socket);
    if (i < slow && socket.write(HEAD)) slowOnes.add(socket);
  });
  socket.on('close', () => {
    open.delete(socket);
    slowOnes.delete(socket);
    setTimeout(dial, RETURN, i);
  });
}

setInterval(() => {
  for (let n = 0; n < AT_ONCE && dialled < idle + slow; n++) dial(dialled++);
  process.send?.({ dialled, open: open.size });
}, 20);
setInterval(() => {
  for (const socket of slowOnes) socket.write('x');
}, 1_000);
process.on('disconnect', () => process.exit());
