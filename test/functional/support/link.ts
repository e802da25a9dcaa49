/** A wire between two nodes that a test can slow down, cut and mend: a proxy for one port. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export class Link {
  readonly #server: Server;
  readonly #target: number;
  readonly #sockets = new Set<Socket>();
  /** Milliseconds that each piece of data takes, drawn anew for each. */
  #delay: () => number = () => 0;
  #isCut = false;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((socket) => this.#join(socket));
  }

  /** @param target port on this machine */
  static async open(target: number): Promise<Link> {
    const link = new Link(target);
    link.#server.listen(0, '127.0.0.1');
    await once(link.#server, 'listening');
    return link;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** What is on its way is lost, and nothing gets through. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  /** Data of one connection stays in order, as TCP has it; between links it does not. */
  slow(delay: () => number): void {
    this.#delay = delay;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #join(near: Socket): void {
    if (this.#isCut) {
      near.destroy();
      return;
    }
    const far = connect(this.#target, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from);
      let before: Promise<void> = Promise.resolve();
      from.on('data', (chunk: Buffer) => {
        const wait = new Promise<void>((resolve) => setTimeout(resolve, this.#delay()));
        before = Promise.all([before, wait]).then(() => {
          if (!to.destroyed) to.write(chunk);
        });
      });
      from.on('error', () => {});
      from.on('close', () => {
        this.#sockets.delete(from);
        void before.then(() => to.destroy());
      });
    }
  }
}
