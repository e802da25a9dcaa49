/** One block: its header, its transactions, its filter. */
import { toDisplayHex, toHex } from '../../core/encoding/bytes.ts';
import { JsonText } from '../../core/encoding/json-writer.ts';
import { block, blockJson, blockTransaction, header } from '../formats/block.ts';
import { group, method, refuse, t } from '../kit.ts';
import { blockByHash, filterIndex, filterType, findBlock, ofFile, requireData } from '../lookup.ts';

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
    parameters: { blockhash: blockByHash('', 'hash'), verbose: t.standard(t.boolean('False for hex'), true) },
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
});
