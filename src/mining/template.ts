/**
 * White paper section 6: what the next block should contain, so that it earns the most. Takes the mempool's
 * chunks by fee rate, as Core's block assembler does, and builds the coinbase. Owns no search for the nonce.
 */
import type { Chain } from '../chain/chain.ts';
import type { HeaderEntry } from '../chain/header-entry.ts';
import { Block } from '../core/block/block.ts';
import { BlockHeader } from '../core/block/header.ts';
import { hashPair, merkleBranch } from '../core/block/merkle.ts';
import { commitmentScript, witnessCommitment } from '../core/consensus/commitment.ts';
import { nextWorkRequired } from '../core/consensus/difficulty.ts';
import { MAX_BLOCK_SIGOPS_COST, MAX_BLOCK_WEIGHT, MAX_TIMEWARP } from '../core/consensus/limits.ts';
import { isFinal } from '../core/consensus/lock-time.ts';
import { blockSubsidy } from '../core/consensus/subsidy.ts';
import { blockVersion } from '../core/consensus/version-bits.ts';
import { concatBytes, EMPTY } from '../core/encoding/bytes.ts';
import type { NetworkParameters } from '../core/parameters/network.ts';
import { OP } from '../core/script/opcodes.ts';
import { pushNumber } from '../core/script/script.ts';
import { type FeeRate, feeAt, satPerKvB } from '../core/transaction/fee-rate.ts';
import {
  NULL_OUTPOINT,
  SEQUENCE_FINAL,
  Transaction,
  WITNESS_SCALE_FACTOR,
} from '../core/transaction/transaction.ts';
import type { Mempool } from '../mempool/mempool.ts';

export interface TemplateOptions {
  /** scriptPubKey that is paid. */
  readonly coinbaseScript: Uint8Array;
  /** Wall time in seconds; the block's time is this or later. */
  readonly time: number;
  /** Instead of the mempool's best: exactly these, in this order; their fees are not claimed (generateblock). */
  readonly transactions?: readonly Transaction[];
  /** Weight units of the whole block (`-blockmaxweight`). */
  readonly maxWeight?: number;
  /** Weight units kept free for header and coinbase (`-blockreservedweight`). */
  readonly reservedWeight?: number;
  /** Nothing that pays less is taken (`-blockmintxfee`). */
  readonly minimumFeeRate?: FeeRate;
}

interface TemplateTransaction {
  readonly tx: Transaction;
  /** Satoshis. */
  readonly fee: bigint;
  /** BIP141 */
  readonly sigOpCost: number;
  /** Those in the mempool; absent where that was not asked. */
  readonly parents?: { readonly size: number };
}

export const DEFAULT_RESERVED_WEIGHT = 8_000;
export const DEFAULT_MINIMUM_FEE_RATE = satPerKvB(1n);
/** Core's MAX_CONSECUTIVE_FAILURES: chunks that did not fit, after which a nearly full block is full. */
const MAX_MISSES = 1_000;
/** Weight units that a nearly full block has left (Core's BLOCK_FULL_ENOUGH_WEIGHT_DELTA). */
const NEARLY_FULL = 4_000;
/** BIP141 cost kept free for the coinbase. */
const RESERVED_SIGOPS_COST = 400;
/** Seconds. */
const DAY = 86_400;
/** So that the lock time, which is the height before, counts. */
const COINBASE_SEQUENCE = SEQUENCE_FINAL - 1;
const WITNESS_RESERVED = new Uint8Array(32);

/** The earliest time of a block after `parent`; BIP94's rule is kept on every network, as in Core. */
function minimumTimeAfter(parent: HeaderEntry, { difficulty, targetSpacing }: NetworkParameters): number {
  const time = parent.medianTimePast + 1;
  if (difficulty.kind === 'lwma') return time;
  // Where nothing is adjusted Core has an interval all the same, of a day.
  const interval = difficulty.kind === 'interval' ? difficulty.interval : Math.ceil(DAY / targetSpacing);
  const starts = (parent.height + 1) % interval === 0;
  return starts ? Math.max(time, parent.time - MAX_TIMEWARP) : time;
}

/** A block but for its nonce. */
export class BlockTemplate {
  readonly parent: HeaderEntry;
  readonly height: number;
  readonly version: number;
  /** The earliest time that the rules allow. */
  readonly minimumTime: number;
  readonly time: number;
  /** Without the coinbase. */
  readonly transactions: readonly TemplateTransaction[];
  /** Satoshis: subsidy and fees. */
  readonly coinbaseValue: bigint;
  /** BIP141: scriptPubKey of the output that commits to the witnesses; null before segwit. */
  readonly witnessCommitment: Uint8Array | null;
  readonly #parameters: NetworkParameters;
  readonly #coinbaseScript: Uint8Array;
  /** What the coinbase's txid is hashed with, level by level: made for who makes a header. */
  #branch: readonly Uint8Array[] | undefined;

  constructor(
    parent: HeaderEntry,
    transactions: readonly TemplateTransaction[],
    { coinbaseScript, time }: TemplateOptions,
    parameters: NetworkParameters,
  ) {
    this.parent = parent;
    this.height = parent.height + 1;
    this.version = parameters.blockVersion ?? blockVersion(parent, parameters.versionBits ?? []);
    this.minimumTime = minimumTimeAfter(parent, parameters);
    this.time = Math.max(this.minimumTime, time);
    this.transactions = transactions;
    this.coinbaseValue = transactions.reduce(
      (sum, { fee }) => sum + fee,
      blockSubsidy(this.height, parameters),
    );
    this.#parameters = parameters;
    this.#coinbaseScript = coinbaseScript;
    const txs = transactions.map(({ tx }) => tx);
    this.witnessCommitment =
      this.height < parameters.heights.segwit
        ? null
        : commitmentScript(witnessCommitment([this.#coinbase(0, null), ...txs], WITNESS_RESERVED));
  }

  get bits(): number {
    return this.bitsAt(this.time);
  }

  /** Some networks allow an easier target when a block is late. */
  bitsAt(time: number): number {
    return nextWorkRequired(this.parent, time, this.#parameters);
  }

  #coinbase(extraNonce: number, commitment: Uint8Array | null): Transaction {
    const height = pushNumber(this.height);
    // A scriptSig has at least two bytes.
    const filler = height.length > 1 ? EMPTY : Uint8Array.of(OP.OP_0);
    const rest = extraNonce > 0 ? pushNumber(extraNonce) : filler;
    const witness = commitment === null ? [] : [WITNESS_RESERVED];
    return Transaction.from({
      version: 2,
      inputs: [
        {
          prevout: NULL_OUTPOINT,
          scriptSig: concatBytes(height, rest),
          sequence: COINBASE_SEQUENCE,
          witness,
        },
      ],
      outputs: [
        { value: this.coinbaseValue, scriptPubKey: this.#coinbaseScript },
        ...(commitment === null ? [] : [{ value: 0n, scriptPubKey: commitment }]),
      ],
      lockTime: this.height - 1,
    });
  }

  /** With nonce 0. @param extraNonce another one makes another block. */
  header(extraNonce = 0, time = this.time): BlockHeader {
    const coinbase = this.#coinbase(extraNonce, this.witnessCommitment);
    const txids = () => this.transactions.map(({ tx }) => tx.txidBytes);
    this.#branch ??= merkleBranch([coinbase.txidBytes, ...txids()], 0);
    return BlockHeader.from({
      version: this.version,
      prevHash: this.parent.hashBytes,
      merkleRoot: this.#branch.reduce(hashPair, coinbase.txidBytes),
      time,
      bits: this.bitsAt(time),
      nonce: 0,
    });
  }

  /** The whole block with the header that `header` made, but for its nonce. */
  block(extraNonce = 0, header = this.header(extraNonce)): Block {
    const coinbase = this.#coinbase(extraNonce, this.witnessCommitment);
    return Block.from(header, [coinbase, ...this.transactions.map(({ tx }) => tx)]);
  }
}

/** The block that would earn the most on the tip as it is now. */
export async function buildTemplate(
  chain: Chain,
  mempool: Mempool,
  options: TemplateOptions,
): Promise<BlockTemplate> {
  // After a reorganisation the mempool may still hold what the new chain does not allow.
  await mempool.settled();
  const parent = chain.tip;
  const given = options.transactions?.map((tx) => ({ tx, fee: 0n, sigOpCost: 0 }));
  const transactions = given ?? selectTransactions(mempool, parent, options);
  return new BlockTemplate(parent, transactions, options, chain.parameters);
}

function selectTransactions(
  mempool: Mempool,
  parent: HeaderEntry,
  {
    maxWeight = MAX_BLOCK_WEIGHT,
    reservedWeight = DEFAULT_RESERVED_WEIGHT,
    minimumFeeRate = DEFAULT_MINIMUM_FEE_RATE,
  }: TemplateOptions,
): TemplateTransaction[] {
  const medianTime = parent.medianTimePast;
  const selected: TemplateTransaction[] = [];
  let weight = reservedWeight;
  let sigOpCost = RESERVED_SIGOPS_COST;
  // What comes later in a cluster may need what was left out.
  const skipped = new Set<object>();
  let misses = 0;
  for (const chunk of mempool.chunks()) {
    if (chunk.fee < feeAt(minimumFeeRate, Math.ceil(chunk.weight / WITNESS_SCALE_FACTOR))) break;
    const { cluster } = chunk.entries[0]!;
    if (skipped.has(cluster)) continue;
    const chunkSigOps = chunk.entries.reduce((sum, entry) => sum + entry.sigOpCost, 0);
    const fits = weight + chunk.weight < maxWeight && sigOpCost + chunkSigOps < MAX_BLOCK_SIGOPS_COST;
    if (!fits || !chunk.entries.every(({ tx }) => isFinal(tx, parent.height + 1, medianTime))) {
      skipped.add(cluster);
      if (++misses > MAX_MISSES && weight > maxWeight - NEARLY_FULL) break;
      continue;
    }
    misses = 0;
    weight += chunk.weight;
    sigOpCost += chunkSigOps;
    selected.push(...chunk.entries);
  }
  return selected;
}
