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
import { coreWords, DecodeError } from '../../core/encoding/errors.ts';
import { Reader } from '../../core/encoding/reader.ts';
import { Writer } from '../../core/encoding/writer.ts';
import type { Txid } from '../../core/transaction/transaction.ts';
import { group, method, type RpcContext, refuse, t } from '../kit.ts';
import { blockByHash, readStoredBlock } from '../lookup.ts';

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
  throw refuse.key('Transaction not yet in block');
}

interface Proof {
  readonly header: BlockHeader;
  readonly tree: PartialMerkleTree;
}

/** @throws RpcError -1 with the text of Core's stream classes. */
export function readProof(proof: Uint8Array): Proof {
  try {
    const reader = new Reader(proof);
    return { header: BlockHeader.read(reader), tree: readPartialMerkleTree(reader) };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw refuse.misc(coreWords(error));
  }
}

/** Null if the tree does not lead to the header's Merkle root. */
export function matchesOf({ header, tree }: Proof): MerkleMatches | null {
  try {
    const matches = extractMatches(tree);
    return equalBytes(matches.root, header.merkleRoot) ? matches : null;
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

export const proofMethods = group('Blockchain', {
  gettxoutproof: method({
    help:
      'A proof that transactions are in a block. Without -txindex the block must be named, or one of them must\n' +
      'still have an unspent output.',
    parameters: { txids: t.array(t.hashText<Txid>('', 'txid')), blockhash: t.optional(blockByHash()) },
    result: t.hex(),
    example: `'["TXID"]'`,
    async handler({ txids: list, blockhash }, context) {
      if (list.length === 0) throw refuse.parameter("Parameter 'txids' cannot be empty");
      const txids = new Set<Txid>();
      for (const txid of list) {
        if (txids.has(txid)) throw refuse.parameter(`Invalid parameter, duplicated txid: ${txid}`);
        txids.add(txid);
      }
      const entry = blockhash ?? (await findBlockOf(txids, context));
      const block = await readStoredBlock(context.chain, entry);
      const shown = block.transactions.map((tx) => txids.has(tx.txid));
      if (shown.filter(Boolean).length !== txids.size)
        throw refuse.key('Not all transactions found in specified or retrieved block');
      const writer = new Writer();
      writer.bytes(block.header.bytes);
      const hashes = block.transactions.map((tx) => tx.txidBytes);
      writePartialMerkleTree(writer, buildPartialMerkleTree(hashes, shown));
      return toHex(writer.finish());
    },
  }),

  verifytxoutproof: method({
    help: 'Checks such a proof against the active chain.',
    parameters: { proof: t.bytes() },
    result: t.array(t.hex(), 'txids that it proves; none if it is wrong'),
    handler({ proof: given }, { chain }) {
      const proof = readProof(given);
      const matches = matchesOf(proof);
      if (matches === null) return [];
      const entry = chain.entry(proof.header.hash);
      if (entry === undefined || !chain.isActive(entry) || entry.transactionCount === 0)
        throw refuse.key('Block not found in chain');
      if (entry.transactionCount !== proof.tree.transactionCount) return [];
      return matches.matches.map(({ txid }) => toDisplayHex(txid));
    },
  }),
});
