/** The transactions of a block as JSON shows them, of a large one without holding up everything else. */
import { readTransactions } from '../core/block/block.ts';
import { readSpentTotals, readUndo } from '../core/consensus/undo.ts';
import { displayHexEach } from '../core/encoding/bytes.ts';
import type { Reader } from '../core/encoding/reader.ts';
import type { NetworkParameters } from '../core/parameters/network.ts';
import { readOutline, type TransactionOutline, txidsOf } from '../core/transaction/outline.ts';
import { Transaction } from '../core/transaction/transaction.ts';
import type { Clock } from '../seams.ts';
import { turnsOf } from '../wallet/turns.ts';
import { transactionFields } from './transaction.ts';

/** Transactions: as many as are hashed well together, and die young. */
const AT_ONCE = 64;
/** Milliseconds after which everything else gets its turn. */
const TURN = 10;

/** What a block shows of its transactions (verbosity 1, 2 and 3). */
export type BlockDetail = 'txids' | 'transactions' | 'prevouts';

/** A block as it is on the disk. */
export interface StoredBlock {
  readonly bytes: Uint8Array;
  /** Without it no fees and no spent outputs are shown. */
  readonly undo?: Uint8Array | undefined;
}

interface WrittenTransactions {
  /** The coinbase's bytes. */
  readonly first: Uint8Array;
  /** JSON, without brackets. */
  readonly texts: readonly string[];
  /** Bytes of all without witnesses. */
  readonly strippedSize: number;
}

export function writeTransactions(
  { bytes, undo }: StoredBlock,
  detail: BlockDetail,
  { parameters, clock }: { readonly parameters: NetworkParameters; readonly clock: Clock },
): Promise<WrittenTransactions> {
  if (detail === 'txids')
    return write(bytes, clock, readOutline, (some) => `"${displayHexEach(txidsOf(some)).join('","')}"`);
  const coins = undo && detail === 'prevouts' ? readUndo(undo) : undefined;
  const totals = undo && detail === 'transactions' ? readSpentTotals(undo) : undefined;
  return write(bytes, clock, Transaction.read, (some) => {
    Transaction.identify(some);
    let shown = '';
    for (const tx of some) {
      const spent = tx.isCoinbase ? {} : { prevouts: coins?.next().value, spent: totals?.next().value };
      shown += `${shown === '' ? '' : ','}{${transactionFields(tx, parameters, { ...spent, hex: true })}}`;
    }
    return flatten(shown);
  });
}

/**
 * Transactions are read, shown and dropped some at a time: all of them at once outlive the collector's young
 * generation, and that took a fifth of the time.
 */
async function write<T extends TransactionOutline>(
  block: Uint8Array,
  clock: Clock,
  read: (reader: Reader) => T,
  show: (some: readonly T[]) => string,
): Promise<WrittenTransactions> {
  let first: Uint8Array | undefined;
  let strippedSize = 0;
  const texts: string[] = [];
  const rest = turnsOf(clock, TURN);
  for (const some of readTransactions(block, AT_ONCE, read)) {
    first ??= some[0]!.bytes;
    for (const each of some) strippedSize += each.strippedSize;
    if (texts.length > 0) texts.push(',');
    texts.push(show(some));
    await rest();
  }
  return { first: first!, texts, strippedSize };
}

/**
 * A string that was put together is a tree of its pieces until somebody looks into it. As long as it is
 * young its pieces cost nothing; the trees of a whole block took a third of the time of showing it.
 */
function flatten(text: string): string {
  text.charCodeAt(0);
  return text;
}
