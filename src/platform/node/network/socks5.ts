/** Connections through a SOCKS5 proxy (RFC 1928, 1929). The proxy looks up names: here nobody asks for them. */
import { connect, type Socket } from 'node:net';
import type { SocksProxy } from '../../../network/reach.ts';
import { systemRandom } from '../random.ts';

const VERSION = 5;
const [NO_CREDENTIALS, CREDENTIALS] = [0, 2];
const [CONNECT, DOMAIN] = [1, 3];
/** Lengths of the address that a reply ends with, by its kind; of a domain it says its own. */
const LENGTHS: Readonly<Record<number, number>> = { 1: 4, 4: 16 };
const FAILURES = [
  'general failure',
  'connection not allowed',
  'network unreachable',
  'host unreachable',
  'connection refused',
  'TTL expired',
  'protocol error',
  'address type not supported',
];

/** @param host a name of at most 255 bytes, or an address @throws if the proxy cannot, or `signal` aborts */
export async function dialThrough(
  proxy: SocksProxy,
  { host, port }: { readonly host: string; readonly port: number },
  signal: AbortSignal,
): Promise<Socket> {
  const name = Buffer.from(host);
  if (name.length > 255) throw new Error('Hostname too long');
  const socket = connect(proxyAddress(proxy.address));
  const abort = (): void => void socket.destroy(new Error('timed out'));
  signal.addEventListener('abort', abort);
  try {
    const { read, release } = reader(socket);
    socket.write(
      Uint8Array.of(VERSION, ...(proxy.isolates ? [2, NO_CREDENTIALS, CREDENTIALS] : [1, NO_CREDENTIALS])),
    );
    const [version, method] = await read(2);
    if (version !== VERSION) throw new Error('Proxy failed to initialize');
    if (method === CREDENTIALS && proxy.isolates) {
      const secret = Buffer.from(systemRandom.bytes(16)).toString('hex');
      const word = [secret.length, ...Buffer.from(secret)];
      socket.write(Uint8Array.of(1, ...word, ...word));
      if ((await read(2))[1] !== 0) throw new Error('Proxy authentication unsuccessful');
    } else if (method !== NO_CREDENTIALS) throw new Error('Proxy requested wrong authentication method');
    socket.write(Uint8Array.of(VERSION, CONNECT, 0, DOMAIN, name.length, ...name, port >> 8, port & 0xff));
    const [, status = 1, , kind = 0] = await read(4);
    if (status !== 0) throw new Error(`${FAILURES[status - 1] ?? `error ${status}`} (by the proxy)`);
    await read((LENGTHS[kind] ?? (await read(1))[0]!) + 2);
    release();
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function proxyAddress(address: string): { path: string } | { host: string; port: number } {
  if (address.startsWith('unix:')) return { path: address.slice('unix:'.length) };
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) };
}

/** Exactly so many bytes each time: what comes after the last is the peer's, and stays in the socket. */
function reader(socket: Socket): { read(length: number): Promise<Buffer>; release(): void } {
  let failure: Error | undefined;
  let wake = (): void => {};
  const end = (error?: Error): void => {
    failure ??= error ?? new Error('the proxy hung up');
    wake();
  };
  const [onReadable, onClose] = [() => wake(), () => end()];
  socket.on('readable', onReadable).on('error', end).on('close', onClose);
  const release = (): void => void socket.off('readable', onReadable).off('error', end).off('close', onClose);
  const read = async (length: number): Promise<Buffer> => {
    for (;;) {
      const bytes = socket.read(length) as Buffer | null;
      if (bytes?.length === length) return bytes;
      if (failure !== undefined) throw failure;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return { read, release };
}
