/**
 * A deterministic, valid regtest chain of blocks full of payments: the same options give the same bytes. The
 * first hundred blocks are empty, so that coinbases mature; then few coins are split into many, until every
 * block can have as many payments as asked for.
 */
import type { Block } from '../../../src/core/block/block.ts';
import { genesisBlock } from '../../../src/core/consensus/genesis.ts';
import { MAX_BLOCK_WEIGHT } from '../../../src/core/consensus/limits.ts';
import { REGTEST } from '../../../src/core/parameters/presets.ts';
import {
  NO_WITNESS,
  type OutPoint,
  SEQUENCE_FINAL,
  Transaction,
  type TxOut,
  WITNESS_SCALE_FACTOR,
} from '../../../src/core/transaction/transaction.ts';
import { mineBlock } from './mine-block.ts';
import { Signers, type Unsigned } from './signers.ts';
import { KeyRing, type Kind } from './spends.ts';

/** Shares of the kinds of outputs, of their sum. */
export type Mix = Readonly<Partial<Record<Kind, number>>>;

export interface GenerateOptions {
  readonly blocks: number;
  readonly txsPerBlock: number;
  readonly mix: Mix;
  readonly seed: string;
  readonly threads: number;
  /** Unspent coins that the chain grows to; default four for each payment of a block. */
  readonly coins?: number;
}

interface Coin {
  readonly outpoint: OutPoint;
  readonly output: TxOut;
}

const FEE = 300n;
/** Satoshis: a coin that small is left alone. */
const SMALLEST = 2_000n;
const MAX_OUTPUTS = 60;
/** Weight left to header, coinbase, and the payment that fills the block: an unsigned one of many outputs. */
const ROOM_FOR_OTHERS = 20_000;
/** Weight of the largest of the signatures: that of P2PKH, which stands where all of it counts fourfold. */
const SIGNATURE_WEIGHT = 4 * 108;
const P2PKH_LENGTH = 25;
/** A P2PKH output weighs 136, but a block has room for no more than 20,000 of its signature operations. */
const P2PKH_SURCHARGE = 64;
const EMPTY = new Uint8Array(0);

export async function* generateChain(options: GenerateOptions): AsyncGenerator<Block> {
  const signers = new Signers(options.threads, options.seed);
  try {
    const generator = new Generator(options);
    for (let height = 1; height <= options.blocks; height++) {
      const payments = generator.payments(height);
      yield generator.block(height, payments, await signers.sign(payments));
    }
  } finally {
    await signers.close();
  }
}

class Generator {
  readonly #options: GenerateOptions;
  readonly #ring: KeyRing;
  readonly #shares: readonly (readonly [Kind, number])[];
  readonly #total: number;
  #state: number;
  #tip = genesisBlock(REGTEST).header;
  /** Coins that may be spent, in no order. */
  readonly #coins: Coin[] = [];
  readonly #immature: Coin[] = [];

  constructor(options: GenerateOptions) {
    this.#options = options;
    this.#ring = new KeyRing(options.seed);
    this.#shares = Object.entries(options.mix) as [Kind, number][];
    this.#total = this.#shares.reduce((sum, [, share]) => sum + share, 0);
    this.#state =
      [...options.seed].reduce((hash, c) => Math.imul(hash ^ c.charCodeAt(0), 16777619), 2166136261) | 1;
  }

  #below(bound: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % bound;
  }

  #script(): Uint8Array {
    let rest = this.#below(this.#total);
    let at = 0;
    for (; rest >= this.#shares[at]![1]; at++) rest -= this.#shares[at]![1];
    return this.#ring.script(this.#shares[at]![0], this.#below(1 << 16));
  }

  #takeCoin(): Coin {
    const at = this.#below(this.#coins.length);
    const coin = this.#coins[at]!;
    this.#coins[at] = this.#coins.at(-1)!;
    this.#coins.pop();
    return coin;
  }

  /** Payments for the block at this height, with the coins of blocks before it: as many as asked for, if they fit. */
  payments(height: number): Unsigned[] {
    if (height > REGTEST.coinbaseMaturity) this.#coins.push(this.#immature.shift()!);
    const { txsPerBlock, coins = 4 * txsPerBlock } = this.#options;
    const payments: Unsigned[] = [];
    let made = 0;
    let room = MAX_BLOCK_WEIGHT - ROOM_FOR_OTHERS;
    while (payments.length < txsPerBlock && this.#coins.length > 0 && room > 0) {
      const wanted = Math.max(0, coins - this.#coins.length - made);
      const split = wanted > 0 && this.#coins.length < 4 * txsPerBlock;
      const inputs =
        split || this.#coins.length === 1 ? [this.#takeCoin()] : [this.#takeCoin(), this.#takeCoin()];
      const outputs = split || wanted > 0 ? Math.min(MAX_OUTPUTS, wanted + 2) : 2;
      const payment = this.#pay(inputs, outputs);
      if (payment === undefined) continue;
      payments.push(payment);
      room -= roomFor(payment.tx);
      made += payment.tx.outputs.length;
    }
    return payments;
  }

  #pay(coins: readonly Coin[], count: number): Unsigned | undefined {
    const value = coins.reduce((sum, { output }) => sum + output.value, -FEE);
    const each = value / BigInt(count);
    if (each < SMALLEST) return undefined;
    const outputs = Array.from({ length: count }, () => ({ value: each, scriptPubKey: this.#script() }));
    const inputs = coins.map(({ outpoint }) => ({
      prevout: outpoint,
      scriptSig: EMPTY,
      sequence: SEQUENCE_FINAL,
      witness: NO_WITNESS,
    }));
    const tx = Transaction.from({ version: 2, inputs, outputs, lockTime: 0 });
    return { tx, spent: coins.map(({ output }) => output) };
  }

  block(height: number, payments: readonly Unsigned[], signed: readonly Transaction[]): Block {
    let fees = 0n;
    for (const { tx, spent } of payments) {
      for (const { value } of spent) fees += value;
      for (const { value } of tx.outputs) fees -= value;
    }
    const block = mineBlock(this.#tip, height, { fees, script: this.#script() }, signed);
    this.#tip = block.header;
    const coinbase = block.transactions[0]!;
    this.#immature.push({ outpoint: { txid: coinbase.txidBytes, vout: 0 }, output: coinbase.outputs[0]! });
    for (const tx of signed)
      tx.outputs.forEach((output, vout) => {
        this.#coins.push({ outpoint: { txid: tx.txidBytes, vout }, output });
      });
    return block;
  }
}

/** Weight units that an unsigned transaction may need in the end. */
function roomFor(tx: Transaction): number {
  const operations = tx.outputs.filter(({ scriptPubKey }) => scriptPubKey.length === P2PKH_LENGTH).length;
  return (
    tx.bytes.length * WITNESS_SCALE_FACTOR +
    tx.inputs.length * SIGNATURE_WEIGHT +
    operations * P2PKH_SURCHARGE
  );
}
