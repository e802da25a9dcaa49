/** White paper section 6: which transactions the next block should contain. */
import type { Chain } from '../chain/chain.ts';
import type { HeaderEntry } from '../chain/header-entry.ts';
import type { Block } from '../core/block/block.ts';
import type { Transaction } from '../core/transaction/transaction.ts';
import type { Mempool } from '../mempool/mempool.ts';

export interface TemplateOptions {
  /** scriptPubKey that is paid. */
  readonly coinbaseScript: Uint8Array;
  /** Wall time in seconds; the block's time is this or later. */
  readonly time: number;
  /** Instead of the mempool's best: exactly these, in this order (generateblock). */
  readonly transactions?: readonly Transaction[];
  /** Weight units of the whole block (`-blockmaxweight`). */
  readonly maxWeight?: number;
  /** Weight units kept free for header and coinbase (`-blockreservedweight`). */
  readonly reservedWeight?: number;
  /** Satoshis per 1,000 vbytes below which nothing is taken (`-blockmintxfee`). */
  readonly minimumFeeRate?: bigint;
}
export interface TemplateTransaction {
  readonly tx: Transaction;
  /** Satoshis. */
  readonly fee: bigint;
  readonly sigOpCost: number;
}
export interface BlockTemplate {
  readonly parent: HeaderEntry;
  readonly height: number;
  readonly version: number;
  readonly bits: number;
  readonly time: number;
  /** The earliest time that the rules allow. */
  readonly minimumTime: number;
  /** Without the coinbase. */
  readonly transactions: readonly TemplateTransaction[];
  /** Satoshis: subsidy and fees. */
  readonly coinbaseValue: bigint;
  /** BIP141: scriptPubKey of the output that commits to the witnesses; null before segwit. */
  readonly witnessCommitment: Uint8Array | null;
  /** The mempool's sequence number that it was made at. */
  readonly mempoolSequence: number;
  /** The block, nonce 0; `extraNonce` above 0 makes another coinbase. */
  block(extraNonce?: number, time?: number): Block;
}
declare const later: never;
export function buildTemplate(
  _chain: Chain,
  _mempool: Mempool,
  _options: TemplateOptions,
): Promise<BlockTemplate> {
  return later;
}
