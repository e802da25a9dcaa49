/**
 * White paper section 5: a block against the coins that exist before it (Core's ConnectBlock), and back
 * again. Pure: what is to change is returned, and so are the scripts that must still be verified.
 */

import type { Block } from '../block/block.ts';
import type { BlockHash } from '../block/header.ts';
import { Invalid } from '../encoding/errors.ts';
import type { NetworkParameters } from '../parameters/network.ts';
import { isUnspendable } from '../script/script.ts';
import { sigOpCost } from '../script/sigops.ts';
import { isMoney, totalValue } from '../transaction/amount.ts';
import type { Coin, CoinView } from '../transaction/coin.ts';
import { OutPointMap } from '../transaction/outpoint-map.ts';
import { type OutPoint, outPointsOf, type Transaction, type TxOut } from '../transaction/transaction.ts';
import {
  BlockCoins,
  type BlockRemoval,
  type CoinChanges,
  type CoinLayer,
  type PlacedCoin,
} from './block-coins.ts';
import type { CheckedBlock } from './check-block.ts';
import { checkSpentCoins } from './check-inputs.ts';
import { blockScriptFlags } from './flags.ts';
import type { HeaderLink } from './header-link.ts';
import { MAX_BLOCK_SIGOPS_COST } from './limits.ts';
import { checkSequenceLocks, sequenceLocks } from './lock-time.ts';
import { blockSubsidy } from './subsidy.ts';
import type { BlockUndo } from './undo.ts';

/** All inputs of one transaction, to be verified under the block's script flags. */
export interface ScriptCheck {
  readonly tx: Transaction;
  /** What each input spends, in order. */
  readonly spent: readonly TxOut[];
  readonly flags: number;
}

export interface ConnectResult {
  readonly changes: CoinChanges;
  /** The same changes, to be asked for one coin: what the next block is judged upon until they are merged. */
  readonly layer: CoinLayer;
  readonly undo: BlockUndo;
  /** Satoshis. */
  readonly fees: bigint;
  /** Empty if scripts need not be verified. */
  readonly scriptChecks: readonly ScriptCheck[];
  readonly sigOpCost: number;
}

/** Where a block stands in the chain. */
export interface BlockPlace {
  readonly height: number;
  readonly hash: BlockHash;
  readonly parent: HeaderLink;
}

/** From this height a coinbase of before BIP34 could be repeated, for its scriptSig began like that height. */
const BIP34_IMPLIES_BIP30_LIMIT = 1_983_702;

/** One of the two blocks that repeat a coinbase whose coins were unspent. */
export function isBip30Exception(
  { height, hash }: Pick<BlockPlace, 'height' | 'hash'>,
  { bip30Exceptions }: NetworkParameters,
): boolean {
  return bip30Exceptions.some((exception) => exception.height === height && exception.hash === hash);
}

/**
 * BIP30: must no transaction of this block have the txid of one that has unspent outputs? Where it is not
 * asked, BIP34 makes it impossible: no two coinbases are equal, so no two transactions are.
 */
export function enforcesBip30({ height, hash, parent }: BlockPlace, parameters: NetworkParameters): boolean {
  const { heights, bip34Hash } = parameters;
  // The genesis coinbase is no coin, so with BIP34 from the first block there never was one to repeat.
  if (heights.bip34 <= 1) return false;
  if (height >= BIP34_IMPLIES_BIP30_LIMIT) return true;
  if (isBip30Exception({ height, hash }, parameters)) return false;
  if (bip34Hash === null || parent.height < heights.bip34) return true;
  return parent.ancestor(heights.bip34).header.hash !== bip34Hash;
}

/**
 * The coins that `connectBlock` will ask for, besides those that the block itself creates before. Of a
 * transaction of the block no other coins are there to be had, so its txid is enough to tell them.
 */
export function coinsNeeded(block: Block, place: BlockPlace, parameters: NetworkParameters): OutPoint[] {
  const needed: OutPoint[] = [];
  const before = new OutPointMap<true>();
  const bip30 = enforcesBip30(place, parameters);
  for (const tx of block.transactions) {
    if (!tx.isCoinbase)
      for (const { prevout } of tx.inputs)
        if (!before.has({ txid: prevout.txid, vout: 0 })) needed.push(prevout);
    before.set({ txid: tx.txidBytes, vout: 0 }, true);
    if (bip30) needed.push(...outPointsOf(tx));
  }
  return needed;
}

/**
 * @param coins as they are before the block; must know what `coinsNeeded` names.
 * @param scripts false where the scripts need not be verified (assumeValid).
 * @throws Invalid of kind `consensus`
 */
export function connectBlock(
  block: CheckedBlock,
  place: BlockPlace,
  coins: CoinView,
  parameters: NetworkParameters,
  { scripts }: { readonly scripts: boolean },
): ConnectResult {
  const { height, parent } = place;
  if (enforcesBip30(place, parameters)) checkBip30(block, coins);

  const flags = blockScriptFlags(place, parameters);
  const relativeLocks = height >= parameters.heights.csv;
  const view = new BlockCoins(coins);
  const undo: Coin[][] = [];
  const scriptChecks: ScriptCheck[] = [];
  let fees = 0n;
  let totalSigOpCost = 0;

  block.transactions.forEach((tx, index) => {
    let spent: TxOut[] = [];
    if (index > 0) {
      const found = tx.inputs.map((input) => view.spend(input.prevout));
      fees += checkSpentInBlock(tx, found, height, parameters);
      if (!isMoney(fees)) {
        const detail = 'accumulated fee in the block out of range';
        throw new Invalid('consensus', 'bad-txns-accumulated-fee-outofrange', detail);
      }
      const spentCoins = found as Coin[];
      if (relativeLocks && !checkSequenceLocks(sequenceLocks(tx, spentCoins, parent), parent)) {
        const detail = `contains a non-BIP68-final transaction ${tx.txid}`;
        throw new Invalid('consensus', 'bad-txns-nonfinal', detail);
      }
      undo.push(spentCoins);
      spent = spentCoins.map((coin) => coin.output);
      if (scripts) scriptChecks.push({ tx, spent, flags });
    }
    totalSigOpCost += sigOpCost(tx, spent, flags);
    if (totalSigOpCost > MAX_BLOCK_SIGOPS_COST)
      throw new Invalid('consensus', 'bad-blk-sigops', 'too many sigops');
    view.create(tx, height, index === 0);
  });

  const limit = fees + blockSubsidy(height, parameters);
  const paid = totalValue(block.transactions[0]!.outputs);
  if (paid > limit) {
    const detail = `coinbase pays too much (actual=${paid} vs limit=${limit})`;
    throw new Invalid('consensus', 'bad-cb-amount', detail);
  }
  return { changes: view.settle(), layer: view, undo, fees, scriptChecks, sigOpCost: totalSigOpCost };
}

/** @param coins must know all outputs of the block's transactions. @throws Invalid */
export function checkBip30(block: Block, coins: CoinView): void {
  for (const tx of block.transactions)
    if (outPointsOf(tx).some((outpoint) => coins.get(outpoint) !== undefined))
      throw new Invalid('consensus', 'bad-txns-BIP30', 'tried to overwrite transaction');
}

/** In a block there is nothing to wait for: a coin that is missing or not mature makes it invalid. */
function checkSpentInBlock(
  tx: Transaction,
  spent: readonly (Coin | undefined)[],
  height: number,
  parameters: NetworkParameters,
): bigint {
  try {
    return checkSpentCoins(tx, spent, height, parameters);
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    throw new Invalid('consensus', error.reason, `${error.detail} in transaction ${tx.txid}`);
  }
}

/**
 * The way back: what is `created` are the coins that the block had spent.
 * @throws Error if the undo data is not this block's, which only a broken disk can cause.
 */
export function disconnectBlock(block: Block, height: number, undo: BlockUndo): BlockRemoval {
  const [, ...spenders] = block.transactions;
  if (undo.length !== spenders.length || spenders.some((tx, i) => tx.inputs.length !== undo[i]!.length))
    throw new Error(`undo data does not belong to block ${block.hash}`);

  const createdHere = new OutPointMap<PlacedCoin>();
  for (const tx of block.transactions) {
    const coinbase = tx.isCoinbase;
    outPointsOf(tx).forEach((outpoint, vout) => {
      const output = tx.outputs[vout]!;
      if (!isUnspendable(output.scriptPubKey))
        createdHere.set(outpoint, { ...outpoint, output, height, coinbase });
    });
  }
  const created: PlacedCoin[] = [];
  spenders.forEach((tx, i) => {
    tx.inputs.forEach(({ prevout }, j) => {
      if (!createdHere.delete(prevout))
        created.push({ txid: prevout.txid, vout: prevout.vout, ...undo[i]![j]! });
    });
  });
  return { created, spent: Array.from(createdHere.entries(), ([, coin]) => coin) };
}
