/** The chain has one writer: tasks run one after the other, until one fails in a way that is no verdict. */
/** The block that a request names is not there, or nothing of the kind can be done with it. */
export class BlockRequestError extends Error {
  override readonly name = 'BlockRequestError';
}

export class WriterQueue {
  readonly #onFailure: (error: Error) => void;
  #end: Promise<unknown> = Promise.resolve();
  #halted: Error | undefined;

  /** @param onFailure is told of the bug or failing disk that ended the queue, once. */
  constructor(onFailure: (error: Error) => void) {
    this.#onFailure = onFailure;
  }

  /** Why nothing is written any more. */
  get halted(): Error | undefined {
    return this.#halted;
  }

  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#end.then(async () => {
      if (this.#halted !== undefined) throw this.#halted;
      try {
        return await task();
      } catch (error) {
        // Requests that cannot be met are the caller's trouble, not the chain's.
        if (!(error instanceof BlockRequestError)) this.#fail(error as Error);
        throw error;
      }
    });
    this.#end = result.catch(() => {});
    return result;
  }

  /** For a task whose failure nobody waits for: `onFailure` hears of it. */
  runInBackground(task: () => Promise<void>): void {
    this.run(task).catch(() => {});
  }

  #fail(error: Error): void {
    if (this.#halted !== undefined) return;
    this.#halted = error;
    this.#onFailure(error);
  }

  /** Lets what is queued end, and takes nothing more. */
  async close(): Promise<void> {
    this.#halted ??= new Error('the chain is closed');
    await this.#end;
  }
}
