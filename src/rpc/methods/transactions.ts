/** One transaction: found in the mempool, the index or a block, and judged step by step as blocks are. */
import type { HeaderEntry } from '../../chain/header-entry.ts';
import { blockScriptFlags } from '../../core/consensus/flags.ts';
import { genesisBlock } from '../../core/consensus/genesis.ts';
import { traceBlock } from '../../core/consensus/trace-block.ts';
import { toHex } from '../../core/encoding/bytes.ts';
import { JsonObject, type JsonRead } from '../../core/encoding/json.ts';
import { joinFields } from '../../core/encoding/json-writer.ts';
import { flagsFromNames, MANDATORY_FLAGS, STANDARD_FLAGS } from '../../core/script/flags.ts';
import { nobleEngine } from '../../core/script/noble-engine.ts';
import { type TraceSubject, traceInput } from '../../core/script/trace.ts';
import { typedSubject } from '../../core/script/typed-scripts.ts';
import type { Coin } from '../../core/transaction/coin.ts';
import { SEQUENCE_FINAL, type Transaction, type Txid } from '../../core/transaction/transaction.ts';
import { blockTraceJson } from '../../formats/block-trace.ts';
import { scriptTraceJson } from '../../formats/script-trace.ts';
import { transactionFields } from '../../formats/transaction.ts';
import { blockTrace, scriptTrace } from '../formats/traces.ts';
import { decodedTransaction } from '../formats/transaction.ts';
import { group, method, type RpcContext, type RpcError, refuse, refusing, t } from '../kit.ts';
import { blockByHash, ofFile, readStoredBlock } from '../lookup.ts';
import { previousOutputs, spentOutputs } from '../previous-outputs.ts';
import { readUnsigned } from '../texts.ts';
import { hashTextFrom, stringFrom } from '../values.ts';

/** Bytes of stacks and signed messages that are told of one input. */
const ROOM = 4_000_000;

const typed = t.object({
  scriptPubKey: t.string('Hex, or words as asm shows them'),
  scriptSig: t.standard(t.string('The same'), ''),
  witness: t.standard(t.array(t.bytes()), []),
  amount: t.standard(t.amount('Of the output, which signatures sign'), 0n),
  locktime: t.standard(t.uint32(), 0),
  sequence: t.standard(t.uint32(), SEQUENCE_FINAL),
});

/** What is said in words that mean nothing. @throws RpcError */
const said = <T>(read: () => T): T => refusing(RangeError, ({ message }) => refuse.parameter(message), read);

const typedIn = ({ locktime: lockTime, ...scripts }: t.Held<typeof typed>) =>
  typedSubject({ ...scripts, lockTime });

async function findSubject(
  text: string,
  { blockhash, prevtxs }: { blockhash: HeaderEntry | undefined; prevtxs: readonly JsonRead[] | undefined },
  context: RpcContext,
): Promise<Pick<TraceSubject, 'tx' | 'spent'> & { readonly entry?: HeaderEntry | undefined }> {
  if (text.length !== 64) {
    const tx = readUnsigned(text, undefined);
    return { tx, spent: await spentOutputs(tx, context, prevtxs) };
  }
  const txid = hashTextFrom<Txid>(text, 'transaction');
  const found = await (blockhash === undefined
    ? findAnywhere(txid, context)
    : findInBlock(txid, blockhash, context));
  const coins = await spentBy(found, context);
  const spent = coins?.map(({ output }) => output) ?? (await spentOutputs(found.tx, context, prevtxs));
  return { tx: found.tx, spent, entry: found.entry };
}

interface FoundTransaction {
  readonly tx: Transaction;
  /** The block it is in; undefined in the mempool. */
  readonly entry?: HeaderEntry;
}

const notFound = (text: string): RpcError =>
  refuse.key(`${text}. Use gettransaction for wallet transactions.`);

async function findInBlock(txid: Txid, entry: HeaderEntry, { chain }: RpcContext): Promise<FoundTransaction> {
  if (!entry.haveData) throw refuse.misc('Block not available');
  const tx = (await chain.blocks.readBlock(entry)).transactions.find((candidate) => candidate.txid === txid);
  if (tx === undefined) throw notFound('No such transaction found in the provided block');
  return { tx, entry };
}

async function findAnywhere(txid: Txid, { mempool, indexes }: RpcContext): Promise<FoundTransaction> {
  const waiting = mempool.get(txid);
  if (waiting !== undefined) return { tx: waiting.tx };
  const index = indexes.transactions;
  if (index === undefined)
    throw notFound(
      'No such mempool transaction. Use -txindex or provide a block hash to enable blockchain transaction queries',
    );
  await index.synchronize();
  const found = await index.find(txid);
  if (found === undefined) throw notFound('No such mempool or blockchain transaction');
  return found;
}

/** What a confirmed transaction spends, from its block's undo data; undefined if there is none. */
async function spentBy(
  { tx, entry }: FoundTransaction,
  { chain }: RpcContext,
): Promise<readonly Coin[] | undefined> {
  if (entry === undefined || tx.isCoinbase || !entry.haveData || !entry.haveUndo) return undefined;
  const block = await chain.blocks.readBlock(entry);
  const position = block.transactions.findIndex((candidate) => candidate.txid === tx.txid);
  return (await chain.blocks.readUndo(entry))[position - 1];
}

function placeJson(entry: HeaderEntry | undefined, { chain }: RpcContext) {
  if (entry === undefined) return {};
  if (!chain.isActive(entry)) return { blockhash: entry.hash, confirmations: 0 };
  return {
    blockhash: entry.hash,
    confirmations: chain.height - entry.height + 1,
    time: entry.time,
    blocktime: entry.time,
  };
}

const shown = t.written(
  t.object({
    in_active_chain: t.optional(t.boolean('Where a block was named')),
    vsize_adjusted: t.optional(t.integer('In the mempool: vbytes, or what its signature operations weigh')),
    ...decodedTransaction,
    blockhash: t.optional(t.hex()),
    confirmations: t.optional(t.integer()),
    time: t.optional(t.time('The same as blocktime')),
    blocktime: t.optional(t.time()),
  }),
);

export const transactionMethods = group('Rawtransactions', {
  tracescript: method({
    help:
      'How an input is verified: each script, each operation with the stack behind it, each signature with the\n' +
      'fields that it signs, and why it fails if it does.',
    parameters: {
      transaction: t.custom<string | t.Sent<typeof typed>, string | t.Held<typeof typed>>(
        typed,
        (value, name, context) =>
          value instanceof JsonObject ? typed.read(value, name, context) : stringFrom(value),
        { types: ['string', 'object'] },
      ),
      input: t.standard(t.integer('Its index', [0, 2 ** 31 - 1]), 0),
      options: t.options({
        blockhash: t.optional(blockByHash('The block that the transaction is in')),
        prevtxs: previousOutputs,
        rules: t.optional(
          t.string('consensus, or policy: what the mempool asks'),
          'those of its block, or else policy',
        ),
        flags: t.optional(t.array(t.string()), 'those of the rules'),
      }),
    },
    result: scriptTrace,
    example: `'{"scriptPubKey":"2 3 OP_ADD 5 OP_EQUAL"}'`,
    async handler({ transaction, input: index, options }, context) {
      const { rules, flags: named } = options;
      if (rules !== undefined && rules !== 'consensus' && rules !== 'policy')
        throw refuse.parameter(`Unknown rules ${rules}`);
      const found =
        typeof transaction === 'string'
          ? await findSubject(transaction, options, context)
          : { ...said(() => typedIn(transaction)), entry: undefined };
      const { tx, spent, entry } = found;
      if (tx.isCoinbase) throw refuse.parameter('A coinbase spends nothing');
      if (index >= tx.inputs.length) throw refuse.parameter(`There is no input ${index}`);
      if (spent[index] == null) throw refuse.verify('Input not found or already spent');
      const consensus = entry ? blockScriptFlags(entry, context.parameters) : MANDATORY_FLAGS;
      const chosen = rules === 'policy' || (rules === undefined && !entry) ? STANDARD_FLAGS : consensus;
      const flags = named === undefined ? chosen : said(() => flagsFromNames(named));
      return scriptTraceJson(traceInput({ tx, index, spent, flags }, nobleEngine, ROOM), flags);
    },
  }),

  traceblock: method({
    help:
      'How a block is judged: each rule with the values that it compares, the coins that go and those that come.\n' +
      'Scripts are told by tracescript.',
    parameters: { blockhash: blockByHash('', 'blockhash') },
    result: blockTrace,
    async handler({ blockhash: entry }, { chain, clock, parameters }) {
      const { parent, hash, height } = entry;
      if (parent === null) throw refuse.parameter('The genesis block is given, and judged by no rule');
      const block = await readStoredBlock(chain, entry);
      const undo = entry.haveUndo ? await ofFile(chain.blocks.readUndo(entry), 'undo') : null;
      const place = { height, hash, parent };
      const now = clock.seconds();
      return blockTraceJson(traceBlock({ block, place, undo, now }, parameters), {
        ...{ hash, height, isKnown: undo !== null },
        flags: blockScriptFlags(place, parameters),
      });
    },
  }),

  getrawtransaction: method({
    help:
      'A transaction of the mempool or of a block that is named; with -txindex of any block.\n' +
      'A wallet shows its own by gettransaction.',
    parameters: {
      txid: t.hashText<Txid>('', 'parameter 1'),
      'verbosity|verbose': t.verbosity('0 hex, 1 in words, 2 also with the fee and what it spends', 0),
      blockhash: t.optional(blockByHash('The block to look in', 'parameter 3', 'Block hash not found')),
    },
    result: t.cases('verbosity', { 0: t.hex(), 1: shown, 2: shown }, 0),
    example: 'TXID 1',
    async handler({ txid, verbosity: level, blockhash: named }, context) {
      const { chain, mempool, parameters } = context;
      if (txid === genesisBlock(parameters).transactions[0]!.txid)
        throw refuse.key(
          'The genesis block coinbase is not considered an ordinary transaction and cannot be retrieved',
        );
      const found = await (named === undefined
        ? findAnywhere(txid, context)
        : findInBlock(txid, named, context));
      if (level <= 0) return toHex(found.tx.bytes);
      const prevouts = level >= 2 ? await spentBy(found, context) : undefined;
      return joinFields(
        {
          in_active_chain: named && chain.isActive(named),
          vsize_adjusted: found.entry === undefined ? mempool.get(txid)?.virtualSize : undefined,
        },
        transactionFields(found.tx, parameters, { prevouts, hex: true }),
        placeJson(found.entry, context),
      );
    },
  }),
});
