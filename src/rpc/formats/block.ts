/** Headers and blocks as Bitcoin Core's RPCs show them. */
import type { Chain } from '../../chain/chain.ts';
import type { HeaderEntry } from '../../chain/header-entry.ts';
import { readTransactions } from '../../core/block/block.ts';
import { HEADER_SIZE } from '../../core/block/header.ts';
import { difficultyFromBits, targetFromBits } from '../../core/block/target.ts';
import { readSpentTotals, readUndo } from '../../core/consensus/undo.ts';
import { displayHexEach, toDisplayHex, toHex } from '../../core/encoding/bytes.ts';
import type { JsonText } from '../../core/encoding/json-writer.ts';
import { joinFields } from '../../core/encoding/json-writer.ts';
import type { Reader } from '../../core/encoding/reader.ts';
import { compactSizeLength } from '../../core/encoding/writer.ts';
import { readOutline, type TransactionOutline, txidsOf } from '../../core/transaction/outline.ts';
import { Transaction, WITNESS_SCALE_FACTOR } from '../../core/transaction/transaction.ts';
import type { Clock } from '../../seams.ts';
import { turnsOf } from '../../wallet/turns.ts';
import { LIMITS } from '../limits.ts';
import * as t from '../schema.ts';
import { decodedTransaction, transactionFields } from './transaction.ts';

/** Transactions: as many as are hashed well together, and die young. */
const AT_ONCE = 64;

/** What a block shows of its transactions (verbosity 1, 2 and 3). */
type BlockDetail = 'txids' | 'transactions' | 'prevouts';

export const hex32 = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');

export const workHex = (work: bigint): string => work.toString(16).padStart(64, '0');

/** Blocks from this one to the tip, both counted; -1 off the active chain. */
function confirmationsOf(entry: HeaderEntry, chain: Chain): number {
  return chain.isActive(entry) ? chain.height - entry.height + 1 : -1;
}

/** A target, for the views of what has one. */
export const targetRows = {
  bits: [t.hex('The target, compact'), ({ bits }: Aimed) => hex32(bits)],
  target: [t.hex(), ({ bits }: Aimed) => targetFromBits(bits).target.toString(16).padStart(64, '0')],
  difficulty: [
    t.number('Times the least difficulty there is'),
    ({ bits }: Aimed) => difficultyFromBits(bits),
  ],
} as const;
interface Aimed {
  readonly bits: number;
}
export const target = t.view<[Aimed]>()(targetRows);

export const header = t.view<[entry: HeaderEntry, chain: Chain]>()({
  hash: [t.hex(), ({ hash }) => hash],
  confirmations: [t.integer('Blocks from it to the tip; -1 off the active chain'), confirmationsOf],
  height: [t.integer(), ({ height }) => height],
  version: [t.integer(), (entry) => entry.header.version],
  versionHex: [t.hex(), (entry) => hex32(entry.header.version)],
  merkleroot: [t.hex(), (entry) => toDisplayHex(entry.header.merkleRoot)],
  time: [t.time(), ({ time }) => time],
  mediantime: [t.time('Median of the last eleven blocks'), (entry) => entry.medianTimePast],
  nonce: [t.integer(), (entry) => entry.header.nonce],
  ...targetRows,
  chainwork: [t.hex('Hashes that the chain up to here has taken'), (entry) => workHex(entry.chainWork)],
  nTx: [t.integer(), (entry) => entry.transactionCount],
  previousblockhash: [t.optional(t.hex()), ({ parent }) => parent?.hash],
  nextblockhash: [
    t.optional(t.hex()),
    (entry, chain) => (chain.isActive(entry) ? chain.next(entry)?.hash : undefined),
  ],
});

const coinbase = t.view<[Transaction]>()({
  version: [t.integer(), ({ version }) => version],
  locktime: [t.integer(), ({ lockTime }) => lockTime],
  sequence: [t.integer(), ({ inputs }) => inputs[0]!.sequence],
  coinbase: [t.hex('Its script'), ({ inputs }) => toHex(inputs[0]!.scriptSig)],
  witness: [t.optional(t.hex('Its only item')), ({ inputs }) => inputs[0]!.witness.map(toHex)[0]],
});

/** A block as it is on the disk. */
interface StoredBlock {
  readonly bytes: Uint8Array;
  /** Without it no fees and no spent outputs are shown. */
  readonly undo?: Uint8Array | undefined;
}

export async function blockJson(
  entry: HeaderEntry,
  { bytes, undo }: StoredBlock,
  detail: BlockDetail,
  { chain, clock }: { readonly chain: Chain; readonly clock: Clock },
): Promise<JsonText> {
  const coins = undo && detail === 'prevouts' ? readUndo(undo) : undefined;
  const totals = undo && detail === 'transactions' ? readSpentTotals(undo) : undefined;
  const showWhole = (tx: Transaction): string => {
    const spent = tx.isCoinbase ? {} : { prevouts: coins?.next().value, spent: totals?.next().value };
    return `{${transactionFields(tx, chain.parameters, { ...spent, hex: true })}}`;
  };
  const { first, text, strippedSize } =
    detail === 'txids'
      ? await writeTransactions(
          bytes,
          clock,
          readOutline,
          (some) => `"${displayHexEach(txidsOf(some)).join('","')}"`,
        )
      : await writeTransactions(bytes, clock, Transaction.read, (some) => {
          Transaction.identify(some);
          let shown = '';
          for (const tx of some) shown += `${shown === '' ? '' : ','}${showWhole(tx)}`;
          return flatten(shown);
        });
  const stripped = HEADER_SIZE + compactSizeLength(entry.transactionCount) + strippedSize;
  const fields = {
    ...header.of(entry, chain),
    strippedsize: stripped,
    size: bytes.length,
    weight: stripped * (WITNESS_SCALE_FACTOR - 1) + bytes.length,
    coinbase_tx: coinbase.of(Transaction.decode(first)),
  };
  return joinFields(fields, `"tx":[${text}]`);
}

interface WrittenTransactions {
  /** The coinbase's bytes. */
  readonly first: Uint8Array;
  /** JSON, without brackets. */
  readonly text: string;
  /** Bytes of all without witnesses. */
  readonly strippedSize: number;
}

/**
 * Lets everything else run while it writes a large block. Transactions are read, shown and dropped some at a
 * time: all of them at once outlive the collector's young generation, and that took a fifth of the time.
 */
async function writeTransactions<T extends TransactionOutline>(
  block: Uint8Array,
  clock: Clock,
  read: (reader: Reader) => T,
  show: (some: readonly T[]) => string,
): Promise<WrittenTransactions> {
  let first: Uint8Array | undefined;
  let strippedSize = 0;
  let text = '';
  const rest = turnsOf(clock, LIMITS.turn);
  for (const some of readTransactions(block, AT_ONCE, read)) {
    first ??= some[0]!.bytes;
    for (const each of some) strippedSize += each.strippedSize;
    text += `${text === '' ? '' : ','}${show(some)}`;
    await rest();
  }
  return { first: first!, text, strippedSize };
}

/**
 * A string that was put together is a tree of its pieces until somebody looks into it. As long as it is
 * young its pieces cost nothing; the trees of a whole block took a third of the time of showing it.
 */
function flatten(text: string): string {
  text.charCodeAt(0);
  return text;
}

/** A block whose `tx` holds these. */
export const block = <T extends t.Schema>(transaction: T) =>
  t.object({
    ...header.fields,
    strippedsize: t.integer('Bytes without witnesses'),
    size: t.integer('Bytes'),
    weight: t.integer(),
    coinbase_tx: coinbase,
    tx: t.array(transaction),
  });

export const blockTransaction = t.object(decodedTransaction);
