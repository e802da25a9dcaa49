/**
 * What a wallet needs of a node: the chain it follows, the door to the mempool, and fee rates. The
 * wallet owns the interface; `node.ts` supplies it.
 */
import type { Block } from '../core/block/block.ts';
import type { BlockHash } from '../core/block/header.ts';
import type { Coin } from '../core/transaction/coin.ts';
import type { FeeRate } from '../core/transaction/fee-rate.ts';
import type { OutPoint, Transaction, Txid } from '../core/transaction/transaction.ts';

export interface BlockPlace {
  readonly hash: BlockHash;
  readonly height: number;
  /** Seconds since the epoch, as the header says. */
  readonly time: number;
}

export interface ChainListener {
  blockConnected(block: Block, place: BlockPlace): void;
  blockDisconnected(block: Block, place: BlockPlace): void;
  /** The chain goes on from a snapshot's block; those before it come later. */
  leapt(to: BlockPlace): void;
  /** All blocks are here again. */
  completed(): void;
  transactionAdded(transaction: Transaction): void;
  /** Left the mempool for any reason but a block. */
  transactionRemoved(transaction: Transaction, reason: string): void;
}

interface MempoolRelatives {
  /** Transactions that descend from it, itself included. */
  readonly descendants: number;
  /** Transactions that are connected with it, itself included. */
  readonly cluster: number;
  /** How many more may be connected with it. */
  readonly room: number;
}

export interface ChainSource {
  /** Is the chain up to date, so that what waits may be sent? */
  isReady(): boolean;
  tip(): BlockPlace;
  /** In the active chain. */
  blockAt(height: number): BlockPlace | undefined;
  /** The block's place if it is in the active chain. */
  placeOf(hash: BlockHash): BlockPlace | undefined;
  /** False if the block's body was pruned. */
  hasBlock(hash: BlockHash): boolean;
  readBlock(hash: BlockHash): Promise<Block>;
  /** Of the active blocks from one height to another, the last whose body is not here. */
  lastMissing(from: number, to: number): BlockPlace | undefined;
  /** None was pruned: those that are missing come while a snapshot is verified. */
  isVerifying(): boolean;
  /** Unspent coins, those of the mempool included; what the mempool spends is still there. */
  coins(outpoints: readonly OutPoint[]): Promise<(Coin | undefined)[]>;

  /** The mempool's one door; what is in it already is announced again. @throws Invalid with Core's reason */
  broadcast(transaction: Transaction): Promise<void>;
  mempoolTransaction(txid: Txid): Transaction | undefined;
  mempoolTransactions(): Iterable<Transaction>;
  /** Who in the mempool spends this instead of a transaction, or is the one child that its parent may have (BIP431). */
  mempoolRival(outpoint: OutPoint, transaction: Transaction): Txid | undefined;
  /** Would it hang together with more than the mempool lets? */
  exceedsCluster(transaction: Transaction): boolean;
  /** How a transaction hangs together with others in the mempool; undefined if it is not there. */
  mempoolRelatives(txid: Txid): MempoolRelatives | undefined;

  /** Satoshis that make what these outputs depend on worth mining at the rate, all together. */
  bumpFee(outpoints: readonly OutPoint[], rate: FeeRate): bigint;

  /** To confirm within `target` blocks; null without data. */
  estimateFeeRate(target: number, conservative: boolean): FeeRate | null;
  /** Below it the mempool refuses now. */
  minimumFeeRate(): FeeRate;
  /** The same when the mempool is empty: what nodes relay at all. */
  relayFeeRate(): FeeRate;
  /** What a replacement must add at least, for the network's work (BIP125). */
  incrementalFeeRate(): FeeRate;

  /** Events in order, each once, after the chain committed it. Returns the way to unsubscribe. */
  subscribe(listener: ChainListener): () => void;
}
