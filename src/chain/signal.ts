/** Events go up: a list of listeners, called in order, synchronously. */
export class Signal<T> {
  #listeners = new Set<(event: T) => void>();

  /**
   * @param place `first` hears of it before those who were there already
   * @returns a function that ends the subscription.
   */
  subscribe(listener: (event: T) => void, place: 'first' | 'last' = 'last'): () => void {
    const own = (event: T) => listener(event);
    if (place === 'first') this.#listeners = new Set([own, ...this.#listeners]);
    else this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  emit(event: T): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}
