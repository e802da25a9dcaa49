/** Merkle proofs that a transaction is in a block (white paper section 8). */
import type { Chain } from '../../chain/chain.ts';
import type { HeaderEntry } from '../../chain/header-entry.ts';
import { BlockHeader } from '../../core/block/header.ts';
import {
  buildPartialMerkleTree,
  extractMatches,
  type MerkleMatches,
  type PartialMerkleTree,
  readPartialMerkleTree,
  writePartialMerkleTree,
} from '../../core/block/partial-merkle-tree.ts';
import { equalBytes, fromDisplayHex, toDisplayHex, toHex } from '../../core/encoding/bytes.ts';
import { DecodeError } from '../../core/encoding/errors.ts';
import { Reader } from '../../core/encoding/reader.ts';
import { Writer } from '../../core/encoding/writer.ts';
import type { Txid } from '../../core/transaction/transaction.ts';
import type { RpcContext } from '../context.ts';
import { RpcCode, RpcError } from '../errors.ts';
import { findBlock, readStoredBlock } from '../lookup.ts';
import { defineMethod, type Method } from '../method.ts';
import { param } from '../parameter.ts';
import { result } from '../result.ts';
import { bytesFrom, hashTextFrom } from '../values.ts';

/** Outputs that fit into a block: 4,000,000 weight units at 9 bytes each. */
const MAX_OUTPUTS = 111_111;
const COINS_AT_ONCE = 1_000;

/** The block of an unspent output of this transaction, if it has one. */
async function blockOfCoins(chain: Chain, txid: Txid): Promise<HeaderEntry | undefined> {
  const bytes = fromDisplayHex(txid);
  for (let first = 0; first < MAX_OUTPUTS; first += COINS_AT_ONCE) {
    const outpoints = Array.from({ length: COINS_AT_ONCE }, (_, i) => ({ txid: bytes, vout: first + i }));
    const coin = (await chain.coins(outpoints)).find((candidate) => candidate !== undefined);
    if (coin !== undefined) return chain.entryAt(coin.height);
  }
  return undefined;
}

async function findBlockOf(txids: ReadonlySet<Txid>, { chain, indexes }: RpcContext): Promise<HeaderEntry> {
  if (indexes.transactions !== undefined) {
    await indexes.transactions.synchronize();
    for (const txid of txids) {
      const found = await indexes.transactions.find(txid);
      if (found !== undefined) return found.entry;
    }
  } else
    for (const txid of txids) {
      const entry = await blockOfCoins(chain, txid);
      if (entry !== undefined) return entry;
    }
  throw new RpcError(RpcCode.INVALID_ADDRESS_OR_KEY, 'Transaction not yet in block');
}

const gettxoutproof = defineMethod({
  name: 'gettxoutproof',
  category: 'Blockchain',
  description:
    'Returns a hex-encoded proof that "txid" was included in a block.\n\n' +
    'NOTE: By default this function only works sometimes. This is when there is an\n' +
    'unspent output in the utxo for this transaction. To make it always work,\n' +
    'you need to maintain a transaction index, using the -txindex command line option or\n' +
    'specify the block in which the transaction is included manually (by blockhash).',
  parameters: [
    param.array('txids', 'The txids to filter', [
      param.hex('txid', 'A transaction hash', { optional: true }),
    ]),
    param.hex('blockhash', 'If specified, looks for txid in the block with this hash', { optional: true }),
  ],
  results: [result.string('', 'A string that is a serialized, hex-encoded data for the proof.')],
  examples: ['\'["mytxid"]\''],
  async handler([ids, blockhash], context) {
    const { chain } = context;
    if (ids.length === 0) throw new RpcError(RpcCode.INVALID_PARAMETER, "Parameter 'txids' cannot be empty");
    const txids = new Set<Txid>();
    for (const id of ids) {
      const txid = hashTextFrom<Txid>(id, 'txid');
      if (txids.has(txid))
        throw new RpcError(RpcCode.INVALID_PARAMETER, `Invalid parameter, duplicated txid: ${txid}`);
      txids.add(txid);
    }
    const entry =
      blockhash === undefined ? await findBlockOf(txids, context) : findBlock(chain, blockhash, 'blockhash');
    const block = await readStoredBlock(chain, entry);
    const shown = block.transactions.map((tx) => txids.has(tx.txid));
    if (shown.filter(Boolean).length !== txids.size)
      throw new RpcError(
        RpcCode.INVALID_ADDRESS_OR_KEY,
        'Not all transactions found in specified or retrieved block',
      );
    const writer = new Writer();
    writer.bytes(block.header.bytes);
    const hashes = block.transactions.map((tx) => tx.txidBytes);
    writePartialMerkleTree(writer, buildPartialMerkleTree(hashes, shown));
    return toHex(writer.finish());
  },
});

interface Proof {
  readonly header: BlockHeader;
  readonly tree: PartialMerkleTree;
}

/** @throws RpcError -1 with the text of Core's stream classes. */
function readProof(bytes: Uint8Array): Proof {
  try {
    const reader = new Reader(bytes);
    return { header: BlockHeader.read(reader), tree: readPartialMerkleTree(reader) };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const text = error.message.includes('CompactSize')
      ? 'non-canonical ReadCompactSize()'
      : 'SpanReader::read(): end of data';
    throw new RpcError(RpcCode.MISC_ERROR, `${text}: iostream error`);
  }
}

/** Null if the tree does not lead to the header's Merkle root. */
function matchesOf({ header, tree }: Proof): MerkleMatches | null {
  try {
    const matches = extractMatches(tree);
    return equalBytes(matches.root, header.merkleRoot) ? matches : null;
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

const verifytxoutproof = defineMethod({
  name: 'verifytxoutproof',
  category: 'Blockchain',
  description:
    'Verifies that a proof points to a transaction in a block, returning the transaction it commits to\n' +
    'and throwing an RPC error if the block is not in our best chain',
  parameters: [param.hex('proof', 'The hex-encoded proof generated by gettxoutproof')],
  results: [
    result.array('', '', [
      result.hex(
        'txid',
        'The txid(s) which the proof commits to, or empty array if the proof cannot be validated.',
      ),
    ]),
  ],
  examples: ['"proof"'],
  handler([hex], { chain }) {
    const proof = readProof(bytesFrom(hex, 'proof'));
    const matches = matchesOf(proof);
    if (matches === null) return [];
    const entry = chain.entry(proof.header.hash);
    if (entry === undefined || !chain.isActive(entry) || entry.transactionCount === 0)
      throw new RpcError(RpcCode.INVALID_ADDRESS_OR_KEY, 'Block not found in chain');
    if (entry.transactionCount !== proof.tree.transactionCount) return [];
    return matches.matches.map(({ txid }) => toDisplayHex(txid));
  },
});

export const proofMethods: readonly Method[] = [gettxoutproof, verifytxoutproof];
