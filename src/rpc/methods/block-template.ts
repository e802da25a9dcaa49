/** What miners ask for and bring (BIP22, BIP23): templates, proposals, and blocks that are solved. */
import type { Chain } from '../../chain/chain.ts';
import { waitForTip } from '../../chain/wait-for-tip.ts';
import { Block } from '../../core/block/block.ts';
import { targetFromBits } from '../../core/block/target.ts';
import { withReservedValue } from '../../core/consensus/commitment.ts';
import { MAX_BLOCK_SIGOPS_COST, MAX_BLOCK_WEIGHT } from '../../core/consensus/limits.ts';
import { deploymentState } from '../../core/consensus/version-bits.ts';
import { toDisplayHex, toHex } from '../../core/encoding/bytes.ts';
import type { Invalid } from '../../core/encoding/errors.ts';
import { OP } from '../../core/script/opcodes.ts';
import { WITNESS_SCALE_FACTOR } from '../../core/transaction/transaction.ts';
import type { BlockTemplate } from '../../mining/template.ts';
import { hex32 } from '../formats/block.ts';
import {
  group,
  type JsonRead,
  method,
  RpcCode,
  type RpcContext,
  RpcError,
  type RpcRequest,
  refuse,
  t,
} from '../kit.ts';
import { readHex } from '../texts.ts';
import { hashTextFrom, stringFrom } from '../values.ts';

/** Milliseconds after which a long poll also answers for new transactions, and how often it looks. */
const LONG_POLL_PATIENCE = 60_000;
const LONG_POLL_STEP = 10_000;
/** Paid in the template's own coinbase, which no miner sees. */
const ANYONE = Uint8Array.of(OP.OP_1);

const isTestChain = (chain: Chain): boolean =>
  chain.parameters.maxTipAge === 0 || chain.parameters.mineBlocksOnDemand;

/** BIP22: null is good news. */
const verdictText = (invalid: Invalid | null): string | null => (invalid === null ? null : invalid.reason);

async function judgeProposal({ data }: t.HeldFields<typeof fields>, { chain }: RpcContext) {
  if (typeof data !== 'string') throw refuse.type('Missing data String key for proposal');
  const block = readHex(data, (bytes) => Block.decode(bytes), 'Block decode failed');
  const known = chain.entry(block.hash);
  if (known !== undefined && known.failed !== 'none') return 'duplicate-invalid';
  if (known !== undefined) return known.validScripts ? 'duplicate' : 'duplicate-inconclusive';
  return verdictText(await chain.testBlock(block));
}

/** Waits until what the caller has is out of date: `longpollid` is the tip's hash and a mempool sequence. */
async function longPoll(
  id: JsonRead,
  context: RpcContext,
  { caller: { signal } }: RpcRequest,
): Promise<void> {
  const { chain, mempool, clock } = context;
  const text = typeof id === 'string' ? id : `${chain.tip.hash}${mempool.updates}`;
  const hash = hashTextFrom(text.slice(0, 64), 'longpollid');
  const sequence = Number.parseInt(text.slice(64), 10) || 0;
  const start = clock.monotonic();
  while (chain.tip.hash === hash && !signal.aborted) {
    const patient = clock.monotonic() - start < LONG_POLL_PATIENCE;
    if (!patient && mempool.updates !== sequence) return;
    await waitForTip(
      context,
      signal,
      patient ? LONG_POLL_PATIENCE : LONG_POLL_STEP,
      (tip) => tip.hash !== hash,
    );
  }
  if (signal.aborted) throw new RpcError(RpcCode.CLIENT_NOT_CONNECTED, 'Shutting down');
}

function templateJson(template: BlockTemplate, context: RpcContext) {
  const { chain, mempool } = context;
  const positions = new Map<string, number>();
  const { csv, segwit } = context.parameters.heights;
  const isSegwit = template.height >= segwit;
  // Before segwit a block's limits are in bytes and in signature operations as they are counted.
  const scale = isSegwit ? 1 : WITNESS_SCALE_FACTOR;
  const transactions = template.transactions.map(({ tx, fee, sigOpCost }, i) => {
    positions.set(tx.txid, i + 1);
    const hasParents = (mempool.get(tx.txid)?.parents.size ?? 0) > 0;
    // One for each input, as Core has it.
    const depends = hasParents
      ? tx.inputs.map(({ prevout }) => positions.get(toDisplayHex(prevout.txid)))
      : [];
    return {
      data: toHex(tx.bytes),
      txid: tx.txid,
      hash: tx.wtxid,
      depends: depends.filter((position) => position !== undefined),
      fee,
      sigops: sigOpCost / scale,
      weight: tx.weight,
    };
  });
  const deployments = (context.parameters.versionBits ?? []).map((deployment) => ({
    ...deployment,
    state: deploymentState(template.parent, deployment),
  }));
  const pending = deployments.filter(({ state }) => state === 'started' || state === 'locked_in');
  return {
    capabilities: ['proposal'],
    version: template.version,
    rules: [
      ...(template.height >= csv ? ['csv'] : []),
      ...(isSegwit ? ['!segwit', 'taproot'] : []),
      ...deployments.filter(({ state }) => state === 'active').map(({ name }) => name),
    ],
    vbavailable: Object.fromEntries(pending.map(({ name, bit }) => [name, bit])),
    vbrequired: 0,
    previousblockhash: template.parent.hash,
    transactions,
    coinbaseaux: {},
    coinbasevalue: template.coinbaseValue,
    longpollid: `${chain.tip.hash}${mempool.updates}`,
    target: targetFromBits(template.bits).target.toString(16).padStart(64, '0'),
    mintime: template.minimumTime,
    mutable: ['time', 'transactions', 'prevblock'],
    noncerange: '00000000ffffffff',
    sigoplimit: MAX_BLOCK_SIGOPS_COST / scale,
    sizelimit: MAX_BLOCK_WEIGHT / scale,
    weightlimit: isSegwit ? MAX_BLOCK_WEIGHT : undefined,
    curtime: template.time,
    bits: hex32(template.bits),
    height: template.height,
    default_witness_commitment:
      template.witnessCommitment === null ? undefined : toHex(template.witnessCommitment),
  };
}

const fields = {
  mode: t.optional(t.unread<string>(t.string('template or proposal')), 'template'),
  capabilities: t.optional(t.unread<readonly string[]>(t.array(t.string(), 'What the miner can do (BIP22)'))),
  rules: t.optional(
    t.unread<readonly string[]>(
      t.array(t.string(), 'Soft forks that the miner knows; segwit must be among them'),
    ),
  ),
  longpollid: t.optional(
    t.unread<string>(t.string('Of an earlier template: answers when that is out of date')),
  ),
  data: t.optional(t.unread<string>(t.hex('A block in hex, to be judged as a proposal (BIP23)'))),
};

export const blockTemplateMethods = group('Mining', {
  getblocktemplate: method({
    help:
      'What a miner needs to make the next block (BIP22, BIP145); or what is wrong with a block that it proposes.\n' +
      "The reward has no address yet: the coinbase is the miner's to make.",
    parameters: { template_request: t.object(fields, '', { loose: true }) },
    result: t.cases('', {
      'a proposal that is good': t.nothing(),
      'a proposal that is not': t.string('Why'),
      'a template': t.object({
        capabilities: t.array(t.string()),
        version: t.integer(),
        rules: t.array(t.string(), 'In force; a ! before those that change the form of a block'),
        vbavailable: t.record(t.integer('Bit of the version'), 'rule'),
        vbrequired: t.integer('Bits of the version that must be set'),
        previousblockhash: t.hex(),
        transactions: t.array(
          t.object({
            data: t.hex(),
            txid: t.hex(),
            hash: t.hex('With the witnesses: the wtxid'),
            depends: t.array(t.integer(), 'Those that must come before, the first being 1'),
            fee: t.number('Satoshis'),
            sigops: t.integer('As they count against sigoplimit'),
            weight: t.integer(),
          }),
        ),
        coinbaseaux: t.record(t.hex(), 'name', 'What the script of the coinbase must hold'),
        coinbasevalue: t.number('Satoshis: the reward with all fees'),
        longpollid: t.string(),
        target: t.hex(),
        mintime: t.time(),
        mutable: t.array(t.string(), 'What the miner may change'),
        noncerange: t.hex(),
        sigoplimit: t.integer(),
        sizelimit: t.integer('Bytes'),
        weightlimit: t.optional(t.integer()),
        curtime: t.time(),
        bits: t.hex('The target, compact'),
        height: t.integer(),
        default_witness_commitment: t.optional(t.hex('Script of the output that commits to the witnesses')),
      }),
    }),
    example: `'{"rules": ["segwit"]}'`,
    async handler({ template_request: request }, context, rpc) {
      const { chain, mempool, miner, network } = context;
      const mode = request.mode ?? 'template';
      if (mode === 'proposal') return judgeProposal(request, context);
      const rules = request.rules;
      const known = Array.isArray(rules) ? rules.map(stringFrom) : [];
      if (mode !== 'template') throw refuse.parameter('Invalid mode');
      if (!isTestChain(chain)) {
        const { inbound, outbound } = network.connectionCount();
        if (inbound + outbound === 0)
          throw new RpcError(RpcCode.CLIENT_NOT_CONNECTED, 'Penny is not connected!');
        if (chain.isInitialBlockDownload)
          throw new RpcError(
            RpcCode.CLIENT_IN_INITIAL_DOWNLOAD,
            'Penny is in initial sync and waiting for blocks...',
          );
      }
      const id = request.longpollid ?? null;
      if (id !== null) await longPoll(id, context, rpc);
      if (!known.includes('segwit'))
        throw refuse.parameter(
          'getblocktemplate must be called with the segwit rule set (call with {"rules": ["segwit"]})',
        );
      await mempool.settled();
      const template = await miner.template(ANYONE);
      return templateJson(template, context);
    },
  }),

  submitblock: method({
    help: 'Offers a block that was found, and says what is wrong with it (BIP22).',
    parameters: { hexdata: t.hex(), dummy: t.optional(t.string('Without effect')) },
    result: t.cases('', { accepted: t.nothing(), refused: t.string('Why') }),
    example: 'HEX',
    async handler({ hexdata }, { chain, mempool, parameters }) {
      const decoded = readHex(hexdata, (bytes) => Block.decode(bytes), 'Block decode failed');
      const parent = chain.entry(decoded.header.prev);
      const segwit = parent !== undefined && parent.height + 1 >= parameters.heights.segwit;
      // Of a block that was pruned only the data is new.
      const known = chain.entry(decoded.hash);
      const wasActive = known !== undefined && chain.isActive(known);
      const verdict = await chain.acceptBlock(segwit ? withReservedValue(decoded) : decoded, {
        requested: true,
      });
      await mempool.settled();
      if (!verdict.ok) return verdictText(verdict.invalid);
      if (!verdict.new) return 'duplicate';
      return verdict.connected && !wasActive ? null : 'inconclusive';
    },
  }),
});
