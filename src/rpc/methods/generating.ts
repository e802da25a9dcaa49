/** Blocks on demand, for tests and local networks. */
import type { Block } from '../../core/block/block.ts';
import { toHex } from '../../core/encoding/bytes.ts';
import { Invalid } from '../../core/encoding/errors.ts';
import type { Transaction, Txid } from '../../core/transaction/transaction.ts';
import { descriptorScript } from '../../wallet/descriptors/expansions.ts';
import { addressScript } from '../construct-transaction.ts';
import { outputScript } from '../descriptor-scripts.ts';
import { group, method, RpcCode, type RpcContext, RpcError, refuse, t } from '../kit.ts';
import { readTransaction } from '../texts.ts';

const maxtries = t.standard(t.long('Hashes to try at most, for all of them'), 1_000_000);

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

/** A transaction of the mempool by its id, or one in hex. */
function transactionOf(text: string, { mempool }: RpcContext): Transaction {
  if (/^[0-9a-fA-F]{64}$/.test(text)) {
    const entry = mempool.get(text.toLowerCase() as Txid);
    if (entry === undefined) throw refuse.key(`Transaction ${text} not in mempool.`);
    return entry.tx;
  }
  return readTransaction(text, `Transaction decode failed for ${text}.`);
}

const GENERATE =
  'is no method of a node: bitcoin-cli and penny rpc mine to a new address by their option -generate.';

export const generatingMethods = group('hidden', {
  generate: method({
    help: GENERATE,
    plain: true,
    handler() {
      throw new RpcError(RpcCode.METHOD_NOT_FOUND, `generate\n\n${GENERATE}\n`);
    },
  }),

  generatetoaddress: method({
    help: 'Mines blocks that pay an address, and tells their hashes.',
    parameters: { nblocks: t.integer(), address: t.string(), maxtries },
    result: t.array(t.hex()),
    example: '11 ADDRESS',
    handler({ nblocks, address, maxtries: tries }, context) {
      const script = addressScript(address, context.parameters, 'Error: Invalid address');
      return generate(nblocks, script, tries, context);
    },
  }),

  generatetodescriptor: method({
    help: 'Mines blocks that pay a descriptor, and tells their hashes.',
    parameters: { num_blocks: t.integer(), descriptor: t.string(), maxtries },
    result: t.array(t.hex()),
    example: '11 DESCRIPTOR',
    handler: ({ num_blocks, descriptor, maxtries: tries }, context) =>
      generate(num_blocks, descriptorScript(descriptor, context.parameters), tries, context),
  }),

  generateblock: method({
    help: 'Mines one block that holds just these transactions, in this order.',
    parameters: {
      output: t.string('Address or descriptor that is paid'),
      transactions: t.array(t.hex(), 'txids of the mempool, or transactions'),
      submit: t.standard(t.boolean('False shows the block instead'), true),
    },
    result: t.object({ hash: t.hex(), hex: t.optional(t.hex('Unless it was submitted')) }),
    example: `ADDRESS '["TXID", "HEX"]'`,
    async handler({ output, transactions: list, submit }, context) {
      const script = outputScript(output, context.parameters, 'Error: Invalid address or descriptor');
      const transactions = list.map((item) => transactionOf(item, context));
      let block: Block;
      try {
        block = await context.miner.mineBlock(script, transactions, submit);
      } catch (error) {
        if (!(error instanceof Invalid)) throw error;
        throw refuse.verify(error.message);
      }
      await context.mempool.settled();
      return { hash: block.hash, hex: submit ? undefined : toHex(block.bytes) };
    },
  }),
});
