/** What is mutated: real transactions and blocks where the shared vectors are, built ones everywhere. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Block } from '../../src/core/block/block.ts';
import { fromHex } from '../../src/core/encoding/bytes.ts';
import { Reader } from '../../src/core/encoding/reader.ts';
import { MANDATORY_FLAGS } from '../../src/core/script/flags.ts';
import { readTxOut, Transaction, type TxOut } from '../../src/core/transaction/transaction.ts';
import { buildCase, RULE_CASES } from '../../test/support/rule-cases.ts';

/** A transaction and what it spends, valid under these flags. */
export interface Spend {
  readonly tx: Transaction;
  readonly spent: readonly TxOut[];
  readonly flags: number;
}

export interface Material {
  readonly transactions: readonly Transaction[];
  readonly blocks: readonly Block[];
  readonly spends: readonly Spend[];
}

/** Blocks that just keep each rule, of a size that can be mutated often. */
function builtMaterial(): Material {
  const cases = RULE_CASES.map(buildCase);
  const blocks = cases.map(({ valid }) => valid).filter((block) => block.bytes.length < 20_000);
  const spends = cases.flatMap(({ chain, valid }) => chain.check(valid).scriptChecks);
  return { transactions: blocks.flatMap((block) => block.transactions), blocks, spends };
}

const VECTORS = process.env.PENNY_VECTORS ?? resolve(import.meta.dirname, '../../../shared/vectors');

/** Every so many transactions of a large block are taken. */
const STRIDE = 40;

function realMaterial(): Material {
  const folder = join(VECTORS, 'blocks');
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const read = (name: string): Uint8Array => new Uint8Array(readFileSync(join(folder, name)));
  const blocks: Block[] = [];
  const spends: Spend[] = [];
  for (const name of names.filter((name) => name.endsWith('.raw') && !name.endsWith('.undo.raw'))) {
    const block = Block.decode(read(name));
    blocks.push(block);
    const undo = name.replace('.raw', '.undo.raw');
    if (!names.includes(undo)) continue;
    const reader = new Reader(read(undo));
    // What holds for the oldest of these blocks holds for all: their scripts are plain.
    const all = block.transactions
      .slice(1)
      .map((tx) => ({ tx, spent: tx.inputs.map(() => readTxOut(reader)), flags: MANDATORY_FLAGS }));
    spends.push(...all.filter(({ spent }, i) => i % STRIDE === 0 && spent.length < 20));
  }
  return { transactions: [...historical(), ...spends.map(({ tx }) => tx)], blocks, spends };
}

function historical(): Transaction[] {
  const path = join(VECTORS, 'tx/historical_txs.json');
  if (!existsSync(path)) return [];
  const rows = JSON.parse(readFileSync(path, 'utf8')) as { hex: string }[];
  return rows.map(({ hex }) => Transaction.decode(fromHex(hex)));
}

/** @param real whether to take the shared vectors as well. */
export function loadMaterial(real: boolean): Material {
  const built = builtMaterial();
  if (!real) return built;
  const { transactions, blocks, spends } = realMaterial();
  return {
    transactions: [...built.transactions, ...transactions],
    blocks: [...built.blocks, ...blocks],
    spends: [...built.spends, ...spends],
  };
}
