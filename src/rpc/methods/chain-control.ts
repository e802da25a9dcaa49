/** Steers the chain by hand, gives it headers, and makes blocks on demand. */
import type { Chain } from '../../chain/chain.ts';
import type { HeaderEntry } from '../../chain/header-entry.ts';
import { MIN_BLOCKS_TO_KEEP, PRUNE_AFTER_HEIGHT } from '../../chain/pruning.ts';
import { type BlockHash, BlockHeader } from '../../core/block/header.ts';
import { TIMESTAMP_WINDOW } from '../../core/consensus/limits.ts';
import { toHex } from '../../core/encoding/bytes.ts';
import { Invalid } from '../../core/encoding/errors.ts';
import { Reader } from '../../core/encoding/reader.ts';
import type { Transaction, Txid } from '../../core/transaction/transaction.ts';
import { descriptorScript } from '../../wallet/descriptors/expansions.ts';
import { addressScript } from '../construct-transaction.ts';
import { outputScript } from '../descriptor-scripts.ts';
import { group, method, type RpcContext, refuse, refusing, t } from '../kit.ts';
import { blockByHash } from '../lookup.ts';
import { readHex, readTransaction } from '../texts.ts';

/** A prune height above this is a time (Core's rule). */
const TIME_THRESHOLD = 1_000_000_000;

/** Methods that do something to the branches, after which the mempool must have followed. */
const steering = (help: string, steer: (chain: Chain, hash: BlockHash) => Promise<unknown>) =>
  method({
    help,
    parameters: { blockhash: blockByHash() },
    async handler({ blockhash: entry }: { blockhash: HeaderEntry }, { chain, mempool }: RpcContext) {
      await steer(chain, entry.hash);
      await mempool.settled();
    },
  });

/** The lowest block that is at least this late. */
function heightAtTime(chain: Chain, time: number): number {
  let latest = -1;
  for (let height = 0; height <= chain.height; height++) {
    latest = Math.max(latest, chain.entryAt(height)!.time);
    if (latest >= time) return height;
  }
  throw refuse.parameter('Could not find block with at least the specified timestamp.');
}

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

export const chainControlMethods = {
  ...group('hidden', {
    invalidateblock: steering(
      'Treats a block as invalid, with all that follows it, until reconsiderblock.',
      (chain, hash) => chain.invalidate(hash),
    ),
    reconsiderblock: steering('Takes back invalidateblock for a block and its whole branch.', (chain, hash) =>
      chain.reconsider(hash),
    ),

    generate: method({
      help: GENERATE,
      plain: true,
      handler() {
        throw refuse.method_not_found(`generate\n\n${GENERATE}\n`);
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
        submit: t.flag('False shows the block instead', true),
      },
      result: t.object({ hash: t.hex(), hex: t.optional(t.hex('Unless it was submitted')) }),
      example: `ADDRESS '["TXID", "HEX"]'`,
      async handler({ output, transactions: list, submit }, context) {
        const script = outputScript(output, context.parameters, 'Error: Invalid address or descriptor');
        const transactions = list.map((item) => transactionOf(item, context));
        const block = await refusing(
          Invalid,
          ({ message }) => refuse.verify(message),
          () => context.miner.mineBlock(script, transactions, submit),
        );
        await context.mempool.settled();
        return { hash: block.hash, hex: submit ? undefined : toHex(block.bytes) };
      },
    }),
  }),
  ...group('Blockchain', {
    preciousblock: steering(
      'Prefers a block to others of the same work, as if it had come first. Forgotten at a restart.',
      (chain, hash) => chain.precious(hash),
    ),

    verifychain: method({
      help: 'Checks the last blocks on the disk again. The log tells what is wrong where the answer is false.',
      parameters: {
        checklevel: t.standard(
          t.integer('0 reads blocks, 1 checks them, 2 their undo data, 3 undoes them, 4 connects them again'),
          3,
        ),
        nblocks: t.standard(t.integer('0 for all'), 6),
      },
      result: t.boolean(),
      example: '4 100',
      handler: ({ checklevel, nblocks }, { chain }) => chain.verify(checklevel, nblocks),
    }),

    getblockfrompeer: method({
      help: 'Asks a peer for a block whose header is known. It comes later, if at all.',
      parameters: { blockhash: t.hashText<BlockHash>(), peer_id: t.integer('As getpeerinfo tells it') },
      result: t.object({}),
      example: '$(penny rpc getbestblockhash) 0',
      handler({ blockhash, peer_id }, { chain, network }) {
        const entry = chain.entry(blockhash);
        if (entry === undefined) throw refuse.misc('Block header missing');
        // One ahead of the tip would keep its file from being pruned.
        if (chain.pruner.target !== 0 && entry.height > chain.height)
          throw refuse.misc(
            'In prune mode, only blocks that the node has already synced previously can be fetched from a peer',
          );
        if (entry.haveData) throw refuse.misc('Block already downloaded');
        const refusal = ({ message }: Error) => refuse.misc(message);
        refusing(Error, refusal, () => network.requestBlock(entry, peer_id));
        return {};
      },
    }),

    pruneblockchain: method({
      help: 'Deletes old blocks up to a height. Needs -prune=1.',
      parameters: { height: t.integer('Or a time in seconds: blocks two hours older than that go') },
      result: t.integer('Height of the last block that is gone'),
      example: '1000',
      async handler({ height }, { chain, parameters }) {
        if (chain.pruner.target === 0)
          throw refuse.misc('Cannot prune blocks because node is not in prune mode.');
        if (height < 0) throw refuse.parameter('Negative block height.');
        const wanted = height > TIME_THRESHOLD ? heightAtTime(chain, height - TIMESTAMP_WINDOW) : height;
        if (chain.height < (parameters.pruneAfterHeight ?? PRUNE_AFTER_HEIGHT))
          throw refuse.misc('Blockchain is too short for pruning.');
        if (wanted > chain.height)
          throw refuse.parameter('Blockchain is shorter than the attempted prune height.');
        return chain.prune(Math.min(wanted, chain.height - MIN_BLOCKS_TO_KEEP));
      },
    }),
  }),
  ...group('Mining', {
    submitheader: method({
      help: 'Offers a header; its block is fetched if it may become the tip.',
      parameters: { hexdata: t.hex('80 bytes; what follows, as in a whole block, is ignored') },
      handler({ hexdata }, { chain }) {
        const header = readHex(
          hexdata,
          (bytes) => BlockHeader.read(new Reader(bytes)),
          'Block header decode failed',
        );
        if (chain.entry(header.prev) === undefined)
          throw refuse.verify(`Must submit previous header (${header.prev}) first`);
        const verdict = chain.acceptHeaders([header]);
        if (!verdict.ok) throw refuse.verify(verdict.invalid.reason);
      },
    }),
  }),
};
