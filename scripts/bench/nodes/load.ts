/** A load of JSON-RPC requests on plain sockets: the same for everyone, and as cheap as can be to make. */
import { connect, type Socket } from 'node:net';
import type { BenchNode } from './bench-node.ts';

export const call = (method: string, ...params: readonly unknown[]): string =>
  JSON.stringify({ jsonrpc: '1.0', id: 1, method, params });

/** The whole HTTP request. */
export function post({ cookie }: Pick<BenchNode, 'cookie'>, text: string): Buffer {
  return Buffer.from(
    `POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic ${btoa(cookie)}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
}

/** What is asked next; undefined ends a connection. */
type Next = () => Buffer | undefined;

/**
 * Each connection sends its next request as soon as it has its answer.
 * @returns milliseconds until the last answer
 * @throws Error with an answer whose status is not 200
 */
export async function drive(port: number, connections: number, next: Next): Promise<number> {
  const begun = performance.now();
  await Promise.all(Array.from({ length: connections }, () => converse(port, next)));
  return performance.now() - begun;
}

/** Requests a second, of one request again and again; each connection makes one, however late it is. */
export async function requestsPerSecond(
  port: number,
  connections: number,
  request: Buffer,
  milliseconds: number,
): Promise<number> {
  const begun = performance.now();
  let sent = 0;
  const next: Next = () => {
    if (sent >= connections && performance.now() - begun > milliseconds) return undefined;
    sent++;
    return request;
  };
  const took = await drive(port, connections, next);
  return (sent * 1000) / took;
}

function converse(port: number, next: Next): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const answer = new Answer();
    const send = (): void => {
      const request = next();
      if (request !== undefined) socket.write(request);
      else socket.end(resolve);
    };
    socket.on('connect', send);
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      if (!answer.take(chunk)) return;
      if (answer.isGood) send();
      else socket.destroy(new Error(`the answer to a request is ${answer.text}`));
    });
  });
}

/** An HTTP answer as it comes in, with a length. */
class Answer {
  #missing = 0;
  #head: Buffer = Buffer.alloc(0);
  #isRead = true;

  /** Whether the answer is whole. */
  take(chunk: Buffer): boolean {
    if (this.#missing > 0) {
      this.#missing -= chunk.length;
      return this.#missing === 0;
    }
    this.#head = this.#isRead ? chunk : Buffer.concat([this.#head, chunk]);
    const end = this.#head.indexOf('\r\n\r\n');
    this.#isRead = end >= 0;
    if (end < 0) return false;
    const length = /content-length: (\d+)/i.exec(this.#head.toString('latin1', 0, end))?.[1];
    this.#missing = Number(length) + end + 4 - this.#head.length;
    return this.#missing === 0;
  }

  get isGood(): boolean {
    return this.#head.indexOf(' 200 ') === 'HTTP/1.1'.length;
  }

  /** Its beginning. */
  get text(): string {
    return this.#head.toString('utf8', 0, 2_000);
  }
}
