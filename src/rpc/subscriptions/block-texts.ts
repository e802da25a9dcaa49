/**
 * The transactions of blocks as subscribers are told of them, written once for all who ask for the same. Of a
 * large block it is many pieces: who reads slowly holds none of them, and asks again for the next, which may
 * mean that the block is read again.
 */
import type { Chain } from '../../chain/chain.ts';
import type { HeaderEntry } from '../../chain/header-entry.ts';
import { readTransactions } from '../../core/block/block.ts';
import { readUndo } from '../../core/consensus/undo.ts';
import { displayHexEach, toHex } from '../../core/encoding/bytes.ts';
import type { Coin } from '../../core/transaction/coin.ts';
import { readOutline, txidsOf } from '../../core/transaction/outline.ts';
import { Transaction } from '../../core/transaction/transaction.ts';
import type { Clock } from '../../seams.ts';
import { transactionFields } from '../formats/transaction.ts';
import { requireData } from '../lookup.ts';
import type { Detail } from './event-types.ts';
import type { ScriptFilter } from './script-filter.ts';

/** Text that is sent in one go, or bytes of it that nobody copies. */
export type Piece = string | Uint8Array;

/** Characters of a piece; what is shorter stays text. */
const PIECE = 1 << 16;
/** Characters of all that is kept for who asks next, the newest in any case. */
const KEPT = 1 << 25;
/** Transactions that are read at once. */
const AT_ONCE = 64;
/** Milliseconds after which the writing of a block lets everything else run. */
const TURN = 10;

const encoder = new TextEncoder();

interface Written {
  readonly pieces: Promise<readonly Piece[]>;
  /** Characters; 0 while it is being written. */
  size: number;
}

export class BlockTexts {
  readonly #parts: { readonly chain: Chain; readonly clock: Clock };
  /** Last asked for last. */
  readonly #written = new Map<string, Written>();

  constructor(parts: { readonly chain: Chain; readonly clock: Clock }) {
    this.#parts = parts;
  }

  /**
   * `,"txids":[…]` or `,"transactions":[…]`.
   * @param filterId tells filters apart @throws RpcError if the block is not on the disk
   */
  pieces(
    entry: HeaderEntry,
    detail: Exclude<Detail, 'headers'>,
    filter?: ScriptFilter,
    filterId = '',
  ): Promise<readonly Piece[]> {
    const key = `${entry.hash}:${detail}:${filterId}`;
    let found = this.#written.get(key);
    if (found === undefined) {
      const written: Written = { pieces: this.#write(entry, detail, filter), size: 0 };
      written.pieces.then(
        (pieces) => {
          for (const { length } of pieces) written.size += length;
          this.#forget();
        },
        () => this.#written.delete(key),
      );
      found = written;
    }
    this.#written.delete(key);
    this.#written.set(key, found);
    return found.pieces;
  }

  #forget(): void {
    let total = 0;
    for (const { size } of this.#written.values()) total += size;
    for (const [key, { size }] of this.#written) {
      if (total <= KEPT || this.#written.size === 1) return;
      if (size === 0) continue;
      this.#written.delete(key);
      total -= size;
    }
  }

  async #write(
    entry: HeaderEntry,
    detail: Exclude<Detail, 'headers'>,
    filter?: ScriptFilter,
  ): Promise<readonly Piece[]> {
    const { chain, clock } = this.#parts;
    requireData(chain, entry);
    const bytes = await chain.blocks.readBlockBytes(entry);
    const needsCoins = detail === 'decoded' || filter !== undefined;
    const coins = needsCoins ? readUndo(await chain.blocks.readUndoBytes(entry)) : undefined;
    const show = (tx: Transaction, spent: readonly Coin[]): string | undefined => {
      if (filter?.matches(tx, spent) === false) return undefined;
      return transactionText(tx, detail, chain, spent);
    };
    const each =
      detail === 'txids' && filter === undefined
        ? texts(bytes, readOutline, (some) => displayHexEach(txidsOf(some)).map((txid) => `"${txid}"`))
        : texts(bytes, Transaction.read, (some) => {
            if (detail !== 'hex') Transaction.identify(some);
            return some.map((tx) => show(tx, tx.isCoinbase ? [] : (coins?.next().value ?? [])));
          });
    const pieces: Piece[] = [];
    let text = detail === 'txids' ? ',"txids":[' : ',"transactions":[';
    let comma = '';
    let turn = clock.monotonic();
    for (const some of each) {
      for (const one of some) {
        if (one === undefined) continue;
        text += comma + one;
        comma = ',';
      }
      while (text.length >= PIECE) {
        pieces.push(encoder.encode(text.slice(0, PIECE)));
        text = text.slice(PIECE);
      }
      if (clock.monotonic() - turn < TURN) continue;
      await clock.yield();
      turn = clock.monotonic();
    }
    return [...pieces, `${text}]`];
  }
}

function* texts<T>(
  block: Uint8Array,
  read: Parameters<typeof readTransactions<T>>[2],
  show: (some: readonly T[]) => (string | undefined)[],
): Generator<(string | undefined)[]> {
  for (const some of readTransactions(block, AT_ONCE, read)) yield show(some);
}

/** A transaction as this detail has it. @param spent its coins, which show the fee */
function transactionText(
  tx: Transaction,
  detail: Detail,
  { parameters }: Pick<Chain, 'parameters'>,
  spent: readonly Coin[],
): string {
  if (detail === 'txids') return `"${tx.txid}"`;
  if (detail === 'hex') return `"${toHex(tx.bytes)}"`;
  const total = spent.reduce((sum, { output }) => sum + output.value, 0n);
  return `{${transactionFields(tx, parameters, { ...(!tx.isCoinbase && { spent: total }), hex: true })}}`;
}
