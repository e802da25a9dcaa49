/**
 * Who stands at the RPC port: how many connections there are, and how fast an address may guess passwords.
 * Owns no password and no HTTP.
 */
import type { Socket } from 'node:net';
import { LIMITS } from '../../../rpc/limits.ts';

export class Visitors {
  /** Connections that have not called yet, by address, oldest first. */
  readonly #strangers = new Map<string, Set<Socket>>();
  /** Connections that were let in. */
  readonly #callers = new Set<Socket>();
  /** Monotonic milliseconds at which the last guess of an address is answered. */
  readonly #answered = new Map<string, number>();
  #open = 0;

  /** A new connection: another may have to go for it. */
  admit(socket: Socket): void {
    const address = addressOf(socket);
    const others = this.#strangers.get(address) ?? new Set();
    this.#strangers.set(address, others.add(socket));
    this.#open++;
    socket.once('close', () => {
      if (this.#callers.delete(socket) || this.#leave(address, socket)) this.#open--;
    });
    if (this.#open > LIMITS.connections) this.#turnOut();
  }

  /** It has the right to call. */
  welcome(socket: Socket): void {
    if (socket.destroyed || this.#callers.has(socket)) return;
    // One that was released is no visitor.
    if (this.#leave(addressOf(socket), socket)) this.#callers.add(socket);
  }

  /** It stays, and is counted elsewhere. */
  release(socket: Socket): void {
    if (this.#callers.delete(socket)) this.#open--;
  }

  /** Whether somebody at this address has just guessed wrong: then what is not known to be right waits as well. */
  isSuspect(socket: Socket): boolean {
    return (this.#answered.get(addressOf(socket)) ?? 0) > performance.now();
  }

  /**
   * Milliseconds until the next guess of this address may be answered, right or wrong: guessing many at once is no
   * faster, nor is hanging up on an answer that does not come at once.
   */
  turn(socket: Socket): number {
    const now = performance.now();
    const address = addressOf(socket);
    if (this.#answered.size >= LIMITS.guessers)
      for (const [other, at] of this.#answered) if (at <= now) this.#answered.delete(other);
    const last = Math.max(now, this.#answered.get(address) ?? 0);
    const next = Math.min(last + LIMITS.guess, now + LIMITS.longestWait);
    this.#answered.set(address, next);
    return next - now;
  }

  /** Whether it was one of them. */
  #leave(address: string, socket: Socket): boolean {
    const others = this.#strangers.get(address);
    const left = others?.delete(socket) ?? false;
    if (others?.size === 0) this.#strangers.delete(address);
    return left;
  }

  #turnOut(): void {
    let most: ReadonlySet<Socket> = new Set();
    for (const sockets of this.#strangers.values()) if (sockets.size > most.size) most = sockets;
    // The newest is one of them, and has its chance: if all others were let in, one of those goes.
    const [oldest] = this.#open - this.#callers.size > 1 ? most : this.#callers;
    oldest?.destroy();
  }
}

function addressOf(socket: Socket): string {
  return socket.remoteAddress ?? '';
}
