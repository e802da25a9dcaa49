/** One block: its header, its transactions, its filter, and Merkle proofs of them (white paper section 8). */

import {
  buildPartialMerkleTree,
  provedBy,
  writePartialMerkleTree,
} from '../../core/block/partial-merkle-tree.ts';
import { toDisplayHex, toHex } from '../../core/encoding/bytes.ts';
import { coreWords, DecodeError } from '../../core/encoding/errors.ts';
import { JsonText } from '../../core/encoding/json-writer.ts';
import { Reader } from '../../core/encoding/reader.ts';
import { Writer } from '../../core/encoding/writer.ts';
import type { Txid } from '../../core/transaction/transaction.ts';
import { blockOf } from '../../indexes/block-of.ts';
import { merkleblock } from '../../network/messages/inventory.ts';
import { block, blockJson, blockTransaction, header } from '../formats/block.ts';
import { group, method, refuse, refusing, t } from '../kit.ts';
import { LIMITS } from '../limits.ts';
import {
  blockByHash,
  filterIndex,
  filterType,
  findBlock,
  ofFile,
  readStoredBlock,
  requireData,
} from '../lookup.ts';

/** @throws RpcError -1 with the text of Core's stream classes. */
export function readProof(proof: Uint8Array) {
  return refusing(
    DecodeError,
    (error) => refuse.misc(coreWords(error)),
    () => merkleblock.read(new Reader(proof)),
  );
}

export const blockMethods = group('Blockchain', {
  getblock: method({
    help: 'A block: its bytes in hex, or told in words.',
    parameters: {
      blockhash: t.hashText(),
      'verbosity|verbose': t.verbosity(
        '0 hex, 1 with txids, 2 with transactions, 3 also with what they spend',
        1,
      ),
    },
    result: t.cases(
      'verbosity',
      {
        0: t.written(t.hex()),
        1: t.written(block(t.hex())),
        2: t.written(block(blockTransaction)),
        3: t.written(block(blockTransaction)),
      },
      1,
    ),
    example: '$(penny rpc getbestblockhash) 2',
    async handler({ blockhash, verbosity: level }, context) {
      const { chain } = context;
      const entry = findBlock(chain, blockhash, 'blockhash');
      requireData(chain, entry);
      const bytes = await ofFile(chain.blocks.readBlockBytes(entry), 'block');
      if (level <= 0) return new JsonText('"', toHex(bytes), '"');
      if (level === 1) return blockJson(entry, { bytes }, 'txids', context);
      const undo = entry.haveUndo ? await ofFile(chain.blocks.readUndoBytes(entry), 'undo') : undefined;
      return blockJson(entry, { bytes, undo }, level === 2 ? 'transactions' : 'prevouts', context);
    },
  }),

  getblockheader: method({
    help: 'The header of a block: told in words, or its 80 bytes in hex.',
    parameters: { blockhash: blockByHash('', 'hash'), verbose: t.flag('False for hex', true) },
    result: t.cases('verbose', { true: header, false: t.hex() }, 'true'),
    handler: ({ blockhash: entry, verbose }, { chain }) =>
      verbose ? header.of(entry, chain) : toHex(entry.headerBytes),
  }),

  getblockfilter: method({
    help: 'The compact filter of a block (BIP157, BIP158). Needs -blockfilterindex.',
    parameters: { blockhash: t.hashText(), filtertype: filterType },
    result: t.object({ filter: t.hex(), header: t.hex('Commits to this filter and all before') }),
    example: '$(penny rpc getbestblockhash)',
    async handler({ blockhash, filtertype }, { chain, indexes }) {
      const index = filterIndex(indexes, filtertype);
      const entry = findBlock(chain, blockhash, 'blockhash');
      await index.synchronize();
      const found = await index.find(entry);
      if (found === undefined)
        throw refuse.key(
          entry.validScripts
            ? 'Filter not found. This error is unexpected and indicates index corruption.'
            : 'Filter not found. Block was not connected to active chain.',
        );
      return { filter: toHex(found.filter), header: toDisplayHex(found.header) };
    },
  }),

  gettxoutproof: method({
    help:
      'A proof that transactions are in a block. Without -txindex the block must be named, or one of them must\n' +
      'still have an unspent output.',
    parameters: {
      txids: t.array(t.hashText<Txid>('', 'txid'), '', LIMITS.txids),
      blockhash: t.optional(blockByHash()),
    },
    result: t.hex(),
    example: `'["TXID"]'`,
    async handler({ txids: list, blockhash }, context) {
      if (list.length === 0) throw refuse.parameter("Parameter 'txids' cannot be empty");
      const txids = new Set<Txid>();
      for (const txid of list) {
        if (txids.has(txid)) throw refuse.parameter(`Invalid parameter, duplicated txid: ${txid}`);
        txids.add(txid);
      }
      const entry = blockhash ?? (await blockOf(txids, context.chain, context.indexes.transactions));
      if (entry === undefined) throw refuse.key('Transaction not yet in block');
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
      const matches = provedBy(proof.tree, proof.header.merkleRoot);
      if (matches === null) return [];
      const entry = chain.entry(proof.header.hash);
      if (entry === undefined || !chain.isActive(entry) || entry.transactionCount === 0)
        throw refuse.key('Block not found in chain');
      if (entry.transactionCount !== proof.tree.transactionCount) return [];
      return matches.map(({ txid }) => toDisplayHex(txid));
    },
  }),
});
