/**
 * A node's own time: real until somebody moves or stops it (`setmocktime`, `increasetime`, `freezetime`), and with
 * it whatever waits. Owns how the three kinds of waiting follow; a platform supplies the real clock beneath.
 */
import type { AdjustableClock, Clock, Timekeeper, Timer } from './seams.ts';

interface Task {
  /** Milliseconds of the timeline at which it is due. */
  readonly at: number;
  readonly run: () => void;
  timer: Timer | undefined;
}

/** Monotonic time that can be moved and stopped, and the tasks that wait by it. */
class Timeline {
  readonly #real: Clock;
  readonly #tasks = new Set<Task>();
  #offset = 0;
  #stopped: number | undefined;

  constructor(real: Clock) {
    this.#real = real;
  }

  get isStopped(): boolean {
    return this.#stopped !== undefined;
  }

  elapsed(): number {
    return this.#stopped ?? this.#real.monotonic() + this.#offset;
  }

  schedule(milliseconds: number, run: () => void): Timer {
    const task: Task = { at: this.elapsed() + Math.max(0, milliseconds), run, timer: undefined };
    this.#tasks.add(task);
    this.#arm(task);
    return {
      cancel: () => {
        this.#tasks.delete(task);
        task.timer?.cancel();
      },
    };
  }

  /** What has become due runs soon, in order, each once: nothing happens in between as it would have. */
  move(milliseconds: number): void {
    if (this.#stopped === undefined) this.#offset += milliseconds;
    else this.#stopped += milliseconds;
    this.#armAll();
  }

  stop(): void {
    this.#stopped = this.elapsed();
    this.#armAll();
  }

  resume(): void {
    this.#offset = this.elapsed() - this.#real.monotonic();
    this.#stopped = undefined;
    this.#armAll();
  }

  #armAll(): void {
    for (const task of [...this.#tasks].sort((a, b) => a.at - b.at)) this.#arm(task);
  }

  #arm(task: Task): void {
    task.timer?.cancel();
    const wait = task.at - this.elapsed();
    if (wait > 0 && this.#stopped !== undefined) return;
    task.timer = this.#real.schedule(wait, () => {
      this.#tasks.delete(task);
      task.run();
    });
  }
}

export class NodeClock implements AdjustableClock {
  readonly #real: Clock;
  readonly #node: Timeline;
  readonly #scheduler: Timeline;
  /** Milliseconds by which wall time is ahead of the real one. */
  #ahead = 0;
  #frozenAt: number | undefined;

  constructor(real: Clock) {
    this.#real = real;
    this.#node = new Timeline(real);
    this.#scheduler = new Timeline(real);
  }

  now(): number {
    return this.#frozenAt ?? this.#real.now() + this.#ahead;
  }

  seconds(): number {
    return Math.floor(this.now() / 1000);
  }

  elapsed(): number {
    return this.#node.elapsed();
  }

  monotonic(): number {
    return this.#real.monotonic();
  }

  schedule(milliseconds: number, task: () => void, by: Timekeeper = 'node'): Timer {
    if (by === 'process') return this.#real.schedule(milliseconds, task);
    return (by === 'node' ? this.#node : this.#scheduler).schedule(milliseconds, task);
  }

  yield(): Promise<void> {
    return this.#real.yield();
  }

  get isFrozen(): boolean {
    return this.#frozenAt !== undefined;
  }

  get isMocked(): boolean {
    return this.isFrozen && !this.#scheduler.isStopped;
  }

  setMockTime(seconds: number): void {
    const before = this.now();
    if (seconds === 0) {
      this.resume();
      this.#ahead = 0;
    } else {
      this.#node.stop();
      this.#frozenAt = seconds * 1000;
    }
    this.#node.move(this.now() - before);
  }

  mockScheduler(seconds: number): void {
    this.#scheduler.move(seconds * 1000);
  }

  move(milliseconds: number): void {
    if (this.#frozenAt === undefined) this.#ahead += milliseconds;
    else this.#frozenAt += milliseconds;
    // Back in time nothing is due again, and what waits waits no longer than it would have.
    for (const timeline of [this.#node, this.#scheduler]) timeline.move(Math.max(0, milliseconds));
  }

  freeze(): void {
    this.#frozenAt = this.now();
    for (const timeline of [this.#node, this.#scheduler]) timeline.stop();
  }

  resume(): void {
    this.#ahead = this.now() - this.#real.now();
    this.#frozenAt = undefined;
    for (const timeline of [this.#node, this.#scheduler]) timeline.resume();
  }
}
