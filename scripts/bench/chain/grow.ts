/**
 * A chain that has few coins at first and many at the end, with the same kind of blocks there and there: as many coins
 * made as spent, drawn from all. Nothing is signed (P2WSH of OP_TRUE), so that coins are what these blocks cost.
 */
import type { Block } from '../../../src/core/block/block.ts';
import { genesisBlock } from '../../../src/core/consensus/genesis.ts';
import { sha256 } from '../../../src/core/encoding/hashes.ts';
import { REGTEST } from '../../../src/core/parameters/presets.ts';
import { OP } from '../../../src/core/script/opcodes.ts';
import { p2wsh } from '../../../src/core/script/templates.ts';
import { SEQUENCE_FINAL, Transaction } from '../../../src/core/transaction/transaction.ts';
import { mineBlock } from './mine-block.ts';

const ANYONE = Uint8Array.of(OP.OP_1);
const SCRIPT = p2wsh(sha256(ANYONE));
const NOTHING = new Uint8Array(0);

/** Coins that a measured block spends and makes, two a transaction. */
export const COINS_A_BLOCK = 2_500;
/** Coins that one transaction makes where the chain grows, and a block of such. */
const FAN = 2_500;
const FANS_A_BLOCK = 8;

interface Growth {
  /** Coins at the end. */
  readonly coins: number;
  /** Measured ones, at first and at the end. */
  readonly blocks: number;
}

/** Heights between which coins are few, and many. */
export function measuredHeights({ coins, blocks }: Growth): {
  few: [number, number];
  many: [number, number];
} {
  const first = REGTEST.coinbaseMaturity + 1;
  const grown = first + blocks + Math.ceil(coins / (FAN * FANS_A_BLOCK));
  return { few: [first, first + blocks], many: [grown, grown + blocks] };
}

export function* growChain(growth: Growth): Iterable<Block> {
  /** Transactions, and their unspent outputs by number: as objects, five million coins would fill the heap. */
  const sources: { readonly txid: Uint8Array; readonly value: bigint }[] = [];
  const coins: number[] = [];
  let state = 1;
  const below = (bound: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
  const keep = (tx: Transaction, count: number): void => {
    for (let vout = 0; vout < count; vout++) coins.push(sources.length * FAN + vout);
    sources.push({ txid: tx.txidBytes, value: tx.outputs[0]!.value });
  };
  const take = () => {
    const at = below(coins.length);
    const coin = coins[at]!;
    coins[at] = coins.at(-1)!;
    coins.pop();
    return { ...sources[Math.floor(coin / FAN)]!, vout: coin % FAN };
  };
  let fees = 0n;
  const pay = (inputs: number, outputs: number): Transaction => {
    const spent = Array.from({ length: inputs }, take);
    const value = spent.reduce((sum, coin) => sum + coin.value, 0n);
    const each = value / BigInt(outputs);
    fees += value - each * BigInt(outputs);
    return Transaction.from({
      version: 2,
      inputs: spent.map(({ txid, vout }) => ({
        prevout: { txid, vout },
        scriptSig: NOTHING,
        sequence: SEQUENCE_FINAL,
        witness: [ANYONE],
      })),
      outputs: Array.from({ length: outputs }, () => ({ value: each, scriptPubKey: SCRIPT })),
      lockTime: 0,
    });
  };

  const { few, many } = measuredHeights(growth);
  const isMeasured = (height: number): boolean =>
    [few, many].some(([before, last]) => height > before && height <= last);
  const immature: Transaction[] = [];
  let tip = genesisBlock(REGTEST).header;
  for (let height = 1; height <= many[1]; height++) {
    if (height > REGTEST.coinbaseMaturity) keep(immature.shift()!, 1);
    const payments: Transaction[] = [];
    const [count, inputs, outputs] = isMeasured(height) ? [COINS_A_BLOCK / 2, 2, 2] : [FANS_A_BLOCK, 1, FAN];
    fees = 0n;
    while (payments.length < count && coins.length >= inputs) payments.push(pay(inputs, outputs));
    // What a block makes, the next ones spend.
    for (const payment of payments) keep(payment, outputs);
    const block = mineBlock(tip, height, { fees, script: SCRIPT }, payments);
    immature.push(block.transactions[0]!);
    tip = block.header;
    yield block;
  }
}
