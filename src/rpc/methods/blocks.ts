/** One block: its header, its transactions, its filter. */
import { toDisplayHex, toHex } from '../../core/encoding/bytes.ts';
import { RpcCode, RpcError } from '../errors.ts';
import {
  blockJson,
  blockResult,
  blockTransactionResult,
  headerJson,
  headerResult,
} from '../formats/block.ts';
import { findBlock, requireData } from '../lookup.ts';
import { defineMethod, type Method } from '../method.ts';
import { param } from '../parameter.ts';
import { result } from '../result.ts';
import { hashFrom, verbosityFrom } from '../values.ts';

const getblock = defineMethod({
  name: 'getblock',
  category: 'Blockchain',
  description:
    "If verbosity is 0, returns a string that is serialized, hex-encoded data for block 'hash'.\n" +
    'If verbosity is 1, returns an Object with information about the block.\n' +
    'If verbosity is 2, returns an Object with information about the block and about each transaction.\n' +
    'If verbosity is 3, returns an Object with information about the block and about each transaction, ' +
    'including prevout information for inputs.',
  parameters: [
    param.hex('blockhash', 'The block hash'),
    param.any(
      'number',
      'verbosity|verbose',
      '0 for hex-encoded data, 1 for a JSON object, 2 for JSON object with transaction data, and 3 for JSON object with transaction data including prevout information for inputs',
      { default: 1 },
    ),
  ],
  results: [
    result.hex('', "A string that is serialized, hex-encoded data for block 'hash'", {
      condition: 'for verbosity = 0',
    }),
    result.object('', '', blockResult(result.hex('', 'The transaction id')), {
      condition: 'for verbosity = 1',
    }),
    result.object('', '', blockResult(blockTransactionResult), { condition: 'for verbosity = 2 or 3' }),
  ],
  examples: ['"00000000c937983704a73af28acdec37b049d214adbda81d7e2a3dd146f6ed09"'],
  async handler([blockhash, verbosity], context) {
    const { chain } = context;
    const level = verbosityFrom(verbosity, 1);
    const entry = findBlock(chain, blockhash, 'blockhash');
    requireData(chain, entry);
    const bytes = await chain.readBlockBytes(entry);
    if (level <= 0) return toHex(bytes);
    if (level === 1) return blockJson(entry, { bytes }, 'txids', context);
    const undo = entry.haveUndo ? await chain.readUndoBytes(entry) : undefined;
    return blockJson(entry, { bytes, undo }, level === 2 ? 'transactions' : 'prevouts', context);
  },
});

const getblockheader = defineMethod({
  name: 'getblockheader',
  category: 'Blockchain',
  description:
    "If verbose is false, returns a string that is serialized, hex-encoded data for blockheader 'hash'.\n" +
    "If verbose is true, returns an Object with information about blockheader 'hash'.",
  parameters: [
    param.hex('blockhash', 'The block hash'),
    param.boolean('verbose', 'true for a json object, false for the hex-encoded data', { default: true }),
  ],
  results: [
    result.object('', '', headerResult, { condition: 'for verbose = true' }),
    result.hex('', "A string that is serialized, hex-encoded data for block 'hash'", {
      condition: 'for verbose=false',
    }),
  ],
  examples: ['"00000000c937983704a73af28acdec37b049d214adbda81d7e2a3dd146f6ed09"'],
  handler([blockhash, verbose], { chain }) {
    const entry = findBlock(chain, blockhash, 'hash');
    return verbose ? headerJson(entry, chain) : toHex(entry.headerBytes);
  },
});

const getblockfilter = defineMethod({
  name: 'getblockfilter',
  category: 'Blockchain',
  description: 'Retrieve a BIP 157 content filter for a particular block.',
  parameters: [
    param.hex('blockhash', 'The hash of the block'),
    param.string('filtertype', 'The type name of the filter', { default: 'basic' }),
  ],
  results: [
    result.object('', '', [
      result.hex('filter', 'the hex-encoded filter data'),
      result.hex('header', 'the hex-encoded filter header'),
    ]),
  ],
  examples: ['"00000000c937983704a73af28acdec37b049d214adbda81d7e2a3dd146f6ed09" "basic"'],
  async handler([blockhash, filtertype], { chain, indexes }) {
    hashFrom(blockhash, 'blockhash');
    if (filtertype !== 'basic') throw new RpcError(RpcCode.INVALID_ADDRESS_OR_KEY, 'Unknown filtertype');
    const index = indexes.filters;
    if (index === undefined)
      throw new RpcError(RpcCode.MISC_ERROR, `Index is not enabled for filtertype ${filtertype}`);
    const entry = findBlock(chain, blockhash, 'blockhash');
    await index.synchronize();
    const found = await index.find(entry);
    if (found === undefined)
      throw new RpcError(
        RpcCode.INVALID_ADDRESS_OR_KEY,
        entry.validScripts
          ? 'Filter not found. This error is unexpected and indicates index corruption.'
          : 'Filter not found. Block was not connected to active chain.',
      );
    return { filter: toHex(found.filter), header: toDisplayHex(found.header) };
  },
});

export const blockMethods: readonly Method[] = [getblock, getblockheader, getblockfilter];
