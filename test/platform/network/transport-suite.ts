/** What every transport must do, seen from both ends of a connection. */
import { describe, expect, test } from 'vitest';
import { REGTEST } from '../../../src/core/parameters/presets.ts';
import { encodeEnvelope } from '../../../src/network/messages/envelope.ts';
import {
  type Connection,
  MAXIMUM_HANDSHAKE_MESSAGE,
  MAXIMUM_MESSAGE,
} from '../../../src/network/transport.ts';

const message = (length: number, fill = 1): Uint8Array =>
  encodeEnvelope(REGTEST.magic, 'ping', new Uint8Array(length).fill(fill));

/** Keeps what a connection reports, and waits for it. */
export class Recorder {
  readonly connection: Connection;
  readonly messages: Uint8Array[] = [];
  closed: string | undefined;
  drained = 0;
  #wake: () => void = () => {};

  constructor(connection: Connection) {
    this.connection = connection;
    connection.start({
      message: (envelope) => {
        this.messages.push(envelope);
        this.#wake();
      },
      partial: () => {},
      drained: () => {
        this.drained++;
        this.#wake();
      },
      closed: (reason) => {
        if (this.closed !== undefined) throw new Error('closed twice');
        this.closed = reason;
        this.#wake();
      },
    });
  }

  async until(condition: (recorder: this) => boolean): Promise<void> {
    while (!condition(this))
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
  }
}

export interface Ends {
  /** Dials, and hands out the connection and the one that it arrives as. */
  connect(): Promise<{ readonly near: Connection; accepted(): Promise<Connection> }>;
  /** Where nobody listens. */
  dialNowhere(): Promise<unknown>;
}

export function describeTransport(name: string, ends: Ends): void {
  async function pair(): Promise<{ near: Recorder; far: Recorder }> {
    const { near: dialled, accepted } = await ends.connect();
    const near = new Recorder(dialled);
    // A TCP peer is known by its first bytes.
    near.connection.send(message(0));
    const far = new Recorder(await accepted());
    await far.until(({ messages }) => messages.length === 1);
    far.messages.length = 0;
    return { near, far };
  }

  describe(name, () => {
    test('carries messages both ways, whole and in order', async () => {
      const { near, far } = await pair();
      for (let i = 0; i < 100; i++) near.connection.send(message(i, i));
      far.connection.send(message(8, 9));
      await far.until(({ messages }) => messages.length === 100);
      await near.until(({ messages }) => messages.length === 1);
      expect(far.messages).toEqual(Array.from({ length: 100 }, (_, i) => message(i, i)));
      expect(near.messages[0]).toEqual(message(8, 9));
      near.connection.close();
    });

    for (const receiver of ['far', 'near'] as const)
      test(`the ${receiver} end closes at a message over the limit, which can be raised`, async () => {
        const first = await pair();
        const sender = receiver === 'far' ? 'near' : 'far';
        first[receiver].connection.setMaximumMessage(MAXIMUM_HANDSHAKE_MESSAGE);
        first[sender].connection.send(message(MAXIMUM_HANDSHAKE_MESSAGE));
        await first[receiver].until(({ closed }) => closed !== undefined);
        expect(first[receiver].messages).toEqual([]);
        const second = await pair();
        second[receiver].connection.setMaximumMessage(MAXIMUM_MESSAGE);
        second[sender].connection.send(message(4_000_000));
        await second[receiver].until(({ messages }) => messages.length === 1);
        expect(second[receiver].messages[0]!.length).toBe(MAXIMUM_MESSAGE);
        second.near.connection.close();
      });

    test('reports its end once, on both sides, and sends nothing after it', async () => {
      const { near, far } = await pair();
      far.connection.close();
      await near.until(({ closed }) => closed !== undefined);
      await far.until(({ closed }) => closed !== undefined);
      near.connection.send(message(1));
      near.connection.close();
      expect(far.messages).toEqual([]);
    });

    test('holds back while paused', async () => {
      const { near, far } = await pair();
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        to.connection.pause();
        from.connection.send(message(1));
        from.connection.send(message(2));
        await new Promise((resolve) => setTimeout(resolve, 30));
        expect(to.messages).toEqual([]);
        to.connection.resume();
        await to.until(({ messages }) => messages.length === 2);
      }
      near.connection.close();
    });

    test('counts what was not taken, and tells when there is room again', async () => {
      const { near, far } = await pair();
      far.connection.setMaximumMessage(MAXIMUM_MESSAGE);
      far.connection.pause();
      for (let i = 0; i < 10; i++) near.connection.send(message(1_000_000));
      expect(near.connection.bufferedAmount).toBeGreaterThan(1_000_000);
      far.connection.resume();
      await near.until(({ drained }) => drained > 0);
      await far.until(({ messages }) => messages.length === 10);
      near.connection.close();
    });

    test('tells of room also after thousands of small messages', async () => {
      const { near, far } = await pair();
      far.connection.setMaximumMessage(MAXIMUM_MESSAGE);
      for (let i = 0; i < 20_000; i++) near.connection.send(message(40));
      expect(near.connection.bufferedAmount).toBeGreaterThan(1_000_000);
      await near.until(({ drained }) => drained > 0);
      await far.until(({ messages }) => messages.length === 20_000);
      expect(near.connection.bufferedAmount).toBe(0);
      near.connection.close();
    });

    test('fails to dial where nobody listens', async () => {
      await expect(ends.dialNowhere()).rejects.toThrow();
    });
  });
}
