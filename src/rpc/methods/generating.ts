/** Blocks on demand, for tests and local networks. */
import type { Block } from '../../core/block/block.ts';
import { toHex } from '../../core/encoding/bytes.ts';
import { Invalid } from '../../core/encoding/errors.ts';
import type { Transaction, Txid } from '../../core/transaction/transaction.ts';
import { DescriptorError } from '../../wallet/descriptors/descriptor-error.ts';
import { addressScript } from '../construct-transaction.ts';
import type { RpcContext } from '../context.ts';
import { decodeTransaction, WITNESS_FORM } from '../decode.ts';
import { descriptorScript } from '../descriptor-scripts.ts';
import { RpcCode, RpcError } from '../errors.ts';
import type { JsonRead } from '../json.ts';
import { defineMethod, type Method } from '../method.ts';
import { param } from '../parameter.ts';
import { result } from '../result.ts';
import { stringFrom } from '../values.ts';

const DEFAULT_MAX_TRIES = 1_000_000;

const maxTries = param.long('maxtries', 'How many iterations to try.', { default: DEFAULT_MAX_TRIES });
const hashesResult = [result.array('', 'hashes of blocks generated', [result.hex('', 'blockhash')])];

async function generate(
  count: number,
  script: Uint8Array,
  tries: number,
  { miner, mempool }: RpcContext,
): Promise<readonly string[]> {
  await mempool.settled();
  const hashes = await miner.mineBlocks(count, script, tries);
  await mempool.settled();
  return hashes;
}

const generatetoaddress = defineMethod({
  name: 'generatetoaddress',
  category: 'hidden',
  description: 'Mine to a specified address and return the block hashes.',
  parameters: [
    param.integer('nblocks', 'How many blocks are generated.'),
    param.string('address', 'The address to send the newly generated bitcoin to.'),
    maxTries,
  ],
  results: hashesResult,
  examples: ['11 "myaddress"'],
  handler([count, address, tries], context) {
    const script = addressScript(address, context.parameters, 'Error: Invalid address');
    return generate(count, script, tries, context);
  },
});

function scriptOf(descriptor: string, { parameters }: RpcContext): Uint8Array {
  try {
    return descriptorScript(descriptor, parameters);
  } catch (error) {
    if (error instanceof DescriptorError) throw new RpcError(RpcCode.INVALID_ADDRESS_OR_KEY, error.message);
    throw error;
  }
}

const generatetodescriptor = defineMethod({
  name: 'generatetodescriptor',
  category: 'hidden',
  description: 'Mine to a specified descriptor and return the block hashes.',
  parameters: [
    param.integer('num_blocks', 'How many blocks are generated.'),
    param.string('descriptor', 'The descriptor to send the newly generated bitcoin to.'),
    maxTries,
  ],
  results: hashesResult,
  examples: ['11 "mydesc"'],
  handler([count, descriptor, tries], context) {
    return generate(count, scriptOf(descriptor, context), tries, context);
  },
});

/** An address or a descriptor. */
function outputScript(output: string, { parameters }: RpcContext): Uint8Array {
  try {
    return descriptorScript(output, parameters);
  } catch (error) {
    if (!(error instanceof DescriptorError)) throw error;
  }
  return addressScript(output, parameters, 'Error: Invalid address or descriptor');
}

/** A transaction of the mempool by its id, or one in hex. */
function readTransaction(value: JsonRead, { mempool }: RpcContext): Transaction {
  const text = stringFrom(value);
  if (/^[0-9a-fA-F]{64}$/.test(text)) {
    const entry = mempool.get(text.toLowerCase() as Txid);
    if (entry === undefined)
      throw new RpcError(RpcCode.INVALID_ADDRESS_OR_KEY, `Transaction ${text} not in mempool.`);
    return entry.tx;
  }
  const tx = decodeTransaction(text, WITNESS_FORM);
  if (tx === null)
    throw new RpcError(
      RpcCode.DESERIALIZATION_ERROR,
      `Transaction decode failed for ${text}. Make sure the tx has at least one input.`,
    );
  return tx;
}

const generateblock = defineMethod({
  name: 'generateblock',
  category: 'hidden',
  description:
    'Mine a set of ordered transactions to a specified address or descriptor and return the block hash.',
  parameters: [
    param.string('output', 'The address or descriptor to send the newly generated bitcoin to.'),
    param.array(
      'transactions',
      'An array of hex strings which are either txids or raw transactions.\nTxids must reference transactions currently in the mempool.\nAll transactions must be valid and in valid order, otherwise the block will be rejected.',
      [param.hex('rawtx/txid', '', { optional: true })],
    ),
    param.boolean(
      'submit',
      'Whether to submit the block before the RPC call returns or to return it as hex.',
      {
        default: true,
      },
    ),
  ],
  results: [
    result.object('', '', [
      result.hex('hash', 'hash of generated block'),
      result.hex('hex', 'hex of generated block, only present when submit=false', { optional: true }),
    ]),
  ],
  examples: ['"myaddress" \'["rawtx", "mempool_txid"]\''],
  async handler([output, list, submit], context) {
    const script = outputScript(output, context);
    const transactions = list.map((item) => readTransaction(item, context));
    let block: Block;
    try {
      block = await context.miner.mineBlock(script, transactions, submit);
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      throw new RpcError(RpcCode.VERIFY_ERROR, error.message);
    }
    await context.mempool.settled();
    return { hash: block.hash, hex: submit ? undefined : toHex(block.bytes) };
  },
});

export const generatingMethods: readonly Method[] = [generatetoaddress, generatetodescriptor, generateblock];
