/** A WebSocket that tells when it opens and closes: the client that uses it connects again by itself. */
export abstract class Watched extends WebSocket {
  constructor(url: string, protocols: string[]) {
    super(url, protocols);
    this.addEventListener('open', () => this.told(true));
    this.addEventListener('close', () => this.told(false));
  }

  abstract told(isOpen: boolean): void;
}
