/** Events go up: a list of listeners, called in order, synchronously. */
export class Signal<T> {
  readonly #listeners = new Set<(event: T) => void>();

  /** @returns a function that ends the subscription. */
  subscribe(listener: (event: T) => void): () => void {
    const own = (event: T) => listener(event);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  emit(event: T): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}
