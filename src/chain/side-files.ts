/**
 * Small files that a node can do without, and their check values. Binary ones have theirs behind the content, where
 * Bitcoin Core does not look; JSON has a field `checksum`, which who edits a file by hand leaves out. Files of before
 * have neither.
 */
import { concatBytes, latin1, toHex, utf8 } from '../core/encoding/bytes.ts';
import { crc32c } from '../core/encoding/crc32c.ts';
import { DecodeError } from '../core/encoding/errors.ts';
import { Writer } from '../core/encoding/writer.ts';
import type { Logger } from '../seams.ts';
import { CorruptionError, DiskError, damaged, type Storage } from './storage.ts';

/** Before the CRC-32C at the end. */
const TAG = 'crc:';
const TRAILER = 8;

const checksum = (bytes: Uint8Array): Uint8Array => new Writer(4).uint32(crc32c(bytes)).finish();

/** The content with its check value. */
export function sealed(content: Uint8Array): Uint8Array {
  return concatBytes(content, utf8(TAG), checksum(content));
}

/** The content. @throws CorruptionError if it is not what was sealed */
export function unsealed(name: string, bytes: Uint8Array): Uint8Array {
  const end = bytes.length - TRAILER;
  if (end < 0 || latin1(bytes.subarray(end, end + 4)) !== TAG) return bytes;
  const content = bytes.subarray(0, end);
  if (latin1(checksum(content)) !== latin1(bytes.subarray(end + 4)))
    throw damaged({ name }, 'its checksum does not fit');
  return content;
}

export function sealedJson(content: object): Uint8Array {
  const sum = toHex(checksum(utf8(JSON.stringify(content))));
  return utf8(`${JSON.stringify({ ...content, checksum: sum }, null, 2)}\n`);
}

/** The content. @throws CorruptionError if it is no JSON object, or not what was sealed */
export function unsealedJson(name: string, bytes: Uint8Array): Record<string, unknown> {
  const { checksum: sum, ...content } = parseObject(name, bytes);
  if (sum !== undefined && sum !== toHex(checksum(utf8(JSON.stringify(content)))))
    throw damaged({ name }, 'its checksum does not fit; who edits it by hand leaves that out');
  return content;
}

function parseObject(name: string, bytes: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {
    // Told below, with the same words as for any other thing that is not an object.
  }
  throw damaged({ name }, 'it is not a JSON object');
}

/**
 * Reads one, with or without a check value: what is wrong with it is named, and for the next save to mend.
 * @returns whether it was there and used
 */
export async function loadSideFile(
  { storage, logger }: { readonly storage: Storage; readonly logger: Logger },
  category: string,
  name: string,
  use: (bytes: Uint8Array) => unknown,
): Promise<boolean> {
  let isRead = false;
  try {
    const bytes = await storage.readBlob(name);
    isRead = true;
    if (bytes !== undefined) await use(bytes);
    return bytes !== undefined;
  } catch (error) {
    const isContent = error instanceof DecodeError || error instanceof CorruptionError;
    if (!isContent && (isRead || !(error instanceof DiskError))) throw error;
    logger.log('warn', category, `${name} cannot be read (${(error as Error).message}); starting without it`);
    return false;
  }
}

/**
 * Writes one: a failure is named, and is for the next save to mend.
 * @returns whether it was written
 */
export async function saveSideFile(
  { storage, logger }: { readonly storage: Storage; readonly logger: Logger },
  name: string,
  bytes: Uint8Array,
): Promise<boolean> {
  try {
    await storage.writeBlob(name, bytes);
    return true;
  } catch (error) {
    logger.log('warn', 'storage', `${name} could not be saved: ${(error as Error).message}`);
    return false;
  }
}
