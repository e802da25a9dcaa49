/** The files given to `penny import` and -loadblock: opened before any work, and described when there is no block in them. */
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FRAME_SIZE } from '../../../chain/block-store.ts';
import type { Chain } from '../../../chain/chain.ts';
import { importBlocks } from '../../../chain/import.ts';
import type { SourceFindings } from '../../../chain/record-reader.ts';
import { HEADER_SIZE } from '../../../core/block/header.ts';
import { MAX_BLOCK_WEIGHT } from '../../../core/consensus/limits.ts';
import { toHex } from '../../../core/encoding/bytes.ts';
import type { NetworkParameters } from '../../../core/parameters/network.ts';
import { MAIN, REGTEST } from '../../../core/parameters/presets.ts';
import type { Logger } from '../../../seams.ts';
import { KEY_FILE } from '../storage/block-mask.ts';
import { FileSource } from '../storage/file-source.ts';
import { FileError } from '../storage/new-file.ts';
import { DEFAULT_NETWORK_FILE, readNetworkFile } from './configuration.ts';
import { UsageError } from './usage-error.ts';

/** @throws UsageError, FileError if one of them cannot hold blocks */
export async function openBlockFiles(paths: readonly string[]): Promise<FileSource[]> {
  const sources: FileSource[] = [];
  for (const path of paths) {
    try {
      const status = await stat(path);
      if (status.isDirectory())
        throw new UsageError(`${path} is a directory: name the files in it (blk00000.dat)`);
      if (!status.isFile()) throw new UsageError(`${path} is no file that can be read at any place`);
      if (status.size === 0) throw new UsageError(`${path} is empty`);
      sources.push(await FileSource.open(path));
    } catch (error) {
      throw error instanceof UsageError ? error : new FileError(path, 'cannot be read', error);
    }
  }
  return sources;
}

/** For -loadblock: what cannot be read or taken in is told in the log, and keeps no node from starting. */
export async function loadBlocks(
  chain: Chain,
  paths: readonly string[],
  { logger, signal }: { readonly logger: Logger; readonly signal: AbortSignal },
): Promise<void> {
  for (const path of paths) {
    try {
      const [source] = await openBlockFiles([path]);
      const { accepted, refused, orphans } = await importBlocks(chain, [source!], {
        onProgress: () => {},
        isCancelled: () => signal.aborted,
      });
      await source!.close();
      const rest = `${refused} refused, ${orphans} without a parent`;
      logger.log('info', 'init', `${path}: ${accepted} blocks imported, ${rest}`);
    } catch (error) {
      if (!(error instanceof UsageError || error instanceof FileError)) throw error;
      logger.log('warn', 'init', `Could not open blocks file ${path}: ${error.message}`);
    }
  }
}

/** Why there is no block of a network in a file that is not empty. */
export async function describeRubbish(
  source: FileSource,
  { magic, name }: NetworkParameters,
): Promise<string> {
  const none = `${source.name} has no block of the network "${name}" (magic ${toHex(magic)})`;
  const head = await source.read(0, Math.min(source.size, FRAME_SIZE + HEADER_SIZE));
  const found = toHex(head.subarray(0, magic.length));
  const known = [MAIN, REGTEST, readNetworkFile(DEFAULT_NETWORK_FILE)].find(
    (parameters) => toHex(parameters.magic) === found,
  );
  if (found !== toHex(magic)) {
    if (known !== undefined) return `${none}: its blocks are of "${known.name}" (magic ${found})`;
    if (existsSync(join(dirname(source.name), KEY_FILE)))
      return `${none}: beside it lies ${KEY_FILE}, by which block files (blk00000.dat) are read`;
    if (await isFramed(source, head)) return `${none}: its blocks are of another network (magic ${found})`;
  }
  return `${none}: it is no file in the blk format, or a damaged one`;
}

/** A length that ends where the file does, or where the next record begins. */
async function isFramed(source: FileSource, head: Uint8Array): Promise<boolean> {
  if (head.length < FRAME_SIZE + HEADER_SIZE) return false;
  const size = new DataView(head.buffer, head.byteOffset).getUint32(4, true);
  const end = FRAME_SIZE + size;
  if (size < HEADER_SIZE || size > MAX_BLOCK_WEIGHT || end > source.size) return false;
  const next = await source.read(end, Math.min(4, source.size - end));
  return next.every((byte, i) => byte === head[i]);
}

/** Where bytes of a file are that are no blocks. */
export function describeGaps({ name, skipped, gaps }: SourceFindings): string {
  const named = gaps.map(({ offset, size }) => `${size} at ${offset}`).join(', ');
  const all = gaps.reduce((sum, { size }) => sum + size, 0) === skipped;
  return `${name}: ${skipped} bytes are no blocks and were passed over: ${named}${all ? '' : ', and more'}`;
}
