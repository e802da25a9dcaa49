/** Headers and blocks as Bitcoin Core's RPCs show them. */
import type { Chain } from '../../chain/chain.ts';
import type { HeaderEntry } from '../../chain/header-entry.ts';
import { HEADER_SIZE } from '../../core/block/header.ts';
import { difficultyFromBits, targetFromBits } from '../../core/block/target.ts';
import { toDisplayHex, toHex } from '../../core/encoding/bytes.ts';
import { JsonText, writeJson } from '../../core/encoding/json-writer.ts';
import { compactSizeLength } from '../../core/encoding/writer.ts';
import { Transaction, WITNESS_SCALE_FACTOR } from '../../core/transaction/transaction.ts';
import { type BlockDetail, type StoredBlock, writeTransactions } from '../../formats/block-transactions.ts';
import type { Clock } from '../../seams.ts';
import * as t from '../schema.ts';
import { decodedTransaction } from './transaction.ts';

const hex32 = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');

export const workHex = (work: bigint): string => work.toString(16).padStart(64, '0');

/** Blocks from this one to the tip, both counted; -1 off the active chain. */
function confirmationsOf(entry: HeaderEntry, chain: Chain): number {
  return chain.isActive(entry) ? chain.height - entry.height + 1 : -1;
}

/** A target, for the views of what has one. */
export const targetRows = {
  bits: [t.hex('The target, compact'), ({ bits }: Aimed) => hex32(bits)],
  target: [t.hex(), ({ bits }: Aimed) => targetFromBits(bits).target.toString(16).padStart(64, '0')],
  difficulty: [t.number('Times the least there is'), ({ bits }: Aimed) => difficultyFromBits(bits)],
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

export async function blockJson(
  entry: HeaderEntry,
  stored: StoredBlock,
  detail: BlockDetail,
  { chain, clock }: { readonly chain: Chain; readonly clock: Clock },
): Promise<JsonText> {
  const { parameters } = chain;
  const { first, texts, strippedSize } = await writeTransactions(stored, detail, { parameters, clock });
  const stripped = HEADER_SIZE + compactSizeLength(entry.transactionCount) + strippedSize;
  const size = stored.bytes.length;
  const fields = {
    ...header.of(entry, chain),
    strippedsize: stripped,
    size,
    weight: stripped * (WITNESS_SCALE_FACTOR - 1) + size,
    coinbase_tx: coinbase.of(Transaction.decode(first)),
  };
  return new JsonText(`${writeJson(fields).slice(0, -1)},"tx":[`, ...texts, ']}');
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
