/**
 * What a chain knows at one moment, so that it can be brought back: the tip, and every header with what is known of
 * its block. The blocks themselves stay where they are. Owns the form only.
 *
 * tip hash (32); entries, parents first: order of arrival (i32), and key and value as the block index once had
 * them ('b').
 */
import type { BlockHash } from '../core/block/header.ts';
import { toDisplayHex } from '../core/encoding/bytes.ts';
import { Reader } from '../core/encoding/reader.ts';
import { Writer } from '../core/encoding/writer.ts';
import { HASH_SIZE } from './header-entry.ts';
import type { RememberedEntry } from './header-tree.ts';
import type { ChainParts } from './parts.ts';
import { decodeHeaderRecord, headerKey } from './schema.ts';

export interface RememberedChain {
  readonly tip: BlockHash;
  readonly entries: readonly RememberedEntry[];
}

const KEY_SIZE = 37;

export function remember({ active, tree }: ChainParts): Uint8Array {
  const writer = new Writer(1 << 16).bytes(active.tip.hashBytes);
  for (const entry of tree.entries())
    writer.int32(entry.sequence).bytes(headerKey(entry)).varBytes(entry.row.subarray(HASH_SIZE));
  return writer.finish();
}

/** @throws DecodeError, CorruptionError */
export function decodeRemembered(bytes: Uint8Array): RememberedChain {
  const reader = new Reader(bytes);
  const tip = toDisplayHex(reader.view(32)) as BlockHash;
  const entries: RememberedEntry[] = [];
  while (reader.remaining > 0) {
    const sequence = reader.int32();
    const row = decodeHeaderRecord(reader.view(KEY_SIZE), reader.varBytes());
    entries.push({ hash: toDisplayHex(row.subarray(0, HASH_SIZE)) as BlockHash, sequence, row });
  }
  return { tip, entries };
}
