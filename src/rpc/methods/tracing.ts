/** tracescript and traceblock: how the node judges an input and a block, step by step. */
import type { HeaderEntry } from '../../chain/header-entry.ts';
import { blockScriptFlags } from '../../core/consensus/flags.ts';
import { traceBlock } from '../../core/consensus/trace-block.ts';
import { isHex } from '../../core/encoding/bytes.ts';
import { JsonObject, type JsonRead } from '../../core/encoding/json.ts';
import { ANY_FORM, decodeTransaction } from '../../core/script/decode-transaction.ts';
import { flagsFromNames, MANDATORY_FLAGS, STANDARD_FLAGS } from '../../core/script/flags.ts';
import { nobleEngine } from '../../core/script/noble-engine.ts';
import { type TraceSubject, traceInput } from '../../core/script/trace.ts';
import { typedSubject } from '../../core/script/typed-scripts.ts';
import { SEQUENCE_FINAL, type Txid } from '../../core/transaction/transaction.ts';
import { blockTraceJson } from '../../formats/block-trace.ts';
import { scriptTraceJson } from '../../formats/script-trace.ts';
import { blockTrace, scriptTrace } from '../formats/traces.ts';
import { group, method, type RpcContext, refuse, t } from '../kit.ts';
import { blockByHash, ofFile, readStoredBlock } from '../lookup.ts';
import { previousOutputs, spentOutputs } from '../previous-outputs.ts';
import { hashTextFrom, stringFrom } from '../values.ts';
import { findAnywhere, findInBlock, spentBy } from './get-raw-transaction.ts';

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

/** @throws RpcError */
function typedIn({ locktime: lockTime, ...scripts }: t.Held<typeof typed>): Omit<TraceSubject, 'flags'> {
  try {
    return typedSubject({ ...scripts, lockTime });
  } catch (error) {
    throw error instanceof RangeError ? refuse.parameter(error.message) : error;
  }
}

/** @throws RpcError */
function namedFlags(names: readonly string[]): number {
  try {
    return flagsFromNames(names);
  } catch (error) {
    throw refuse.parameter((error as Error).message);
  }
}

async function findSubject(
  text: string,
  { blockhash, prevtxs }: { blockhash: HeaderEntry | undefined; prevtxs: readonly JsonRead[] | undefined },
  context: RpcContext,
): Promise<Pick<TraceSubject, 'tx' | 'spent'> & { readonly entry?: HeaderEntry | undefined }> {
  if (text.length !== 64) {
    const tx = isHex(text) ? decodeTransaction(text, ANY_FORM) : null;
    if (tx === null) throw refuse.text('TX decode failed');
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

export const tracingMethods = group('Rawtransactions', {
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
          : { ...typedIn(transaction), entry: undefined };
      const { tx, spent, entry } = found;
      if (tx.isCoinbase) throw refuse.parameter('A coinbase spends nothing');
      if (index >= tx.inputs.length) throw refuse.parameter(`There is no input ${index}`);
      if (spent[index] == null) throw refuse.verify('Input not found or already spent');
      const consensus = entry ? blockScriptFlags(entry, context.parameters) : MANDATORY_FLAGS;
      const chosen = rules === 'policy' || (rules === undefined && !entry) ? STANDARD_FLAGS : consensus;
      const flags = named === undefined ? chosen : namedFlags(named);
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
});
