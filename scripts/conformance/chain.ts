/** Whole chains through the chain's own door: real blocks, reorganisations, and every way to be invalid. */
import { Chain } from '../../src/chain/chain.ts';
import type { BlockVerdict } from '../../src/chain/events.ts';
import { encodeSnapshotCoins, encodeSnapshotHeader } from '../../src/chain/utxo-snapshot.ts';
import { type UtxoHashKind, utxoStatistics } from '../../src/chain/utxo-statistics.ts';
import { Block } from '../../src/core/block/block.ts';
import { type BlockHash, BlockHeader } from '../../src/core/block/header.ts';
import { merkleRoot } from '../../src/core/block/merkle.ts';
import { encodeUndo } from '../../src/core/consensus/undo.ts';
import { concatBytes, fromHex, toDisplayHex, toHex } from '../../src/core/encoding/bytes.ts';
import { DecodeError, Invalid } from '../../src/core/encoding/errors.ts';
import { Reader } from '../../src/core/encoding/reader.ts';
import type { NetworkParameters } from '../../src/core/parameters/network.ts';
import { MAIN, REGTEST } from '../../src/core/parameters/presets.ts';
import { decodeAddress } from '../../src/core/script/address.ts';
import { pushNumber, script } from '../../src/core/script/script.ts';
import {
  NO_WITNESS,
  NULL_OUTPOINT,
  SEQUENCE_FINAL,
  Transaction,
} from '../../src/core/transaction/transaction.ts';
import { InlineScriptVerifier } from '../../src/platform/memory/inline-script-verifier.ts';
import { MemoryStorage } from '../../src/platform/memory/memory-storage.ts';
import { SystemClock } from '../../src/platform/node/clock.ts';
import { systemRandom } from '../../src/platform/node/random.ts';
import { conformanceEngine } from './engine.ts';
import { MemoryNode } from './memory-node.ts';
import { settings } from './settings.ts';
import { type ConformanceModule, expectEqual, expectTrue, Report, type VectorFile } from './suite.ts';

async function openChain(parameters: NetworkParameters): Promise<Chain> {
  const clock = new SystemClock();
  const scriptVerifier = new InlineScriptVerifier(await conformanceEngine(), clock);
  const storage = new MemoryStorage();
  const logger = { log: () => {} };
  const { dbcache } = settings;
  return Chain.open(
    { ...(dbcache !== undefined && { dbcache }) },
    { parameters, clock, random: systemRandom, storage, scriptVerifier, logger },
  );
}

interface UtxoFacts {
  readonly height: number;
  readonly bestblock: string;
  readonly chainwork: string;
  readonly chain_tx_count: number;
  readonly txouts: number;
  readonly transactions: number;
  readonly bogosize: number;
  readonly total_amount_sat: number;
  readonly hash_serialized_3: string;
  readonly muhash: string;
}

async function checkUtxo(chain: Chain, facts: UtxoFacts, report: Report): Promise<void> {
  const statistics = async (kind: UtxoHashKind) => utxoStatistics((await chain.snapshotCoins()).coins, kind);
  await report.rowAsync('gettxoutsetinfo', async () => {
    const { transactions, coins, bogoSize, amount } = await statistics('none');
    expectEqual(
      [chain.height, chain.tip.hash, chain.tip.chainWork, chain.tip.chainTransactionCount],
      [facts.height, facts.bestblock, BigInt(`0x${facts.chainwork}`), facts.chain_tx_count],
    );
    expectEqual(
      [transactions, coins, bogoSize, amount],
      [facts.transactions, facts.txouts, facts.bogosize, BigInt(facts.total_amount_sat)],
    );
  });
  await report.eachAsync(['hash_serialized_3', 'muhash'] as const, (kind) =>
    report.rowAsync(kind, async () => {
      const { hash } = await statistics(kind);
      expectEqual(toDisplayHex(hash!), facts[kind]);
    }),
  );
}

/** The blocks of a file in Core's blk format. */
function* recordsOf(bytes: Uint8Array, magic: Uint8Array): Generator<Block> {
  for (const reader = new Reader(bytes); reader.remaining > 0; ) {
    expectEqual(toHex(reader.view(4)), toHex(magic), 'magic');
    yield Block.decode(reader.view(reader.uint32()));
  }
}

async function runFirstBlocks(file: VectorFile, report: Report): Promise<void> {
  interface Facts {
    readonly genesis_hex: string;
    readonly tip: string;
    readonly blocks_with_spends: readonly { height: number; hash: string; core_block_undo: string }[];
    readonly utxo: UtxoFacts;
  }
  const facts = file.json<Facts>();
  const chain = await openChain(MAIN);
  report.row('genesis', () => expectEqual(chain.genesis.hash, Block.decode(fromHex(facts.genesis_hex)).hash));
  const blocks = file.other(file.name.replace(/\.json$/, '.blk.dat'))!;
  await report.eachAsync(recordsOf(blocks.bytes(), MAIN.magic), (block) =>
    report.rowAsync(`block ${block.hash}`, async () => {
      expectEqual(await chain.acceptBlock(block), { ok: true, new: true, connected: true });
    }),
  );
  report.row('tip', () => expectEqual(chain.tip.hash, facts.tip));
  await report.eachAsync(facts.blocks_with_spends, ({ height, hash, core_block_undo }) =>
    report.rowAsync(`undo of ${height}`, async () => {
      const entry = chain.entryAt(height)!;
      expectEqual(entry.hash, hash);
      expectEqual(toHex(encodeUndo(await chain.blocks.readUndo(entry))), core_block_undo);
    }),
  );
  await checkUtxo(chain, facts.utxo, report);
  await chain.close();
}

/** As the vectors' README describes the alternative chain of 2016 blocks. */
function alternativeHeader(height: number, prevHash: Uint8Array, time: number, nonce: number): BlockHeader {
  const scriptSig = height <= 16 ? concatBytes(pushNumber(height), Uint8Array.of(0)) : pushNumber(height);
  const coinbase = Transaction.from({
    version: 2,
    inputs: [{ prevout: NULL_OUTPOINT, scriptSig, sequence: SEQUENCE_FINAL, witness: NO_WITNESS }],
    outputs: [{ value: 5_000_000_000n, scriptPubKey: ALTERNATIVE_PAYEE }],
    lockTime: 0,
  });
  const bits = height < 2016 ? 0x1d00ffff : 0x1c3fffc0;
  const root = merkleRoot([coinbase.txidBytes]).root;
  return BlockHeader.from({ version: 0x20000000, prevHash, merkleRoot: root, time, bits, nonce });
}

const ALTERNATIVE_PAYEE = script(0x76, 0xa9, fromHex('eadbac7f36c37e39361168b7aaee3cb24a25312d'), 0x88, 0xac);
const ALTERNATIVE_TIP = '000000000c806553811fd3e6c40bc9c279db53643da7d3b401a9882c074c24b2';

async function runAlternativeHeaders(file: VectorFile, report: Report): Promise<void> {
  const { timestamps, nonces } = file.json<{ timestamps: number[]; nonces: number[] }>();
  const chain = await openChain(MAIN);
  let prevHash = chain.genesis.hashBytes;
  timestamps.forEach((time, i) => {
    report.row(`header ${i + 1}`, () => {
      const header = alternativeHeader(i + 1, prevHash, time, nonces[i]!);
      const verdict = chain.acceptHeaders([header]);
      expectEqual(verdict.ok || verdict.invalid.message, true);
      prevHash = header.hashBytes;
    });
  });
  report.row('last header', () => expectEqual(chain.bestHeader.hash, ALTERNATIVE_TIP));
  await chain.close();
}

async function runReorganisation(file: VectorFile, report: Report): Promise<void> {
  interface Facts {
    readonly order: readonly string[];
    readonly final_tip: string;
    readonly blocks: readonly { name: string; hash: string; prev: string; hex: string }[];
  }
  const facts = file.json<Facts>();
  const chain = await openChain({ ...MAIN, coinbaseMaturity: 1 });
  let best = chain.tip;
  await report.eachAsync(facts.order, (name) =>
    report.rowAsync(`block ${name}`, async () => {
      const { hash, hex } = facts.blocks.find((block) => block.name === name)!;
      const verdict = await chain.acceptBlock(Block.decode(fromHex(hex)));
      expectEqual(verdict.ok || verdict.invalid.message, true);
      const entry = chain.entry(hash as BlockHash)!;
      // More work than all before: the tip. As much or less: a side branch.
      if (entry.chainWork > best.chainWork) best = entry;
      expectEqual(chain.tip.hash, best.hash, 'tip');
    }),
  );
  const last = facts.blocks.find(({ name }) => name === facts.final_tip)!;
  report.row('final tip', () => expectEqual(chain.tip.hash, last.hash));
  await chain.close();
}

async function runRegtest(file: VectorFile, report: Report): Promise<void> {
  interface Facts {
    readonly mocktime: number;
    readonly address: string;
    readonly blocks: readonly string[];
    readonly hashes: readonly string[];
    readonly utxo: UtxoFacts;
    readonly dumptxoutset: { readonly file: string };
  }
  const facts = file.json<Facts>();
  const miner = await MemoryNode.open(REGTEST, facts.mocktime);
  const mined = await miner.node.miner.mineBlocks(100, decodeAddress(facts.address, REGTEST));
  facts.hashes.forEach((hash, i) => {
    report.row(`block ${i + 1} as Penny mines it`, () => expectEqual(mined[i], hash));
  });
  await miner.stop();

  const memory = await MemoryNode.open(REGTEST, facts.mocktime);
  const { chain } = memory.node;
  await report.eachAsync(facts.blocks, (hex, i) =>
    report.rowAsync(`block ${i + 1}`, async () => {
      const verdict = await chain.acceptBlock(Block.decode(fromHex(hex)));
      expectEqual(verdict, { ok: true, new: true, connected: true });
      expectEqual(chain.tip.hash, facts.hashes[i]);
    }),
  );
  await checkUtxo(chain, facts.utxo, report);
  await report.rowAsync('dumptxoutset', async () => {
    const { tip, coins } = await chain.snapshotCoins();
    const header = { magic: REGTEST.magic, base: tip.hashBytes, coins: facts.utxo.txouts };
    const pieces = [encodeSnapshotHeader(header)];
    for await (const piece of encodeSnapshotCoins(coins)) pieces.push(piece);
    const expected = file.other(facts.dumptxoutset.file.split('/').at(-1)!)!;
    expectEqual(toHex(concatBytes(...pieces)), toHex(expected.bytes()));
  });
  await memory.stop();
}

interface Step {
  readonly step: number;
  readonly op: string;
  /** Hex of blocks; one for a proposal. */
  readonly hex?: readonly string[] | string;
  readonly names?: readonly string[];
  readonly becomes_tip?: boolean;
  readonly tip_after?: string;
  readonly reject_reason?: string | null;
  readonly core_submitblock?: readonly (string | null)[];
  readonly bip34_height?: number;
  readonly time?: number;
  readonly expect?: string | null;
}

/** Part 2 goes on where part 1 ended. */
const PARTS = ['feature_block_part1.jsonl.gz', 'feature_block_part2.jsonl.gz'];

async function runFeatureBlock(file: VectorFile, report: Report): Promise<void> {
  let memory: MemoryNode | undefined;
  for (const name of PARTS) {
    const part = name === file.name ? file : file.other(name);
    if (part === undefined) throw new Error(`${name} is needed, and not there`);
    // An earlier part only leads up to this one; its own rows are counted where it is run itself.
    const rows = part === file ? report : new Report();
    for (const line of part.lines()) {
      const step = JSON.parse(line) as Step;
      if (step.op === 'config') {
        const heights = { ...REGTEST.heights, bip34: step.bip34_height! };
        // Core's test runs with -acceptnonstdtxn: transactions that come back into the mempool are odd.
        const mempool = { requireStandard: false };
        memory = await MemoryNode.open({ ...REGTEST, heights }, 0, { mempool });
      } else
        await rows.rowAsync(`step ${step.step} ${step.names?.at(-1) ?? step.op}`, () =>
          runStep(step, memory!),
        );
    }
    if (part === file) break;
  }
  await memory?.stop();
}

async function runStep(step: Step, memory: MemoryNode): Promise<void> {
  const { chain, clock } = memory.node;
  switch (step.op) {
    case 'setmocktime':
      return clock.setMockTime(step.time!);
    case 'blocks':
      return submitBlocks(step, chain);
    case 'proposal': {
      const invalid = await chain.testBlock(Block.decode(fromHex(step.hex as string)));
      return expectEqual(invalid?.reason ?? null, step.expect);
    }
    case 'invalidateblock':
      return chain.invalidate(hashIn(step) as BlockHash);
    case 'expect_mempool': {
      const { result } = await memory.call('getrawmempool', '[]');
      return expectEqual((result as string[]).sort(), hashesIn(step).sort());
    }
    case 'expect_txout': {
      const vout = numberIn(step, ['n', 'vout', 'index']) ?? 0;
      const { result } = await memory.call('gettxout', JSON.stringify([hashIn(step), vout]));
      const { confirmations = null } = (result ?? {}) as { confirmations?: number };
      return expectEqual(confirmations, numberIn(step, ['confirmations', 'expect']) ?? null);
    }
    default:
      throw new Error(`unknown step ${step.op}`);
  }
}

async function submitBlocks(step: Step, chain: Chain): Promise<void> {
  const answers: (string | null)[] = [];
  const reasons: string[] = [];
  const unsubscribe = chain.refused.subscribe(({ invalid }) => reasons.push(invalid.message));
  for (const hex of step.hex as readonly string[]) {
    const verdict = await submit(hex, chain);
    if (!verdict.ok) reasons.push(verdict.invalid.message);
    answers.push(submitAnswer(verdict));
  }
  unsubscribe();
  expectEqual(chain.tip.hash, step.tip_after, 'tip');
  if (step.core_submitblock !== undefined) expectEqual(answers, step.core_submitblock, 'submitblock');
  const wanted = step.reject_reason;
  if (wanted == null) return;
  expectTrue(
    reasons.some((reason) => reason.includes(wanted)),
    `expected the reason ${wanted}, got ${JSON.stringify(reasons)}`,
  );
}

/** Some hex is no block on purpose: RPC says -22, peers are cut off, and nothing changes. */
async function submit(hex: string, chain: Chain): Promise<BlockVerdict> {
  try {
    return await chain.acceptBlock(Block.decode(fromHex(hex)));
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { ok: false, invalid: new Invalid('consensus', 'Block decode failed', error.message) };
  }
}

/** What RPC submitblock answers. */
function submitAnswer(verdict: BlockVerdict): string | null {
  if (!verdict.ok) return verdict.invalid.reason;
  if (!verdict.new) return 'duplicate';
  return verdict.connected ? null : 'inconclusive';
}

/** The one hash in a step, whatever its name. */
function hashIn(step: Step): string {
  const hash = Object.values(step).find((value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value));
  if (hash === undefined) throw new Error(`no hash in step ${step.step}`);
  return hash as string;
}

/** The list of hashes in a step; an empty list counts. */
function hashesIn(step: Step): string[] {
  const list = Object.values(step).find((value) => Array.isArray(value));
  if (list === undefined) throw new Error(`no list in step ${step.step}`);
  return [...(list as string[])];
}

function numberIn(step: Step, names: readonly string[]): number | undefined {
  const found = names.map((name) => (step as unknown as Record<string, unknown>)[name]);
  return found.find((value) => typeof value === 'number') as number | undefined;
}

export const conformance: ConformanceModule = {
  runners: {
    'main_1_255.json': runFirstBlocks,
    'mainnet_alt.json': runAlternativeHeaders,
    'main_reorg_btcd.json': runReorganisation,
    'regtest_100.json': runRegtest,
    'feature_block_part*.jsonl.gz': runFeatureBlock,
  },
  companions: ['main_1_255.blk.dat', 'regtest_100.utxosnapshot.dat'],
};
