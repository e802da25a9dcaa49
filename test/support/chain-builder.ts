/**
 * Chains of blocks in a few lines, on the pure rules alone: no store, no clock, no network. A test says
 * what is special about a block; everything else is valid by default.
 */
import { Block } from '../../src/core/block/block.ts';
import { BlockHeader, type HeaderFields } from '../../src/core/block/header.ts';
import { merkleRoot } from '../../src/core/block/merkle.ts';
import { checkProofOfWork } from '../../src/core/block/proof-of-work.ts';
import type { PlacedCoin } from '../../src/core/consensus/block-coins.ts';
import { type CheckedBlock, checkBlock } from '../../src/core/consensus/check-block.ts';
import { commitmentScript, witnessCommitment } from '../../src/core/consensus/commitment.ts';
import { type ConnectResult, connectBlock, disconnectBlock } from '../../src/core/consensus/connect-block.ts';
import { checkBlockContext, checkHeaderContext } from '../../src/core/consensus/contextual.ts';
import { nextWorkRequired } from '../../src/core/consensus/difficulty.ts';
import { blockSubsidy } from '../../src/core/consensus/subsidy.ts';
import type { BlockUndo } from '../../src/core/consensus/undo.ts';
import { concatBytes, EMPTY, toHex } from '../../src/core/encoding/bytes.ts';
import { Invalid } from '../../src/core/encoding/errors.ts';
import type { NetworkParameters } from '../../src/core/parameters/network.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { nobleEngine } from '../../src/core/script/noble-engine.ts';
import { pushNumber, script } from '../../src/core/script/script.ts';
import { SighashContext } from '../../src/core/script/sighash.ts';
import { verifyInput } from '../../src/core/script/verify.ts';
import type { Coin } from '../../src/core/transaction/coin.ts';
import { encodeCoin } from '../../src/core/transaction/coin-encoding.ts';
import { OutPointMap } from '../../src/core/transaction/outpoint-map.ts';
import {
  NO_WITNESS,
  NULL_OUTPOINT,
  type OutPoint,
  outPointText,
  SEQUENCE_FINAL,
  Transaction,
  type TransactionFields,
  type TxIn,
  type TxOut,
} from '../../src/core/transaction/transaction.ts';
import { ListedHeader } from './header-link.ts';

/** Anyone can spend it, with an empty scriptSig. */
export const OP_TRUE_SCRIPT = script(0x51);

/** `OP_RETURN` and one push that fill so many bytes (from 6): a thousand opcodes would be counted one by one. */
export function padding(bytes: number): Uint8Array {
  const filled = new Uint8Array(bytes);
  filled.set([0x6a, 0x4e]);
  new DataView(filled.buffer).setUint32(2, bytes - 6, true);
  return filled;
}

interface CoinbaseSpec {
  readonly scriptSig?: Uint8Array;
  /** Satoshis of the first output; subsidy and fees if not given. */
  readonly value?: bigint;
  readonly scriptPubKey?: Uint8Array;
  /** After the first one. */
  readonly moreOutputs?: readonly TxOut[];
  readonly witness?: readonly Uint8Array[];
  readonly fields?: Partial<TransactionFields>;
}

export interface BlockSpec {
  readonly transactions?: readonly Transaction[];
  readonly coinbase?: CoinbaseSpec;
  /** Add a witness commitment; by default where a transaction has a witness. */
  readonly commit?: boolean;
  readonly header?: Partial<HeaderFields>;
  /** Rearranges coinbase and others before the header is made for them. */
  readonly arrange?: (transactions: readonly Transaction[]) => readonly Transaction[];
  /** The body that is sent with the header, in place of the one that the header was made for. */
  readonly body?: (transactions: readonly Transaction[]) => readonly Transaction[];
  /** False: look for a nonce whose hash does not meet the target. */
  readonly mined?: boolean;
}

export interface SpendableCoin {
  readonly outpoint: OutPoint;
  readonly coin: Coin;
}

/** A transaction of version 2; what is not given is empty, or final. */
export function transaction(
  inputs: readonly (Partial<TxIn> & Pick<TxIn, 'prevout'>)[],
  outputs: readonly TxOut[],
  fields: Partial<TransactionFields> = {},
): Transaction {
  return Transaction.from({
    version: 2,
    inputs: inputs.map((input) => ({
      scriptSig: EMPTY,
      sequence: SEQUENCE_FINAL,
      witness: NO_WITNESS,
      ...input,
    })),
    outputs,
    lockTime: 0,
    ...fields,
  });
}

export function output(value: bigint, scriptPubKey: Uint8Array = OP_TRUE_SCRIPT): TxOut {
  return { value, scriptPubKey };
}

/** The output of a transaction of this very block, to be spent by a later one of it. */
export function outputOf(tx: Transaction, vout = 0): SpendableCoin {
  return {
    outpoint: { txid: tx.txidBytes, vout },
    coin: { output: tx.outputs[vout]!, height: 0, coinbase: false },
  };
}

/** Runs a rule: null, or the reason it gives. */
export function reasonOf(rule: () => unknown): string | null {
  try {
    rule();
  } catch (error) {
    if (error instanceof Invalid) return error.reason;
    throw error;
  }
  return null;
}

export class ChainBuilder {
  readonly parameters: NetworkParameters;
  tip: ListedHeader;
  /** The UTXO set. */
  readonly coins = new OutPointMap<Coin>();
  readonly blocks: Block[] = [];
  readonly undo: BlockUndo[] = [];
  /** Seconds by which the clock that judges is ahead of the tip. */
  clockAhead = 0;
  #fresh: SpendableCoin[] = [];

  constructor(parameters: NetworkParameters = REGTEST) {
    this.parameters = parameters;
    this.tip = ListedHeader.genesis(parameters);
  }

  get height(): number {
    return this.tip.height;
  }

  /** A block on the tip. */
  block(spec: BlockSpec = {}): Block {
    const height = this.height + 1;
    const others = spec.transactions ?? [];
    const commit = spec.commit ?? others.some((tx) => tx.hasWitness);
    const coinbase = this.#coinbase(height, others, commit, spec.coinbase ?? {});
    const transactions = spec.arrange?.([coinbase, ...others]) ?? [coinbase, ...others];
    const time = spec.header?.time ?? this.tip.header.time + this.parameters.targetSpacing;
    const fields: HeaderFields = {
      version: 0x20000000,
      prevHash: this.tip.header.hashBytes,
      merkleRoot: merkleRoot(transactions.map((tx) => tx.txidBytes)).root,
      time,
      bits: nextWorkRequired(this.tip, time, this.parameters),
      nonce: 0,
      ...spec.header,
    };
    const header = this.#search(fields, spec.mined ?? true);
    return Block.from(header, spec.body?.(transactions) ?? transactions);
  }

  #coinbase(
    height: number,
    others: readonly Transaction[],
    commit: boolean,
    spec: CoinbaseSpec,
  ): Transaction {
    const outputs = [
      output(spec.value ?? blockSubsidy(height, this.parameters) + this.#fees(others), spec.scriptPubKey),
      ...(spec.moreOutputs ?? []),
    ];
    const reserved = new Uint8Array(32);
    if (commit) {
      const commitment = witnessCommitment([transaction([], []), ...others], reserved);
      outputs.push(output(0n, commitmentScript(commitment)));
    }
    // A second push, for one byte of height is less than a scriptSig's minimum.
    const scriptSig = spec.scriptSig ?? concatBytes(pushNumber(height), script(0x00));
    const witness = spec.witness ?? (commit ? [reserved] : NO_WITNESS);
    return transaction([{ prevout: NULL_OUTPOINT, scriptSig, witness }], outputs, spec.fields);
  }

  #fees(transactions: readonly Transaction[]): bigint {
    const own = new OutPointMap<bigint>();
    let fees = 0n;
    for (const tx of transactions) {
      tx.outputs.forEach(({ value }, vout) => {
        own.set({ txid: tx.txidBytes, vout }, value);
        fees -= value;
      });
      for (const { prevout } of tx.inputs)
        fees += own.get(prevout) ?? this.coins.get(prevout)?.output.value ?? 0n;
    }
    return fees > 0n ? fees : 0n;
  }

  #search(fields: HeaderFields, mined: boolean): BlockHeader {
    for (let { nonce } = fields; ; nonce++) {
      const header = BlockHeader.from({ ...fields, nonce });
      if (checkProofOfWork(header.hashBytes, header.bits, this.parameters) === mined) return header;
      // Bits that nobody can meet are judged as they are.
      if (nonce - fields.nonce > 1_000_000) return header;
    }
  }

  /** All rules in the order in which a node asks them. @throws Invalid */
  check(block: Block): ConnectResult {
    const { parameters, tip } = this;
    const now = tip.header.time + parameters.targetSpacing + this.clockAhead;
    const checked: CheckedBlock = checkBlock(block, parameters);
    checkHeaderContext(block.header, tip, parameters, now);
    checkBlockContext(checked, tip, parameters);
    const place = { height: this.height + 1, hash: block.hash, parent: tip };
    const result = connectBlock(checked, place, this.coins, parameters, { scripts: true });
    for (const { tx, spent, flags } of result.scriptChecks) {
      const context = new SighashContext(tx, spent);
      tx.inputs.forEach((_, i) => {
        const error = verifyInput(tx, i, spent[i]!, flags, context, nobleEngine);
        if (error !== null) throw new Invalid('consensus', 'block-script-verify-flag-failed', error);
      });
    }
    return result;
  }

  /** The reason for which a block is refused, or null. */
  reason(block: Block): string | null {
    return reasonOf(() => this.check(block));
  }

  /** Connects a block. @throws Invalid */
  accept(block: Block): this {
    const { changes, undo } = this.check(block);
    for (const outpoint of changes.spent) this.coins.delete(outpoint);
    const created = changes.created.map(apart);
    for (const { outpoint, coin } of created) this.coins.set(outpoint, coin);
    this.blocks.push(block);
    this.undo.push(undo);
    this.tip = new ListedHeader(block.header, this.tip);
    for (const one of created) if (one.coin.coinbase) this.#fresh.push(one);
    return this;
  }

  /** Takes the tip off again. */
  disconnect(): this {
    const { created, spent } = disconnectBlock(this.blocks.pop()!, this.tip.height, this.undo.pop()!);
    for (const outpoint of spent) this.coins.delete(outpoint);
    for (const coin of created) this.coins.set(coin, coin);
    this.tip = this.tip.parent!;
    this.#fresh = this.#fresh.filter(({ outpoint }) => this.coins.has(outpoint));
    return this;
  }

  /** Connects so many empty blocks. */
  mine(count: number, spec: BlockSpec = {}): this {
    for (let i = 0; i < count; i++) this.accept(this.block(spec));
    return this;
  }

  /** A coinbase that may be spent in the next block, and that was not taken before. */
  takeMature(): SpendableCoin {
    const next = this.#fresh[0];
    if (next === undefined || this.height + 1 - next.coin.height < this.parameters.coinbaseMaturity)
      throw new Error('no mature coin is left: mine more');
    this.#fresh.shift();
    return next;
  }

  /** Spends coins into one output of their value less the fee. */
  spend(coins: readonly SpendableCoin[], fee = 1_000n, fields: Partial<TransactionFields> = {}): Transaction {
    const value = coins.reduce((sum, { coin }) => sum + coin.output.value, -fee);
    return transaction(
      coins.map(({ outpoint }) => ({ prevout: outpoint })),
      [output(value)],
      fields,
    );
  }

  /** The UTXO set as sorted text, to be compared. */
  coinList(): string[] {
    const line = ([outpoint, coin]: [OutPoint, Coin]): string =>
      `${outPointText(outpoint)} ${toHex(encodeCoin(coin))}`;
    return Array.from(this.coins.entries(), line).sort();
  }
}

function apart({ txid, vout, output, height, coinbase }: PlacedCoin): SpendableCoin {
  return { outpoint: { txid, vout }, coin: { output, height, coinbase } };
}
