/** BlockFiles in memory. What was appended is kept in the pieces in which it came. */
import { BLOCK_FILE_KINDS, type BlockFileKind, type BlockFiles } from '../../chain/block-files.ts';
import { concatBytes } from '../../core/encoding/bytes.ts';

interface MemoryFile {
  readonly pieces: { readonly start: number; readonly bytes: Uint8Array }[];
  size: number;
}

export class MemoryBlockFiles implements BlockFiles {
  readonly #files = { blk: new Map<number, MemoryFile>(), rev: new Map<number, MemoryFile>() };

  /** The same content, which goes its own way from now on. */
  copy(): MemoryBlockFiles {
    const made = new MemoryBlockFiles();
    for (const kind of BLOCK_FILE_KINDS)
      for (const [number, { pieces, size }] of this.#files[kind])
        made.#files[kind].set(number, { pieces: [...pieces], size });
    return made;
  }

  async list(): Promise<number[]> {
    return [...this.#files.blk.keys()].sort((a, b) => a - b);
  }

  async size(kind: BlockFileKind, file: number): Promise<number> {
    return this.#files[kind].get(file)?.size ?? 0;
  }

  async append(kind: BlockFileKind, file: number, parts: readonly Uint8Array[]): Promise<number> {
    const bytes = concatBytes(...parts);
    const target = this.#files[kind].get(file) ?? { pieces: [], size: 0 };
    this.#files[kind].set(file, target);
    const start = target.size;
    target.pieces.push({ start, bytes });
    target.size += bytes.length;
    return start;
  }

  async read(kind: BlockFileKind, file: number, offset: number, length: number): Promise<Uint8Array> {
    const source = this.#files[kind].get(file);
    if (source === undefined || offset + length > source.size)
      throw new Error(`${kind} file ${file} is too short`);
    const { pieces } = source;
    let low = 0;
    let high = pieces.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (pieces[middle]!.start <= offset) low = middle;
      else high = middle - 1;
    }
    const found: Uint8Array[] = [];
    for (let at = offset, i = low; at < offset + length; i++) {
      const { start, bytes } = pieces[i]!;
      const part = bytes.subarray(at - start, offset + length - start);
      found.push(part);
      at += part.length;
    }
    return found.length === 1 ? found[0]! : concatBytes(...found);
  }

  async sync(): Promise<void> {}

  async truncate(kind: BlockFileKind, file: number, length: number): Promise<void> {
    const target = this.#files[kind].get(file);
    if (target === undefined || target.size <= length) return;
    const pieces = target.pieces.filter(({ start }) => start < length);
    const last = pieces.pop();
    if (last !== undefined) pieces.push({ ...last, bytes: last.bytes.slice(0, length - last.start) });
    this.#files[kind].set(file, { pieces, size: length });
  }

  async remove(kind: BlockFileKind, file: number): Promise<void> {
    this.#files[kind].delete(file);
  }

  async close(): Promise<void> {}
}
