/**
 * What one connection is told: the events of its subscriptions in turn, and answers between them. One writer, so
 * that an event in many pieces is not torn; it writes only while the other side takes what is written.
 */
import { refuse } from '../rpc/kit.ts';
import { LIMITS } from '../rpc/limits.ts';
import type { Piece } from './block-texts.ts';
import type { Topic } from './event-types.ts';
import type { Subscription, Told } from './subscription.ts';

/** Events told before everything else gets its turn. */
const EVENTS_PER_TURN = 64;

/** A connection, as far as it is written to. */
export interface Outlet {
  readonly isOpen: boolean;
  /** Less than a megabyte is on its way. */
  readonly hasRoom: boolean;
  /** Resolves when it has room, or is closed. */
  room(): Promise<void>;
  /** One message may be written in several pieces. */
  write(piece: Piece, isLast: boolean): void;
  close(): void;
}

/** What stands around the fields of an event. */
export interface Framing {
  open(event: { readonly subscription: string; readonly n: number; readonly block?: string }): string;
  readonly close: string;
}

/** Who wakes connections when something happens. */
interface Hub {
  wake(session: Session): void;
  leave(session: Session): void;
  yield(): Promise<void>;
}

/** Among the answers of JSON-RPC. */
export const SOCKET_FRAMING: Framing = {
  open: ({ subscription, n }) =>
    `{"jsonrpc":"2.0","method":"event","params":{"s":"${subscription}","n":${n},`,
  close: '}}',
};

interface Followed {
  readonly subscription: Subscription;
  /** Events told. */
  n: number;
}

export class Session {
  readonly #outlet: Outlet;
  readonly #framing: Framing;
  readonly #subscriptions = new Map<string, Followed>();
  #hub: Hub | undefined;
  #last = 0;
  #isTelling = false;
  /** It has subscriptions whose caller does not know of them yet. */
  #isNew = false;
  #woken = false;
  /** In the middle of a message. */
  #isWriting = false;
  #held: string[] = [];

  constructor(outlet: Outlet, framing: Framing) {
    this.#outlet = outlet;
    this.#framing = framing;
  }

  /** An answer, which does not wait for events. */
  send(text: string): void {
    if (this.#isWriting) this.#held.push(text);
    else this.#outlet.write(text, true);
  }

  /** Answers wait for the end of an event: no more calls should be taken. */
  get isHolding(): boolean {
    return this.#held.length > 0;
  }

  get isEmpty(): boolean {
    return this.#subscriptions.size === 0;
  }

  /** The answer was sent to whoever subscribed: events may follow. */
  begin(): void {
    if (!this.#isNew) return;
    this.#isNew = false;
    this.#hub?.wake(this);
  }

  /** @throws RpcError -8 */
  requireRoom(): void {
    if (!this.#outlet.isOpen) throw refuse.client_not_connected('Connection is closed');
    if (this.#subscriptions.size >= LIMITS.subscriptions)
      throw refuse.parameter(`A connection has ${LIMITS.subscriptions} subscriptions at most`);
  }

  /** Its events begin when the connection is woken. @returns its name @throws RpcError */
  add(subscription: Subscription, hub: Hub): string {
    this.requireRoom();
    const name = `s${++this.#last}`;
    this.#subscriptions.set(name, { subscription, n: 0 });
    this.#hub = hub;
    this.#isNew = true;
    return name;
  }

  /** @returns whether there was one of this name */
  remove(name: string): boolean {
    const removed = this.#subscriptions.delete(name);
    if (this.#subscriptions.size === 0) this.#hub?.leave(this);
    return removed;
  }

  /** The connection is gone. */
  close(): void {
    this.#subscriptions.clear();
    this.#hub?.leave(this);
  }

  /** The node stops, or begins anew: who wants to hear more must come again. */
  end(): void {
    this.close();
    this.#outlet.close();
  }

  /** Whether one of its subscriptions is to be told of one of these topics. */
  concerns(changed: ReadonlySet<Topic>): boolean {
    let isConcerned = false;
    if (changed.size > 0)
      for (const { subscription } of this.#subscriptions.values())
        isConcerned = subscription.touch(changed) || isConcerned;
    return isConcerned;
  }

  *subscriptions(): Iterable<Subscription> {
    for (const { subscription } of this.#subscriptions.values()) yield subscription;
  }

  /** Something happened, or there is room again. */
  async tell(): Promise<void> {
    this.#woken = true;
    if (this.#isTelling || this.#isNew) return;
    this.#isTelling = true;
    let count = 0;
    while (this.#woken) {
      this.#woken = false;
      for (const [name, followed] of this.#subscriptions) {
        if (!this.#outlet.hasRoom) await this.#outlet.room();
        const told = await followed.subscription.next();
        if (told === undefined || !this.#subscriptions.has(name)) continue;
        this.#woken = true;
        await this.#write(name, followed, told);
        if (followed.subscription.isOver) this.remove(name);
        if (++count % EVENTS_PER_TURN === 0) await this.#hub!.yield();
      }
    }
    this.#isTelling = false;
  }

  async #write(name: string, followed: Followed, { text, block, piece }: Told): Promise<void> {
    const event = { subscription: name, n: followed.n + 1, ...(block && { block }) };
    const { close } = this.#framing;
    let waiting: Piece = this.#framing.open(event) + text;
    try {
      for (let i = 0, next: Piece | undefined; piece !== undefined; i++, waiting = next) {
        next = await piece(i);
        if (next === undefined) break;
        // Of most blocks it is one piece, and one frame.
        if (i === 0 && typeof next === 'string') next = `${waiting}${next}`;
        else {
          this.#isWriting = true;
          this.#outlet.write(waiting, false);
          if (!this.#outlet.hasRoom) await this.#outlet.room();
        }
      }
    } catch (error) {
      // What is half said cannot be taken back.
      if (this.#isWriting) this.#outlet.close();
      else followed.subscription.fail(error as Error);
      return;
    }
    followed.n++;
    if (typeof waiting === 'string') waiting += close;
    else this.#outlet.write(waiting, false);
    this.#outlet.write(typeof waiting === 'string' ? waiting : close, true);
    this.#isWriting = false;
    for (const answer of this.#held.splice(0)) this.#outlet.write(answer, true);
  }
}
