/** What every node relays by custom and not by consensus: limits of transactions, scripts and packages, and dust. */
import { DUST_RELAY_FEE_RATE, type FeeRate, feeAt } from '../transaction/fee-rate.ts';
import { sizeOfTxOut } from '../transaction/transaction.ts';
import { isUnspendable, isWitnessProgram } from './script.ts';

/** Weight units. A larger transaction costs too much to verify for what it pays. */
export const MAX_STANDARD_TX_WEIGHT = 400_000;
/** Bytes without witness. CVE-2017-12842: 64 bytes can pass for an inner node of the Merkle tree. */
export const MIN_STANDARD_TX_NONWITNESS_SIZE = 65;
/** BIP141 cost: a fifth of a block's. */
export const MAX_STANDARD_TX_SIGOPS_COST = 16_000;
/** vbytes that a signature operation takes at least: a block that is full of either is full. */
export const BYTES_PER_SIGOP = 20;
/** BIP431: small, and in families of two, so that they can be replaced. */
export const TRUC_VERSION = 3;
/** Versions that are relayed go up to this. */
export const MAX_STANDARD_VERSION = TRUC_VERSION;
/** vbytes; and of one that spends from an unconfirmed parent. */
export const TRUC_MAX_SIZE = 10_000;
export const TRUC_CHILD_MAX_SIZE = 1_000;
/** Bytes; and items of the witness beside it. */
export const MAX_STANDARD_P2WSH_SCRIPT_SIZE = 3_600;
export const MAX_STANDARD_P2WSH_STACK_ITEMS = 100;
/** Transactions in one package. */
export const MAX_PACKAGE_COUNT = 25;

/** Bytes of the input that spends an output: outpoint, script length, signature and key, sequence. */
const INPUT_SIZE = 32 + 4 + 1 + 107 + 4;
/** The same with the signature and key in the witness, at a quarter of the weight. */
const WITNESS_INPUT_SIZE = 32 + 4 + 1 + Math.floor(107 / 4) + 4;

/** Satoshis below which an output to this script is dust: what it takes to create and spend it. */
export function dustThreshold(scriptPubKey: Uint8Array, rate: FeeRate = DUST_RELAY_FEE_RATE): bigint {
  if (isUnspendable(scriptPubKey)) return 0n;
  const input = isWitnessProgram(scriptPubKey) === null ? INPUT_SIZE : WITNESS_INPUT_SIZE;
  return feeAt(rate, sizeOfTxOut({ scriptPubKey }) + input);
}
