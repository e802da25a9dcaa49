/**
 * What goes between a node in a tab, which has no files, and its page, which lets its user choose and save some: kept in
 * memory by name for the moment in between. Backups of wallets are such.
 */
import type { WalletStorage } from '../../wallet/storage.ts';

/** Of the paths by which the page asks: what stands behind it is the name. */
export const FILE_PATH = '/file/';
/** Files kept, the last ones. */
const KEPT = 4;

export class TabFiles implements Pick<WalletStorage, 'writeBackup' | 'readBackup'> {
  readonly #files = new Map<string, Uint8Array>();

  async writeBackup(name: string, bytes: Uint8Array): Promise<void> {
    this.#files.delete(name);
    this.#files.set(name, bytes);
    const [oldest] = this.#files.keys();
    if (this.#files.size > KEPT) this.#files.delete(oldest!);
  }

  async readBackup(name: string): Promise<Uint8Array | undefined> {
    return this.#files.get(name);
  }

  /** Answers the page: hands over what it brings in base64, or with nothing what it asks for, which is forgotten then. */
  answer(name: string, body: string): string | undefined {
    if (body !== '') {
      void this.writeBackup(
        name,
        Uint8Array.from(atob(body), (letter) => letter.charCodeAt(0)),
      );
      return '';
    }
    const bytes = this.#files.get(name);
    this.#files.delete(name);
    return bytes && btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  }
}
