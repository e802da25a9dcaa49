/**
 * ZeroMQ publishers in Bitcoin Core's form: each message has its topic, its body, and how many the publisher has
 * sent before. Owns the sockets. Whoever reads too slowly, or not at all, loses messages beyond the high-water
 * mark, and sees it by the numbers: nobody waits for a subscriber.
 */
import { createRequire } from 'node:module';
import type { ZmqNotification } from '../../../rpc/context.ts';
import type { Logger } from '../../../seams.ts';
import { type Publish, ZMQ_TOPICS, type ZmqTopic } from './zmq-feed.ts';

/** Messages that a subscriber may be behind (Core's). */
export const DEFAULT_HIGH_WATER_MARK = 1_000;
/** Messages on their way from here to ZeroMQ: only a burst of events makes more than a few. */
const MAX_UNSENT = 100_000;

/**
 * Milliseconds that messages on their way keep a socket open after its end. Never 0: libzmq 4.3.5 then drops the
 * rest of a message of which it has read a part, and aborts the process if the subscriber leaves just then.
 */
const LINGER_MS = 200;

/** By topic: addresses, and messages that a subscriber may be behind. */
export type ZmqOptions = { readonly [T in ZmqTopic as `pub${T}`]: readonly string[] } & {
  readonly [T in ZmqTopic as `pub${T}hwm`]: number;
};

/** The part of zeromq that is used; the package is optional, so its types may be absent. */
export interface Zmq {
  Publisher: new (options: {
    readonly sendHighWaterMark: number;
    readonly tcpKeepalive: number;
    readonly ipv6: boolean;
    readonly linger: number;
  }) => ZmqSocket;
}
interface ZmqSocket {
  bind(address: string): Promise<void>;
  send(message: readonly Uint8Array[]): Promise<void>;
  close(): void;
}

/** The optional package is not installed, or has no binary for this machine. */
class ZmqError extends Error {
  override readonly name = 'ZmqError';
}

/** @throws ZmqError */
export function loadZmq(name = 'zeromq'): Zmq {
  try {
    return createRequire(import.meta.url)(name) as Zmq;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'MODULE_NOT_FOUND' ? 'is not installed' : `cannot be loaded (${message})`;
    throw new ZmqError(
      `-zmqpub… needs the npm package zeromq, which ${why}. Run npm install zeromq, or start without it.`,
    );
  }
}

class Socket {
  readonly #socket: ZmqSocket;
  readonly #failed: (error: unknown) => void;
  #unsent: Uint8Array[][] = [];
  #count = 0;
  #isSending = false;

  constructor(socket: ZmqSocket, failed: (error: unknown) => void) {
    this.#socket = socket;
    this.#failed = failed;
  }

  send(message: Uint8Array[]): void {
    if (this.#count >= MAX_UNSENT) return;
    this.#unsent.push(message);
    this.#count++;
    if (!this.#isSending) void this.#drain();
  }

  async #drain(): Promise<void> {
    this.#isSending = true;
    try {
      while (this.#unsent.length > 0) {
        const some = this.#unsent;
        this.#unsent = [];
        for (const message of some) {
          await this.#socket.send(message);
          this.#count--;
        }
      }
      this.#isSending = false;
    } catch (error) {
      // It stays so: nothing is sent here any more.
      this.#unsent = [];
      this.#count = MAX_UNSENT;
      this.#failed(error);
    }
  }

  close(): void {
    this.#socket.close();
  }
}

interface Notifier {
  readonly shown: ZmqNotification;
  readonly topic: ZmqTopic;
  readonly label: Buffer;
  readonly socket: Socket;
  /** Messages before the next one; 32 bits of it are told. */
  sent: number;
}

export class ZmqPublisher {
  readonly #notifiers: readonly Notifier[];

  private constructor(notifiers: readonly Notifier[]) {
    this.#notifiers = notifiers;
  }

  /**
   * Opens a socket for each address; topics of one address share it.
   * @returns null where nothing is to be published, or (Core) an address cannot be had, of which the log tells
   * @throws ZmqError
   */
  static async open(
    options: ZmqOptions,
    logger: Logger,
    load: () => Zmq = loadZmq,
  ): Promise<ZmqPublisher | null> {
    const wanted = ZMQ_TOPICS.flatMap((topic) =>
      options[`pub${topic}`].map((address) => ({ topic, address: address.replace(/^unix:/, 'ipc://') })),
    );
    if (wanted.length === 0) return null;
    const { Publisher } = load();
    const sockets = new Map<string, Socket>();
    const notifiers: Notifier[] = [];
    for (const { topic, address } of wanted) {
      const hwm = options[`pub${topic}hwm`];
      let socket = sockets.get(address);
      if (socket === undefined) {
        const ipv6 = address.startsWith('tcp://[');
        const opened = new Publisher({ sendHighWaterMark: hwm, tcpKeepalive: 1, ipv6, linger: LINGER_MS });
        socket = new Socket(opened, (error) =>
          logger.log('error', 'zmq', `Publishing at ${address} has ended`, { error }),
        );
        sockets.set(address, socket);
        try {
          await opened.bind(address);
        } catch (error) {
          const { message } = error as Error;
          logger.log(
            'error',
            'zmq',
            `Unable to publish ${topic} at ${address}: ${message}; nothing is published`,
          );
          for (const other of sockets.values()) other.close();
          return null;
        }
      }
      notifiers.push({
        shown: { type: `pub${topic}`, address, hwm },
        topic,
        label: Buffer.from(topic),
        socket,
        sent: 0,
      });
      logger.log('debug', 'zmq', `Publishing ${topic} at ${address}, high water mark ${hwm}`);
    }
    return new ZmqPublisher(notifiers);
  }

  /** For `getzmqnotifications`. */
  get notifications(): readonly ZmqNotification[] {
    return this.#notifiers.map(({ shown }) => shown);
  }

  readonly publish: Publish = (topic, body) => {
    let bytes: Uint8Array | undefined;
    for (const notifier of this.#notifiers) {
      if (notifier.topic !== topic) continue;
      bytes ??= body();
      const number = Buffer.alloc(4);
      number.writeUInt32LE(notifier.sent);
      notifier.sent = (notifier.sent + 1) >>> 0;
      notifier.socket.send([notifier.label, bytes, number]);
    }
  };

  close(): void {
    for (const socket of new Set(this.#notifiers.map((notifier) => notifier.socket))) socket.close();
  }
}
