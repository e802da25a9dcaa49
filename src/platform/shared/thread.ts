/** A worker thread as pools use it, whatever a platform's threads are. Types only. */

export interface Thread {
  /** Copied, but for shared memory. */
  post(message: unknown): void;
  /** Whether it keeps the process from ending; at first it does not. */
  hold(isHeld: boolean): void;
  /** Lets it finish what it is at, and ends it. */
  close(): Promise<void>;
}

interface ThreadEvents<Answer> {
  message(answer: Answer): void;
  /** It has died. */
  failed(error: Error): void;
}

/** Starts a thread that answers each message with one. */
export type StartThread<Setup, Answer> = (setup: Setup, events: ThreadEvents<Answer>) => Thread;
