/**
 * A clock that stands still until it is told to go on: tasks run in order of their time, and between two of
 * them everything that was promised happens first. So a run depends on nothing but its inputs.
 */
import { SystemClock } from '../platform/node/clock.ts';
import type { Clock, Timer } from '../seams.ts';

interface Task {
  readonly at: number;
  /** Tasks of one time run in the order in which they were scheduled. */
  readonly order: number;
  run: (() => void) | undefined;
}

export class VirtualClock implements Clock {
  #start: number;
  readonly #eventLoop = new SystemClock();
  #time = 0;
  #order = 0;
  /** A binary heap, earliest first. */
  readonly #heap: Task[] = [];

  /** @param start wall time in milliseconds since the epoch at which it begins */
  constructor(start: number) {
    this.#start = start;
  }

  now(): number {
    return this.#start + this.#time;
  }

  seconds(): number {
    return Math.floor(this.now() / 1000);
  }

  elapsed(): number {
    return this.#time;
  }

  monotonic(): number {
    return this.#time;
  }

  /** Sets the wall time, in milliseconds since the epoch; what waits goes on waiting. */
  setNow(now: number): void {
    this.#start = now - this.#time;
  }

  schedule(milliseconds: number, run: () => void): Timer {
    const task: Task = { at: this.#time + Math.max(0, milliseconds), order: this.#order++, run };
    this.#push(task);
    return {
      cancel: () => {
        task.run = undefined;
      },
    };
  }

  yield(): Promise<void> {
    return new Promise((resolve) => this.schedule(0, resolve));
  }

  /**
   * Runs what is due in the next `milliseconds`, and what follows from it; less where the condition holds sooner.
   * True if it held.
   */
  async advance(milliseconds: number, condition: () => boolean = () => false): Promise<boolean> {
    const end = this.#time + milliseconds;
    const held = await this.runUntil(condition, end);
    if (!held) this.#time = Math.max(this.#time, end);
    return held;
  }

  /** Runs until the condition holds, asked after every task, or the time is over. True if it held. */
  async runUntil(condition: () => boolean, end: number): Promise<boolean> {
    await this.#settle();
    for (;;) {
      if (condition()) return true;
      const task = this.#heap[0];
      if (task === undefined || task.at > end) return false;
      this.#pop();
      if (task.run === undefined) continue;
      this.#time = Math.max(this.#time, task.at);
      task.run();
      await this.#settle();
    }
  }

  /** What a promise that needs the time to go on comes to. */
  async complete<T>(promise: Promise<T>): Promise<T> {
    let done = false;
    const watched = promise.finally(() => {
      done = true;
    });
    watched.catch(() => {});
    await this.runUntil(() => done, Number.POSITIVE_INFINITY);
    return watched;
  }

  /** The event loop's next turn comes only when no promise has anything left to do. */
  #settle(): Promise<void> {
    return this.#eventLoop.yield();
  }

  #push(task: Task): void {
    const heap = this.#heap;
    let at = heap.push(task) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(task, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = task;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(a: Task, b: Task): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
