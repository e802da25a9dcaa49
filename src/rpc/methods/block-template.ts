/** What miners ask for and bring (BIP22, BIP23): templates, proposals, and blocks that are solved. */
import { waitForTip } from '../../chain/wait-for-tip.ts';
import { withReservedValue } from '../../core/consensus/commitment.ts';
import { MAX_BLOCK_SIGOPS_COST, MAX_BLOCK_WEIGHT } from '../../core/consensus/limits.ts';
import { type DeploymentState, deploymentState } from '../../core/consensus/version-bits.ts';
import { toDisplayHex, toHex } from '../../core/encoding/bytes.ts';
import { JsonText } from '../../core/encoding/json-writer.ts';
import { OP } from '../../core/script/opcodes.ts';
import { WITNESS_SCALE_FACTOR } from '../../core/transaction/transaction.ts';
import type { BlockTemplate } from '../../mining/template.ts';
import { targetRows } from '../formats/block.ts';
import { group, type JsonRead, method, type RpcContext, type RpcRequest, refuse, t } from '../kit.ts';
import { readBlock } from '../texts.ts';
import { hashTextFrom, stringFrom } from '../values.ts';

/** Milliseconds after which a long poll also answers for new transactions, and how often it looks. */
const LONG_POLL_PATIENCE = 60_000;
const LONG_POLL_STEP = 10_000;
/** Paid in the template's own coinbase, which no miner sees. */
const ANYONE = Uint8Array.of(OP.OP_1);

async function judgeProposal({ data }: t.HeldFields<typeof fields>, { chain }: RpcContext) {
  if (typeof data !== 'string') throw refuse.type('Missing data String key for proposal');
  const block = readBlock(data);
  const known = chain.entry(block.hash);
  if (known !== undefined && known.failed !== 'none') return 'duplicate-invalid';
  if (known !== undefined) return known.validScripts ? 'duplicate' : 'duplicate-inconclusive';
  // BIP22: null is good news.
  return (await chain.testBlock(block))?.reason ?? null;
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
  if (signal.aborted) throw refuse.client_not_connected('Shutting down');
}

const templateTransaction = t.object({
  data: t.hex(),
  txid: t.hex(),
  hash: t.hex('With the witnesses: the wtxid'),
  depends: t.array(t.integer(), 'Those that must come before, the first being 1'),
  fee: t.number('Satoshis'),
  sigops: t.integer('As they count against sigoplimit'),
  weight: t.integer(),
});

/**
 * Written at once: objects for thousands of transactions took as long as everything else.
 * @param scale units of sigOpCost in one signature operation, as the template counts them
 */
function writeTransactions({ transactions }: BlockTemplate, scale: number) {
  const positions = new Map<string, number>();
  const written = transactions.map(({ tx, fee, sigOpCost, parents }, i) => {
    const { txid, wtxid, weight, inputs } = tx;
    positions.set(txid, i + 1);
    // One for each input, as Core has it.
    const before = parents?.size
      ? inputs.map(({ prevout }) => positions.get(toDisplayHex(prevout.txid)))
      : [];
    const depends = before.filter((position) => position !== undefined).join();
    const numbers = `"depends":[${depends}],"fee":${fee},"sigops":${sigOpCost / scale},"weight":${weight}`;
    return `{"data":"${toHex(tx.bytes)}","txid":"${txid}","hash":"${wtxid}",${numbers}}`;
  });
  return new JsonText(`[${written.join()}]`);
}

/** Names and bits of deployments in these states. */
const deploymentsIn = ({ parent }: BlockTemplate, { parameters }: RpcContext, ...states: DeploymentState[]) =>
  (parameters.versionBits ?? []).filter((each) => states.includes(deploymentState(parent, each)));

/** Before segwit a block's limits are in bytes and in signature operations as they are counted. */
const isSegwit = ({ height }: BlockTemplate, { parameters }: RpcContext): boolean =>
  height >= parameters.heights.segwit;
const scaleOf = (...told: Parameters<typeof isSegwit>): number =>
  isSegwit(...told) ? 1 : WITNESS_SCALE_FACTOR;

const shown = t.view<[template: BlockTemplate, context: RpcContext]>()({
  capabilities: [t.array(t.string()), () => ['proposal']],
  version: [t.integer(), ({ version }) => version],
  rules: [
    t.array(t.string(), 'In force; a ! before those that change the form of a block'),
    (template, context) => [
      ...(template.height >= context.parameters.heights.csv ? ['csv'] : []),
      ...(isSegwit(template, context) ? ['!segwit', 'taproot'] : []),
      ...deploymentsIn(template, context, 'active').map(({ name }) => name),
    ],
  ],
  vbavailable: [
    t.record(t.integer('Bit of the version'), 'rule'),
    (...told) =>
      Object.fromEntries(deploymentsIn(...told, 'started', 'locked_in').map(({ name, bit }) => [name, bit])),
  ],
  vbrequired: [t.integer('Bits of the version that must be set'), () => 0],
  previousblockhash: [t.hex(), ({ parent }) => parent.hash],
  transactions: [
    t.written(t.array(templateTransaction)),
    (template, context) => writeTransactions(template, scaleOf(template, context)),
  ],
  coinbaseaux: [t.record(t.hex(), 'name', 'What the script of the coinbase must hold'), () => ({})],
  coinbasevalue: [t.number('Satoshis: the reward with all fees'), ({ coinbaseValue }) => coinbaseValue],
  longpollid: [t.string(), (_, { chain, mempool }) => `${chain.tip.hash}${mempool.updates}`],
  target: targetRows.target,
  mintime: [t.time(), ({ minimumTime }) => minimumTime],
  mutable: [t.array(t.string(), 'What the miner may change'), () => ['time', 'transactions', 'prevblock']],
  noncerange: [t.hex(), () => '00000000ffffffff'],
  sigoplimit: [t.integer(), (...told) => MAX_BLOCK_SIGOPS_COST / scaleOf(...told)],
  sizelimit: [t.integer('Bytes'), (...told) => MAX_BLOCK_WEIGHT / scaleOf(...told)],
  weightlimit: [t.optional(t.integer()), (...told) => (isSegwit(...told) ? MAX_BLOCK_WEIGHT : undefined)],
  curtime: [t.time(), ({ time }) => time],
  bits: targetRows.bits,
  height: [t.integer(), ({ height }) => height],
  default_witness_commitment: [
    t.optional(t.hex('Script of the output that commits to the witnesses')),
    ({ witnessCommitment }) => (witnessCommitment === null ? undefined : toHex(witnessCommitment)),
  ],
});

const fields = {
  mode: t.optional(t.unread<string>(t.string('template or proposal')), 'template'),
  capabilities: t.optional(t.unread<readonly string[]>(t.array(t.string(), 'What the miner can do (BIP22)'))),
  rules: t.optional(
    t.unread<readonly string[]>(t.array(t.string(), 'Soft forks it knows; segwit must be one')),
  ),
  longpollid: t.optional(t.unread<string>(t.string('Of an earlier template: waits until it is out of date'))),
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
      'a template': shown,
    }),
    example: `'{"rules": ["segwit"]}'`,
    async handler({ template_request: request }, context, rpc) {
      const { chain, mempool, miner, network, parameters } = context;
      const mode = request.mode ?? 'template';
      if (mode === 'proposal') return judgeProposal(request, context);
      const rules = request.rules;
      const known = Array.isArray(rules) ? rules.map(stringFrom) : [];
      if (mode !== 'template') throw refuse.parameter('Invalid mode');
      if (parameters.maxTipAge !== 0 && !parameters.mineBlocksOnDemand) {
        if (network.connectionCount().total === 0)
          throw refuse.client_not_connected('Penny is not connected!');
        if (chain.isInitialBlockDownload)
          throw refuse.client_in_initial_download('Penny is in initial sync and waiting for blocks...');
      }
      const id = request.longpollid ?? null;
      if (id !== null) await longPoll(id, context, rpc);
      if (!known.includes('segwit'))
        throw refuse.parameter(
          'getblocktemplate must be called with the segwit rule set (call with {"rules": ["segwit"]})',
        );
      await mempool.settled();
      return shown.of(await miner.template(ANYONE), context);
    },
  }),

  submitblock: method({
    help: 'Offers a block that was found, and says what is wrong with it (BIP22).',
    parameters: { hexdata: t.hex(), dummy: t.optional(t.string('Without effect')) },
    result: t.cases('', { accepted: t.nothing(), refused: t.string('Why') }),
    async handler({ hexdata }, { chain, mempool, parameters }) {
      const decoded = readBlock(hexdata);
      const parent = chain.entry(decoded.header.prev);
      const segwit = parent !== undefined && parent.height + 1 >= parameters.heights.segwit;
      // Of a block that was pruned only the data is new.
      const known = chain.entry(decoded.hash);
      const wasActive = known !== undefined && chain.isActive(known);
      const verdict = await chain.acceptBlock(segwit ? withReservedValue(decoded) : decoded, {
        requested: true,
      });
      await mempool.settled();
      if (!verdict.ok) return verdict.invalid.reason;
      if (!verdict.new) return 'duplicate';
      return verdict.connected && !wasActive ? null : 'inconclusive';
    },
  }),
});
