/**
 * The transactions of blocks as subscribers are told of them, written once for all who ask for the same. Of a
 * large block it is many pieces: who reads slowly holds none of them, and asks again for the next, which may
 * mean that the block is read again.
 */
import type { Chain } from '../chain/chain.ts';
import type { BlockEvent } from '../chain/events.ts';
import type { HeaderEntry } from '../chain/header-entry.ts';
import { readTransactions } from '../core/block/block.ts';
import { type BlockUndo, readUndo } from '../core/consensus/undo.ts';
import { displayHexEach, latin1, toHex } from '../core/encoding/bytes.ts';
import { type JsonWritable, writeJson } from '../core/encoding/json-writer.ts';
import type { NetworkParameters } from '../core/parameters/network.ts';
import type { Coin } from '../core/transaction/coin.ts';
import { readOutline, txidsOf } from '../core/transaction/outline.ts';
import { Transaction } from '../core/transaction/transaction.ts';
import { transactionFields } from '../formats/transaction.ts';
import { requireData } from '../rpc/lookup.ts';
import type { Clock } from '../seams.ts';
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

interface BlockScripts {
  readonly transactions: readonly Transaction[];
  /** What each spends, the coinbase left out. */
  readonly coins: BlockUndo;
  /** In which transactions a script is paid to or spent from, by place in the block. */
  readonly byScript: ReadonlyMap<string, readonly number[]>;
}

export class BlockTexts {
  readonly #parts: { readonly chain: Chain; readonly clock: Clock };
  /** The last that was connected: what it holds is known already. */
  #latest: BlockEvent | undefined;
  /** Last asked for last. */
  readonly #written = new Map<string, Written>();
  /** Of the block that was told of last. */
  #short: { readonly entry?: HeaderEntry; readonly texts: Record<string, string> } = { texts: {} };
  /** Of the last blocks that were filtered, two at most. */
  readonly #scripts = new Map<HeaderEntry, Promise<BlockScripts>>();

  constructor(parts: { readonly chain: Chain; readonly clock: Clock }) {
    this.#parts = parts;
  }

  connected(event: BlockEvent): void {
    this.#latest = event;
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

  /** The fields of the event that a block joined the chain, as far as they are short. */
  joined(entry: HeaderEntry, detail: Detail): string {
    const full = detail === 'headers' || detail === 'hex';
    return this.#fields(entry, full ? 'full' : 'joined', () => ({
      type: 'connected',
      block: { ...blockJson(entry), ...(full && { header: toHex(entry.headerBytes) }) },
    }));
  }

  left(entry: HeaderEntry): string {
    return this.#fields(entry, 'left', () => ({ type: 'disconnected', block: blockJson(entry) }));
  }

  #fields(
    entry: HeaderEntry,
    kind: 'joined' | 'full' | 'left',
    make: () => { readonly [key: string]: JsonWritable },
  ): string {
    if (this.#short.entry !== entry) this.#short = { entry, texts: {} };
    const { texts } = this.#short;
    texts[kind] ??= writeJson({ topic: 'chain', ...make() }).slice(1, -1);
    return texts[kind];
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
    const each = await (filter === undefined
      ? this.#all(entry, detail)
      : this.#matching(entry, detail, filter));
    const pieces: Piece[] = [];
    let text = detail === 'txids' ? ',"txids":[' : ',"transactions":[';
    let comma = '';
    let turn = clock.monotonic();
    for (const some of each) {
      for (const one of some) {
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

  async #all(entry: HeaderEntry, detail: Detail): Promise<Iterable<readonly string[]>> {
    const { blocks, parameters } = this.#parts.chain;
    if (detail === 'txids' && this.#latest?.entry === entry)
      return [this.#latest.block.transactions.map(({ txid }) => `"${txid}"`)];
    const bytes = await blocks.readBlockBytes(entry);
    if (detail === 'txids')
      return texts(bytes, readOutline, (some) => displayHexEach(txidsOf(some)).map((txid) => `"${txid}"`));
    if (detail === 'hex')
      return texts(bytes, readOutline, (some) => some.map((tx) => `"${toHex(tx.bytes)}"`));
    const coins = readUndo(await blocks.readUndoBytes(entry));
    return texts(bytes, Transaction.read, (some) => {
      Transaction.identify(some);
      return some.map((tx) => decoded(tx, tx.isCoinbase ? [] : coins.next().value!, parameters));
    });
  }

  async #matching(
    entry: HeaderEntry,
    detail: Detail,
    filter: ScriptFilter,
  ): Promise<Iterable<readonly string[]>> {
    const { parameters } = this.#parts.chain;
    const { transactions, coins, byScript } = await this.#scriptsOf(entry);
    const found = filter.select(byScript).map((at): readonly [Transaction, readonly Coin[]] => {
      const tx = transactions[at]!;
      return [tx, at === 0 ? [] : coins[at - 1]!];
    });
    if (detail === 'txids') return [found.map(([tx]) => `"${tx.txid}"`)];
    if (detail === 'hex') return [found.map(([tx]) => `"${toHex(tx.bytes)}"`)];
    return [found.map(([tx, spent]) => decoded(tx, spent, parameters))];
  }

  /** A block is read once for all who filter it. */
  #scriptsOf(entry: HeaderEntry): Promise<BlockScripts> {
    const found = this.#scripts.get(entry) ?? readScripts(entry, this.#parts);
    if (this.#scripts.size > 1) this.#scripts.clear();
    this.#scripts.set(entry, found);
    found.catch(() => this.#scripts.delete(entry));
    return found;
  }
}

async function readScripts(
  entry: HeaderEntry,
  { chain, clock }: { readonly chain: Chain; readonly clock: Clock },
): Promise<BlockScripts> {
  const { transactions } = await chain.blocks.readBlock(entry);
  const coins = await chain.blocks.readUndo(entry);
  const byScript = new Map<string, number[]>();
  let turn = clock.monotonic();
  for (const [at, { outputs }] of transactions.entries()) {
    const spent = at === 0 ? [] : coins[at - 1]!.map(({ output }) => output);
    for (const { scriptPubKey } of [...outputs, ...spent]) {
      const key = latin1(scriptPubKey);
      const places = byScript.get(key);
      if (places === undefined) byScript.set(key, [at]);
      else if (places.at(-1) !== at) places.push(at);
    }
    if (clock.monotonic() - turn < TURN) continue;
    await clock.yield();
    turn = clock.monotonic();
  }
  return { transactions, coins, byScript };
}

function* texts<T>(
  block: Uint8Array,
  read: Parameters<typeof readTransactions<T>>[2],
  show: (some: readonly T[]) => string[],
): Generator<string[]> {
  for (const some of readTransactions(block, AT_ONCE, read)) yield show(some);
}

/** As getblock shows it with verbosity 2. @param spent its coins, which show the fee */
function decoded(tx: Transaction, spent: readonly Coin[], parameters: NetworkParameters): string {
  const total = spent.reduce((sum, { output }) => sum + output.value, 0n);
  return `{${transactionFields(tx, parameters, { ...(!tx.isCoinbase && { spent: total }), hex: true })}}`;
}

const blockJson = ({ hash, height, parent, time }: HeaderEntry) => ({
  hash,
  height,
  previousblockhash: parent?.hash,
  time,
});
