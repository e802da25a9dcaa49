/**
 * What an address was paid and has spent, a page at a time: first what the index has, and after it what waits in the
 * mempool. A cursor is the last place that was told in the chain and the last in the mempool, so that it outlives new
 * blocks; what a reorganisation made wrong is refused.
 */
import type { Chain } from '../chain/chain.ts';
import type { BlockHash } from '../core/block/header.ts';
import { fromHex, latin1, toHex } from '../core/encoding/bytes.ts';
import type { MempoolEntry } from '../mempool/entry.ts';
import type { Mempool } from '../mempool/mempool.ts';
import type { AddressIndex } from './address-index.ts';

/** Blocks that an index reads in a moment. */
const SOON = 100;
const CURSOR = /^([0-9a-f]{64})-((?:[0-9a-f]{2}){4,40})-([0-9a-f]{0,72})$/;

interface AddressSources {
  readonly chain: Chain;
  readonly mempool: Mempool;
  readonly index: AddressIndex;
}

/** Where a page ended: the index's place and its block, and the key of what waits. */
export interface Cursor {
  readonly place: Uint8Array;
  readonly waiting: string;
}

interface Page<C, W> {
  readonly confirmed: readonly C[];
  readonly waiting: readonly W[];
}

/** No page can be had. */
export class PageError extends Error {
  override readonly name = 'PageError';
  /** Else it is too early. */
  readonly isOfCursor: boolean;

  constructor(message: string, isOfCursor: boolean) {
    super(message);
    this.isOfCursor = isOfCursor;
  }
}

function readCursor(text: string | undefined, chain: Chain): Cursor {
  if (text === undefined) return { place: new Uint8Array(4), waiting: '' };
  const [, hash, place, waiting] = CURSOR.exec(text) ?? [];
  const entry = hash === undefined ? undefined : chain.entry(hash as BlockHash);
  if (entry === undefined || Number.parseInt(place!.slice(0, 8), 16) !== entry.height)
    throw new PageError('Invalid cursor', true);
  if (!chain.isActive(entry))
    throw new PageError('The block of the cursor is not in the chain any more: start anew', true);
  return { place: fromHex(place!), waiting: waiting! };
}

/** Reads chain and mempool until neither moved under it. @throws PageError also of an index that was never at the tip */
export async function consistent<T>(
  { chain, mempool, index }: AddressSources,
  cursor: string | undefined,
  read: (after: Cursor) => Promise<T>,
): Promise<T> {
  for (;;) {
    const { isCatchingUp, height } = index.follower;
    if (isCatchingUp && height < chain.height - SOON)
      throw new PageError(`The address index is syncing. Current height: ${height}`, false);
    await index.synchronize();
    // Nor is it to tell of blocks that have left the chain.
    await index.follower.arrived();
    await mempool.settled();
    const { tip } = chain;
    const answer = await read(readCursor(cursor, chain));
    if (chain.tip === tip) return answer;
  }
}

/** One page of both: as many as were asked for. @param read is asked for one more, if there is */
export function pageOf<C extends { readonly place: Uint8Array }, W extends { readonly key: string }>(
  sources: AddressSources,
  { count, cursor }: { readonly count: number; readonly cursor: string | undefined },
  read: (after: Cursor, limit: number) => Promise<Page<C, W>>,
) {
  const { chain } = sources;
  return consistent(sources, cursor, async (after) => {
    const page = await read(after, count + 1);
    const confirmed = page.confirmed.slice(0, count);
    const behind = page.waiting.filter(({ key }) => key > after.waiting);
    const waiting = behind.sort((a, b) => (a.key < b.key ? -1 : 1)).slice(0, count - confirmed.length);
    const place = confirmed.at(-1)?.place ?? after.place;
    const { hash } = chain.entryAt(new DataView(place.buffer, place.byteOffset).getUint32(0))!;
    const more = page.confirmed.length + behind.length > confirmed.length + waiting.length;
    // What waits is told again from the last page on: it is not settled yet.
    const key = more ? (waiting.at(-1)?.key ?? after.waiting) : '';
    const end = { cursor: `${hash}-${toHex(place)}-${key}`, more, bestblock: chain.tip.hash };
    return { confirmed, waiting, end };
  });
}

/** What waiting transactions pay to scripts and none of them spends. */
export function waitingCoins(
  scripts: readonly Uint8Array[],
  moved: Iterable<MempoolEntry>,
  mempool: Mempool,
) {
  const wanted = new Set(scripts.map(latin1));
  return [...moved].flatMap(({ tx, txid }) =>
    tx.outputs.flatMap(({ scriptPubKey, value }, vout) => {
      const spent = mempool.graph.spender({ txid: tx.txidBytes, vout }) !== undefined;
      if (spent || !wanted.has(latin1(scriptPubKey))) return [];
      return [{ key: `${txid}${vout.toString(16).padStart(8, '0')}`, txid, vout, value }];
    }),
  );
}
