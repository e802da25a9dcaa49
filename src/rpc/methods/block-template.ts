/** BIP22 and BIP23: templates and proposals. */
import type { Chain } from '../../chain/chain.ts';
import { targetFromBits } from '../../core/block/target.ts';
import { MAX_BLOCK_SIGOPS_COST, MAX_BLOCK_WEIGHT } from '../../core/consensus/limits.ts';
import { deploymentState } from '../../core/consensus/version-bits.ts';
import { toHex } from '../../core/encoding/bytes.ts';
import type { Invalid } from '../../core/encoding/errors.ts';
import { OP } from '../../core/script/opcodes.ts';
import type { BlockTemplate } from '../../mining/template.ts';
import type { RpcContext, RpcRequest } from '../context.ts';
import { decodeBlock } from '../decode.ts';
import { RpcCode, RpcError } from '../errors.ts';
import { hex32 } from '../formats/block.ts';
import type { JsonObject, JsonRead, JsonWritable } from '../json.ts';
import { defineMethod, type Method } from '../method.ts';
import { param } from '../parameter.ts';
import { result } from '../result.ts';
import { hashTextFrom, stringFrom } from '../values.ts';
import { waitForTip } from './waiting.ts';

/** Milliseconds after which a long poll also answers for new transactions, and how often it looks. */
const LONG_POLL_PATIENCE = 60_000;
const LONG_POLL_STEP = 10_000;
/** Paid in the template's own coinbase, which no miner sees. */
const ANYONE = Uint8Array.of(OP.OP_1);

const isTestChain = (chain: Chain): boolean =>
  chain.parameters.maxTipAge === 0 || chain.parameters.mineBlocksOnDemand;

/** BIP22: null is good news. */
const verdictText = (invalid: Invalid | null): string | null => (invalid === null ? null : invalid.reason);

async function judgeProposal(request: JsonObject, { chain }: RpcContext): Promise<JsonWritable> {
  const data = request.get('data');
  if (typeof data !== 'string')
    throw new RpcError(RpcCode.TYPE_ERROR, 'Missing data String key for proposal');
  const block = decodeBlock(data);
  if (block === null) throw new RpcError(RpcCode.DESERIALIZATION_ERROR, 'Block decode failed');
  const known = chain.entry(block.hash);
  if (known !== undefined && known.failed !== 'none') return 'duplicate-invalid';
  if (known !== undefined) return known.validScripts ? 'duplicate' : 'duplicate-inconclusive';
  return verdictText(await chain.testBlock(block));
}

/** Waits until what the caller has is out of date: `longpollid` is the tip's hash and a mempool sequence. */
async function longPoll(id: JsonRead, context: RpcContext, { signal }: RpcRequest): Promise<void> {
  const { chain, mempool, clock } = context;
  const text = typeof id === 'string' ? id : `${chain.tip.hash}${mempool.sequence}`;
  const hash = hashTextFrom(text.slice(0, 64), 'longpollid');
  const sequence = Number.parseInt(text.slice(64), 10) || 0;
  const start = clock.monotonic();
  while (chain.tip.hash === hash && !signal.aborted) {
    const patient = clock.monotonic() - start < LONG_POLL_PATIENCE;
    if (!patient && mempool.sequence !== sequence) return;
    await waitForTip(
      context,
      signal,
      patient ? LONG_POLL_PATIENCE : LONG_POLL_STEP,
      (tip) => tip.hash !== hash,
    );
  }
  if (signal.aborted) throw new RpcError(RpcCode.CLIENT_NOT_CONNECTED, 'Shutting down');
}

function templateJson(template: BlockTemplate, context: RpcContext): JsonWritable {
  const { chain, mempool } = context;
  const positions = new Map<string, number>();
  const transactions = template.transactions.map(({ tx, fee, sigOpCost }, i) => {
    positions.set(tx.txid, i + 1);
    const entry = mempool.get(tx.txid);
    const depends = Array.from(entry?.parents ?? [], (parent) => positions.get(parent.txid));
    return {
      data: toHex(tx.bytes),
      txid: tx.txid,
      hash: tx.wtxid,
      depends: depends.filter((position) => position !== undefined).sort((a, b) => a - b),
      fee,
      sigops: sigOpCost,
      weight: tx.weight,
    };
  });
  const { csv, segwit } = context.parameters.heights;
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
      ...(template.height >= segwit ? ['!segwit', 'taproot'] : []),
      ...deployments.filter(({ state }) => state === 'active').map(({ name }) => name),
    ],
    vbavailable: Object.fromEntries(pending.map(({ name, bit }) => [name, bit])),
    vbrequired: 0,
    previousblockhash: template.parent.hash,
    transactions,
    coinbaseaux: {},
    coinbasevalue: template.coinbaseValue,
    longpollid: `${chain.tip.hash}${mempool.sequence}`,
    target: targetFromBits(template.bits).target.toString(16).padStart(64, '0'),
    mintime: template.minimumTime,
    mutable: ['time', 'transactions', 'prevblock'],
    noncerange: '00000000ffffffff',
    sigoplimit: MAX_BLOCK_SIGOPS_COST,
    sizelimit: MAX_BLOCK_WEIGHT,
    weightlimit: MAX_BLOCK_WEIGHT,
    curtime: template.time,
    bits: hex32(template.bits),
    height: template.height,
    default_witness_commitment:
      template.witnessCommitment === null ? undefined : toHex(template.witnessCommitment),
  };
}

const getblocktemplate = defineMethod({
  name: 'getblocktemplate',
  category: 'Mining',
  description:
    "If the request parameters include a 'mode' key, that is used to explicitly select between the default 'template' request or a 'proposal'.\n" +
    'It returns data needed to construct a block to work on.\n' +
    'For full specification, see BIPs 22, 23, 9, and 145.',
  parameters: [
    param.object('template_request', 'Format of the template', [
      param.string('mode', 'This must be set to "template", "proposal" (see BIP 23), or omitted', {
        optional: true,
      }),
      param.array(
        'capabilities',
        'A list of strings',
        [
          param.string(
            'str',
            "client side supported feature, 'longpoll', 'coinbasevalue', 'proposal', 'serverlist', 'workid'",
            { optional: true },
          ),
        ],
        { optional: true },
      ),
      param.array('rules', 'A list of strings', [
        param.string('segwit', '(literal) indicates client side segwit support'),
        param.string('str', 'other client side supported softfork deployment', { optional: true }),
      ]),
      param.string(
        'longpollid',
        'delay processing request until the result would vary significantly from the "longpollid" of a prior template',
        { optional: true },
      ),
      param.hex(
        'data',
        'proposed block data to check, encoded in hexadecimal; valid only for mode="proposal"',
        { optional: true },
      ),
    ]),
  ],
  results: [
    result.none('', "If the proposal was accepted with mode=='proposal'", {
      condition: "If the proposal was accepted with mode=='proposal'",
    }),
    result.string('', 'According to BIP22', {
      condition: "If the proposal was not accepted with mode=='proposal'",
    }),
    result.object(
      '',
      '',
      [
        result.array('capabilities', '', [
          result.string('value', "A supported feature, for example 'proposal'"),
        ]),
        result.number('version', 'The preferred block version'),
        result.array('rules', 'specific block rules that are to be enforced', [
          result.string('', 'name of a rule the client must understand to some extent; see BIP 9 for format'),
        ]),
        result.keyed('vbavailable', 'set of pending, supported versionbit (BIP 9) softfork deployments', [
          result.number(
            'rulename',
            'identifies the bit number as indicating acceptance and readiness for the named softfork rule',
          ),
        ]),
        result.number('vbrequired', 'bit mask of versionbits the server requires set in submissions'),
        result.string('previousblockhash', 'The hash of current highest block'),
        result.array(
          'transactions',
          'contents of non-coinbase transactions that should be included in the next block',
          [
            result.object('', '', [
              result.hex('data', 'transaction data encoded in hexadecimal (byte-for-byte)'),
              result.hex('txid', 'transaction hash excluding witness data, shown in byte-reversed hex'),
              result.hex('hash', 'transaction hash including witness data, shown in byte-reversed hex'),
              result.array('depends', 'array of numbers', [
                result.number(
                  '',
                  "transactions before this one (by 1-based index in 'transactions' list) that must be present in the final block if this one is",
                ),
              ]),
              result.number(
                'fee',
                'difference in value between transaction inputs and outputs (in satoshis)',
              ),
              result.number('sigops', 'total SigOps cost, as counted for purposes of block limits'),
              result.number('weight', 'total transaction weight, as counted for purposes of block limits'),
            ]),
          ],
        ),
        result.keyed('coinbaseaux', "data that should be included in the coinbase's scriptSig content", [
          result.hex('key', 'values must be in the coinbase (keys may be ignored)'),
        ]),
        result.number(
          'coinbasevalue',
          'maximum allowable input to coinbase transaction, including the generation award and transaction fees (in satoshis)',
        ),
        result.string(
          'longpollid',
          'an id to include with a request to longpoll on an update to this template',
        ),
        result.string('target', 'The hash target'),
        result.time(
          'mintime',
          'The minimum timestamp appropriate for the next block time, expressed in UNIX epoch time',
        ),
        result.array('mutable', 'list of ways the block template may be changed', [
          result.string(
            'value',
            "A way the block template may be changed, e.g. 'time', 'transactions', 'prevblock'",
          ),
        ]),
        result.hex('noncerange', 'A range of valid nonces'),
        result.number('sigoplimit', 'limit of sigops in blocks'),
        result.number('sizelimit', 'limit of block size'),
        result.number('weightlimit', 'limit of block weight'),
        result.time('curtime', 'current timestamp in UNIX epoch time'),
        result.string('bits', 'compressed target of next block'),
        result.number('height', 'The height of the next block'),
        result.string(
          'default_witness_commitment',
          'a valid witness commitment for the unmodified block template',
          { optional: true },
        ),
      ],
      { condition: 'Otherwise' },
    ),
  ],
  examples: ['\'{"rules": ["segwit"]}\''],
  async handler([request], context, rpc) {
    const { chain, mempool, miner, network } = context;
    const mode = request.get('mode') ?? 'template';
    if (mode === 'proposal') return judgeProposal(request, context);
    const rules = request.get('rules');
    const known = Array.isArray(rules) ? rules.map(stringFrom) : [];
    if (mode !== 'template') throw new RpcError(RpcCode.INVALID_PARAMETER, 'Invalid mode');
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
    const id = request.get('longpollid') ?? null;
    if (id !== null) await longPoll(id, context, rpc);
    if (!known.includes('segwit'))
      throw new RpcError(
        RpcCode.INVALID_PARAMETER,
        'getblocktemplate must be called with the segwit rule set (call with {"rules": ["segwit"]})',
      );
    await mempool.settled();
    const template = await miner.template(ANYONE);
    return templateJson(template, context);
  },
});

export const blockTemplateMethods: readonly Method[] = [getblocktemplate];
