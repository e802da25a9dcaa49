/**
 * Real blocks: form, commitments and rules that need no chain; with the outputs that a block spends also
 * amounts, signature operations, and every script of every input.
 */
import { isDeepStrictEqual } from 'node:util';
import { Block } from '../../src/core/block/block.ts';
import { BlockHeader } from '../../src/core/block/header.ts';
import { checkBlock } from '../../src/core/consensus/check-block.ts';
import {
  committedHash,
  witnessCommitment,
  witnessCommitmentIndex,
} from '../../src/core/consensus/commitment.ts';
import { connectBlock } from '../../src/core/consensus/connect-block.ts';
import { checkWitnessCommitment } from '../../src/core/consensus/contextual.ts';
import { blockScriptFlags } from '../../src/core/consensus/flags.ts';
import type { HeaderLink } from '../../src/core/consensus/header-link.ts';
import { blockSubsidy } from '../../src/core/consensus/subsidy.ts';
import { type BlockUndo, decodeUndo, encodeUndo } from '../../src/core/consensus/undo.ts';
import { concatBytes, equalBytes, toHex } from '../../src/core/encoding/bytes.ts';
import { sha256 } from '../../src/core/encoding/hashes.ts';
import { Reader } from '../../src/core/encoding/reader.ts';
import type { NetworkParameters } from '../../src/core/parameters/network.ts';
import { flagsFromNames } from '../../src/core/script/flags.ts';
import { SighashContext } from '../../src/core/script/sighash.ts';
import type { SignatureEngine } from '../../src/core/script/signature-engine.ts';
import { verifyInput } from '../../src/core/script/verify.ts';
import type { Coin } from '../../src/core/transaction/coin.ts';
import { OutPointMap } from '../../src/core/transaction/outpoint-map.ts';
import { readTxOut, type TxOut } from '../../src/core/transaction/transaction.ts';
import { conformanceEngine } from './engine.ts';
import { parametersOf } from './networks.ts';
import { type ConformanceModule, expectEqual, expectTrue, type Report, type VectorFile } from './suite.ts';

interface BlockFacts {
  readonly file: string;
  readonly network: string;
  readonly height: number;
  readonly hash: string;
  readonly prev_hash: string;
  readonly merkle_root: string;
  readonly version: number;
  readonly time: number;
  readonly bits: string;
  readonly nonce: number;
  readonly size: number;
  readonly stripped_size: number;
  readonly weight: number;
  readonly tx_count: number;
  readonly input_count: number;
  readonly output_count: number;
  readonly witness_tx_count: number;
  readonly coinbase_value: number;
  readonly subsidy: number;
  readonly witness_commitment_ok: boolean | null;
  readonly script_flags: readonly string[];
  readonly txids_sha256: string;
  readonly wtxids_sha256: string;
  readonly first_txid: string;
  readonly last_txid: string;
  readonly undo_file?: string;
  readonly undo_coins?: number;
  readonly total_in?: number;
  readonly total_out?: number;
  readonly fees?: number;
  readonly sigop_cost?: number;
}

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

function bytesOf(file: VectorFile, path: string): Uint8Array {
  const other = file.other(baseName(path));
  if (other === undefined) throw new Error(`${path} is not there`);
  return other.bytes();
}

async function runBlocks(file: VectorFile, report: Report): Promise<void> {
  const engine = await conformanceEngine();
  report.each(file.json<BlockFacts[]>(), (facts) => {
    const name = baseName(facts.file);
    const parameters = parametersOf(facts.network, file);
    const block = Block.decode(bytesOf(file, facts.file));
    report.row(`${name}: form`, () => checkForm(block, facts));
    report.row(`${name}: rules without the chain`, () => checkRules(block, facts, parameters));
    const { undo_file } = facts;
    if (undo_file === undefined) return;
    const spent = readFlatUndo(block, bytesOf(file, undo_file));
    report.row(`${name}: connecting it`, () => checkConnected(block, spent, facts, parameters));
    report.row(`${name}: scripts of all inputs`, () => checkScripts(block, spent, facts, engine));
  });
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

function checkForm(block: Block, facts: BlockFacts): void {
  const { header, transactions } = block;
  const [coinbase, ...others] = transactions;
  const got = {
    hash: header.hash as string,
    prev_hash: header.prev as string,
    merkle_root: toHex(header.merkleRoot.slice().reverse()),
    version: header.version,
    time: header.time,
    bits: header.bits.toString(16).padStart(8, '0'),
    nonce: header.nonce,
    size: block.bytes.length,
    stripped_size: block.strippedSize,
    weight: block.weight,
    tx_count: transactions.length,
    input_count: sum(others.map((tx) => tx.inputs.length)),
    output_count: sum(transactions.map((tx) => tx.outputs.length)),
    witness_tx_count: transactions.filter((tx) => tx.hasWitness).length,
    coinbase_value: sum(coinbase!.outputs.map((output) => Number(output.value))),
    txids_sha256: toHex(sha256(concatBytes(...transactions.map((tx) => tx.txidBytes)))),
    wtxids_sha256: toHex(sha256(concatBytes(...transactions.map((tx) => tx.wtxidBytes)))),
    first_txid: coinbase!.txid as string,
    last_txid: transactions.at(-1)!.txid as string,
  };
  for (const [field, value] of Object.entries(got))
    expectEqual(value, facts[field as keyof BlockFacts], field);
  const again = Block.from(BlockHeader.from(header), transactions);
  expectEqual(toHex(again.bytes), toHex(block.bytes), 'encoded again');
}

function checkRules(block: Block, facts: BlockFacts, parameters: NetworkParameters): void {
  checkBlock(block, parameters);
  checkWitnessCommitment(block, facts.height >= parameters.heights.segwit);
  expectEqual(blockSubsidy(facts.height, parameters), BigInt(facts.subsidy), 'subsidy');
  const flags = blockScriptFlags({ height: facts.height, hash: facts.hash }, parameters);
  expectEqual(flags, flagsFromNames(facts.script_flags), 'script flags');
  expectEqual(isCommitmentRight(block), facts.witness_commitment_ok, 'witness commitment');
}

function isCommitmentRight(block: Block): boolean | null {
  const index = witnessCommitmentIndex(block);
  if (index < 0) return null;
  const coinbase = block.transactions[0]!;
  const reserved = coinbase.inputs[0]!.witness[0] ?? new Uint8Array(32);
  const committed = committedHash(coinbase.outputs[index]!.scriptPubKey);
  return equalBytes(committed, witnessCommitment(block.transactions, reserved));
}

/** Outputs without height and coinbase flag, in the order of the inputs. */
function readFlatUndo(block: Block, bytes: Uint8Array): Coin[][] {
  const reader = new Reader(bytes);
  const spent = block.transactions
    .slice(1)
    .map((tx) => tx.inputs.map(() => ({ output: readTxOut(reader), height: 1, coinbase: false })));
  reader.finish();
  return spent;
}

function checkConnected(
  block: Block,
  spent: readonly (readonly Coin[])[],
  facts: BlockFacts,
  parameters: NetworkParameters,
): void {
  const coins = new OutPointMap<Coin>();
  block.transactions.slice(1).forEach((tx, i) => {
    tx.inputs.forEach(({ prevout }, j) => {
      coins.set(prevout, spent[i]![j]!);
    });
  });
  // What the block creates itself was not there before.
  for (const tx of block.transactions)
    for (const vout of tx.outputs.keys()) coins.delete({ txid: tx.txidBytes, vout });
  // Nothing is known of the blocks before: to relative locks, every coin is an old one.
  const parent: HeaderLink = {
    height: facts.height - 1,
    header: block.header,
    parent: null,
    medianTimePast: block.header.time - 1,
    ancestor: () => ({ ...parent, medianTimePast: 0 }),
  };
  const place = { height: facts.height, hash: block.hash, parent };
  const checked = checkBlock(block, parameters);
  const result = connectBlock(checked, place, coins, parameters, { scripts: true });
  const total = (values: readonly bigint[]): bigint => values.reduce((all, value) => all + value, 0n);
  const others = block.transactions.slice(1);
  expectEqual(
    {
      undo_coins: sum(result.undo.map((of) => of.length)),
      total_in: Number(total(result.undo.flat().map((coin) => coin.output.value))),
      total_out: Number(total(others.flatMap((tx) => tx.outputs.map((output) => output.value)))),
      fees: Number(result.fees),
      sigop_cost: result.sigOpCost,
    },
    {
      undo_coins: facts.undo_coins,
      total_in: facts.total_in,
      total_out: facts.total_out,
      fees: facts.fees,
      sigop_cost: facts.sigop_cost,
    },
  );
  const outputs = (undo: BlockUndo): TxOut[] => undo.flat().map((coin) => coin.output);
  expectTrue(isDeepStrictEqual(outputs(result.undo), outputs(spent)), 'undo data is what was spent');
  const again = decodeUndo(encodeUndo(result.undo));
  expectTrue(isDeepStrictEqual(again, result.undo), 'undo data is decoded to what was encoded');
}

function checkScripts(
  block: Block,
  spent: readonly (readonly Coin[])[],
  facts: BlockFacts,
  engine: SignatureEngine,
): void {
  const flags = flagsFromNames(facts.script_flags);
  block.transactions.slice(1).forEach((tx, i) => {
    const outputs = spent[i]!.map((coin) => coin.output);
    const context = new SighashContext(tx, outputs);
    outputs.forEach((output, j) => {
      expectEqual(verifyInput(tx, j, output, flags, context, engine), null, `input ${j} of ${tx.txid}`);
    });
  });
}

export const conformance: ConformanceModule = {
  runners: { 'blocks.json': runBlocks },
  companions: ['*.undo.raw', 'main-*.raw', 'test3-*.raw'],
};
