/** Headers and blocks as Bitcoin Core's RPCs show them. */
import type { Chain } from '../../chain/chain.ts';
import type { HeaderEntry } from '../../chain/header-entry.ts';
import { readTransactions } from '../../core/block/block.ts';
import { HEADER_SIZE } from '../../core/block/header.ts';
import { difficultyFromBits, targetFromBits } from '../../core/block/target.ts';
import { readSpentTotals, readUndo } from '../../core/consensus/undo.ts';
import { toDisplayHex, toHex } from '../../core/encoding/bytes.ts';
import type { Reader } from '../../core/encoding/reader.ts';
import { compactSizeLength } from '../../core/encoding/writer.ts';
import { readOutline, type TransactionOutline, txidsOf } from '../../core/transaction/outline.ts';
import { Transaction, WITNESS_SCALE_FACTOR } from '../../core/transaction/transaction.ts';
import type { Clock } from '../../seams.ts';
import type { JsonWritable } from '../json.ts';
import { joinFields } from '../json-writer.ts';
import { type Result, result } from '../result.ts';
import { transactionFields, transactionResult } from './transaction.ts';

/** Milliseconds after which the writing of a block lets everything else run. */
const TURN = 10;
/** Transactions: as many as are hashed well together, and die young. */
const AT_ONCE = 64;

/** What a block shows of its transactions (verbosity 1, 2 and 3). */
type BlockDetail = 'txids' | 'transactions' | 'prevouts';

/** `bits` and `target`, as several methods show them. */
export function targetJson(bits: number): { readonly bits: string; readonly target: string } {
  return { bits: hex32(bits), target: targetFromBits(bits).target.toString(16).padStart(64, '0') };
}

export const hex32 = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');

export const workHex = (work: bigint): string => work.toString(16).padStart(64, '0');

/** Blocks from this one to the tip, both counted; -1 off the active chain. */
function confirmationsOf(entry: HeaderEntry, chain: Chain): number {
  return chain.isActive(entry) ? chain.height - entry.height + 1 : -1;
}

export function headerJson(entry: HeaderEntry, chain: Chain): { readonly [key: string]: JsonWritable } {
  const { header } = entry;
  return {
    hash: entry.hash,
    confirmations: confirmationsOf(entry, chain),
    height: entry.height,
    version: header.version,
    versionHex: hex32(header.version),
    merkleroot: toDisplayHex(header.merkleRoot),
    time: header.time,
    mediantime: entry.medianTimePast,
    nonce: header.nonce,
    ...targetJson(header.bits),
    difficulty: difficultyFromBits(header.bits),
    chainwork: workHex(entry.chainWork),
    nTx: entry.transactionCount,
    previousblockhash: entry.parent?.hash,
    nextblockhash: chain.isActive(entry) ? chain.next(entry)?.hash : undefined,
  };
}

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
): Promise<JsonWritable> {
  const coins = undo && detail === 'prevouts' ? readUndo(undo) : undefined;
  const totals = undo && detail === 'transactions' ? readSpentTotals(undo) : undefined;
  const showWhole = (tx: Transaction): string => {
    const spent = tx.isCoinbase ? {} : { prevouts: coins?.next().value, spent: totals?.next().value };
    return `{${transactionFields(tx, chain.parameters, { ...spent, hex: true })}}`;
  };
  const { coinbase, text, strippedSize } =
    detail === 'txids'
      ? await writeTransactions(bytes, clock, readOutline, (some) => txidsOf(some).map(showTxid).join(','))
      : await writeTransactions(bytes, clock, Transaction.read, (some) => {
          Transaction.identify(some);
          let shown = '';
          for (const tx of some) shown += `${shown === '' ? '' : ','}${showWhole(tx)}`;
          return flatten(shown);
        });
  const stripped = HEADER_SIZE + compactSizeLength(entry.transactionCount) + strippedSize;
  const fields = {
    ...headerJson(entry, chain),
    strippedsize: stripped,
    size: bytes.length,
    weight: stripped * (WITNESS_SCALE_FACTOR - 1) + bytes.length,
    coinbase_tx: coinbaseJson(Transaction.decode(coinbase)),
  };
  return joinFields(fields, `"tx":[${text}]`);
}

const showTxid = (txid: Uint8Array): string => `"${toDisplayHex(txid)}"`;

interface WrittenTransactions {
  /** The first one's bytes. */
  readonly coinbase: Uint8Array;
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
  let coinbase: Uint8Array | undefined;
  let strippedSize = 0;
  let text = '';
  let turn = clock.monotonic();
  for (const some of readTransactions(block, AT_ONCE, read)) {
    coinbase ??= some[0]!.bytes;
    for (const each of some) strippedSize += each.strippedSize;
    text += `${text === '' ? '' : ','}${show(some)}`;
    if (clock.monotonic() - turn < TURN) continue;
    await clock.yield();
    turn = clock.monotonic();
  }
  return { coinbase: coinbase!, text, strippedSize };
}

function coinbaseJson({ version, lockTime, inputs }: Transaction): JsonWritable {
  const { sequence, scriptSig, witness } = inputs[0]!;
  return {
    version,
    locktime: lockTime,
    sequence,
    coinbase: toHex(scriptSig),
    witness: witness.length > 0 ? toHex(witness[0]!) : undefined,
  };
}

/**
 * A string that was put together is a tree of its pieces until somebody looks into it. As long as it is
 * young its pieces cost nothing; the trees of a whole block took a third of the time of showing it.
 */
function flatten(text: string): string {
  text.charCodeAt(0);
  return text;
}

export const headerResult: readonly Result[] = [
  result.hex('hash', 'the block hash (same as provided)'),
  result.number('confirmations', 'The number of confirmations, or -1 if the block is not on the main chain'),
  result.number('height', 'The block height or index'),
  result.number('version', 'The block version'),
  result.hex('versionHex', 'The block version formatted in hexadecimal'),
  result.hex('merkleroot', 'The merkle root'),
  result.time('time', 'The block time expressed in UNIX epoch time'),
  result.time('mediantime', 'The median block time expressed in UNIX epoch time'),
  result.number('nonce', 'The nonce'),
  result.hex('bits', 'nBits: compact representation of the block difficulty target'),
  result.hex('target', 'The difficulty target'),
  result.number('difficulty', 'The difficulty'),
  result.hex(
    'chainwork',
    'Expected number of hashes required to produce the chain up to this block (in hex)',
  ),
  result.number('nTx', 'The number of transactions in the block'),
  result.hex('previousblockhash', 'The hash of the previous block (if available)', { optional: true }),
  result.hex('nextblockhash', 'The hash of the next block (if available)', { optional: true }),
];

/** Fields of a block whose `tx` array holds these. */
export const blockResult = (transactions: Result): readonly Result[] => [
  ...headerResult,
  result.number('strippedsize', 'The block size excluding witness data'),
  result.number('size', 'The block size'),
  result.number('weight', 'The block weight as defined in BIP 141'),
  result.object('coinbase_tx', 'Coinbase transaction metadata', [
    result.number('version', 'The coinbase transaction version'),
    result.number('locktime', "The coinbase transaction's locktime (nLockTime)"),
    result.number('sequence', "The coinbase input's sequence number (nSequence)"),
    result.hex('coinbase', "The coinbase input's script"),
    result.hex('witness', "The coinbase input's first (and only) witness stack element, if present", {
      optional: true,
    }),
  ]),
  result.array('tx', 'The transactions of the block', [transactions]),
];

export const blockTransactionResult = result.object('', '', transactionResult);
