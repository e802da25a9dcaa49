/**
 * One link between two nodes of a devnet: the one that dials finds it at a port of its own, and what either says goes
 * to the other, later or not at all if so wished. Whole messages pass, as the nodes' own transport cuts them.
 */
import {
  type Connection,
  type Listener,
  MAXIMUM_MESSAGE,
  type Target,
  type Transport,
} from '../../../network/transport.ts';
import type { Clock } from '../../../seams.ts';
import type { LinkState } from './network-state.ts';

/** Milliseconds. */
const DIAL_TIMEOUT = 5_000;
/** Bytes on their way in one direction, beyond which its sender is not read. */
const IN_FLIGHT = 8 << 20;
/** Of a message's command in its envelope. */
const COMMAND_START = 4;
const COMMAND_END = 16;

export type LinkSettings = Pick<LinkState, 'delay' | 'drop' | 'cut'>;

interface Dependencies {
  readonly transport: Transport;
  readonly clock: Clock;
}

export class Link {
  /** Names: who is dialled, and who dials. */
  readonly between: readonly [string, string];
  readonly #target: Target;
  readonly #dependencies: Dependencies;
  readonly #open = new Set<Connection>();
  #listener: Listener | undefined;
  settings: LinkSettings = {};

  constructor(between: readonly [string, string], target: Target, dependencies: Dependencies) {
    this.between = between;
    this.#target = target;
    this.#dependencies = dependencies;
  }

  async listen(): Promise<void> {
    this.#listener = await this.#dependencies.transport.listen(
      '127.0.0.1',
      0,
      (near) => void this.#join(near),
    );
  }

  /** `host:port` for the one that dials. */
  get address(): string {
    return this.#listener!.address;
  }

  get isCut(): boolean {
    return this.settings.cut === true;
  }

  set(settings: LinkSettings): void {
    this.settings = settings;
    if (this.isCut) this.#end();
  }

  get state(): LinkState {
    return { between: this.between, ...this.settings };
  }

  async close(): Promise<void> {
    this.#end();
    await this.#listener?.close();
  }

  #end(): void {
    for (const connection of [...this.#open]) connection.close();
  }

  async #join(near: Connection): Promise<void> {
    if (this.isCut) return near.close();
    // What is too large is the nodes' business.
    near.setMaximumMessage(MAXIMUM_MESSAGE);
    let far: Connection;
    try {
      far = await this.#dependencies.transport.dial(this.#target, AbortSignal.timeout(DIAL_TIMEOUT));
    } catch {
      return near.close();
    }
    far.setMaximumMessage(MAXIMUM_MESSAGE);
    this.#pipe(near, far);
    this.#pipe(far, near);
    if (this.isCut) this.#end();
  }

  #pipe(from: Connection, to: Connection): void {
    const { clock } = this.#dependencies;
    let inFlight = 0;
    let arrivesAt = 0;
    this.#open.add(from);
    const isFull = (): boolean => inFlight + to.bufferedAmount > IN_FLIGHT;
    from.start({
      message: (envelope) => {
        const { delay = 0, drop = [] } = this.settings;
        if (drop.length > 0 && drop.includes(commandOf(envelope))) return;
        const now = clock.monotonic();
        // A link that becomes faster brings nothing out of order.
        arrivesAt = Math.max(arrivesAt, now + delay);
        inFlight += envelope.length;
        if (isFull()) from.pause();
        const pass = (): void => {
          inFlight -= envelope.length;
          to.send(envelope);
          if (!isFull()) from.resume();
          else setDrain(to, () => from.resume());
        };
        if (arrivesAt > now) clock.schedule(arrivesAt - now, pass);
        else pass();
      },
      partial: () => {},
      drained: () => drains.get(from)?.(),
      closed: () => {
        this.#open.delete(from);
        to.close();
      },
    });
  }
}

/** What waits until a connection takes more. */
const drains = new WeakMap<Connection, () => void>();
const setDrain = (connection: Connection, resume: () => void): void => void drains.set(connection, resume);

/** The command of a message. */
export function commandOf(envelope: Uint8Array): string {
  const end = envelope.indexOf(0, COMMAND_START);
  return String.fromCharCode(
    ...envelope.subarray(COMMAND_START, end < 0 ? COMMAND_END : Math.min(end, COMMAND_END)),
  );
}
