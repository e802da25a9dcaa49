/** A Folder in memory that a test can stop at any write, as a kill would, or damage. */
import type { Folder, OpenFile } from '../../../src/platform/browser/storage/folder.ts';

type Tree = Map<string, Tree | { bytes: Uint8Array }>;

/** Thrown by whatever comes after the last step there was to be. */
class Killed extends Error {}

export class MemoryFolder implements Folder {
  readonly #tree: Tree;
  readonly #openFiles = new Set<string>();
  /** Steps that are left; a write that is the last one is done by half. */
  readonly life: { steps: number };

  constructor(life = { steps: Number.POSITIVE_INFINITY }, tree: Tree = new Map()) {
    this.life = life;
    this.#tree = tree;
  }

  /** The same content in another life. */
  again(steps = Number.POSITIVE_INFINITY): MemoryFolder {
    return new MemoryFolder({ steps }, this.#tree);
  }

  copy(): MemoryFolder {
    const copyOf = (tree: Tree): Tree =>
      new Map(
        [...tree].map(([name, each]) => [
          name,
          each instanceof Map ? copyOf(each) : { bytes: each.bytes.slice() },
        ]),
      );
    return new MemoryFolder(undefined, copyOf(this.#tree));
  }

  /** Content of a file, to be damaged. */
  file(...path: readonly string[]): { bytes: Uint8Array } {
    let at: Tree | { bytes: Uint8Array } | undefined = this.#tree;
    for (const name of path) at = (at as Tree).get(name);
    return at as { bytes: Uint8Array };
  }

  #step(): boolean {
    if (this.life.steps < 0) throw new Killed('killed');
    return --this.life.steps >= 0;
  }

  async folder(name: string): Promise<MemoryFolder> {
    const found = this.#tree.get(name) ?? new Map();
    this.#tree.set(name, found);
    return new MemoryFolder(this.life, found as Tree);
  }

  async open(name: string): Promise<OpenFile> {
    if (this.#openFiles.has(name)) throw new Error(`${name} is open already`);
    this.#openFiles.add(name);
    if (!this.#tree.has(name) && !this.#step()) throw new Killed('killed');
    const file = (this.#tree.get(name) ?? { bytes: new Uint8Array() }) as { bytes: Uint8Array };
    this.#tree.set(name, file);
    const resize = (size: number): void => {
      const bytes = new Uint8Array(size);
      bytes.set(file.bytes.subarray(0, size));
      file.bytes = bytes;
    };
    return {
      getSize: () => file.bytes.length,
      read(bytes, { at }) {
        const part = file.bytes.subarray(at, at + bytes.length);
        bytes.set(part);
        return part.length;
      },
      write: (bytes, { at }) => {
        const isDone = this.#step();
        const part = isDone ? bytes : bytes.subarray(0, bytes.length >> 1);
        if (file.bytes.length < at + part.length) resize(at + part.length);
        file.bytes.set(part, at);
        if (!isDone) throw new Killed('killed');
        return bytes.length;
      },
      truncate: (size) => {
        if (!this.#step()) throw new Killed('killed');
        resize(size);
      },
      flush: () => {},
      close: () => this.#openFiles.delete(name),
    };
  }

  async names(): Promise<string[]> {
    return [...this.#tree.keys()].sort();
  }

  async remove(name: string): Promise<void> {
    if (!this.#step()) throw new Killed('killed');
    this.#tree.delete(name);
  }
}
