/** BIP141: the coinbase output that commits to the witnesses of a block. */
import { Block } from '../block/block.ts';
import { hashPair, merkleRoot } from '../block/merkle.ts';
import { Transaction } from '../transaction/transaction.ts';

/** OP_RETURN, a push of 36 bytes, and the four bytes that mark a witness commitment. */
const COMMITMENT_START = [0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed] as const;
const COMMITMENT_SIZE = 38;

function isCommitment(script: Uint8Array): boolean {
  return script.length >= COMMITMENT_SIZE && COMMITMENT_START.every((byte, i) => script[i] === byte);
}

/** Index of the coinbase output that commits to the witnesses (the last that looks like it), or -1. */
export function witnessCommitmentIndex(block: Block): number {
  return block.transactions[0]?.outputs.findLastIndex((output) => isCommitment(output.scriptPubKey)) ?? -1;
}

/** Merkle root of the wtxids, the coinbase's being 32 zero bytes. */
export function witnessMerkleRoot(transactions: readonly Transaction[]): Uint8Array {
  return merkleRoot(transactions.map((tx, i) => (i === 0 ? new Uint8Array(32) : tx.wtxidBytes))).root;
}

/** What the commitment must hold: the hash of the witness root and of the coinbase's only witness item. */
export function witnessCommitment(transactions: readonly Transaction[], reserved: Uint8Array): Uint8Array {
  return hashPair(witnessMerkleRoot(transactions), reserved);
}

/** The 32 bytes of a commitment output's script. */
export function committedHash(script: Uint8Array): Uint8Array {
  return script.subarray(COMMITMENT_START.length, COMMITMENT_SIZE);
}

/** scriptPubKey of a commitment, for those who build blocks. */
export function commitmentScript(commitment: Uint8Array): Uint8Array {
  return Uint8Array.from([...COMMITMENT_START, ...commitment]);
}

/** Gives a block whose coinbase commits to witnesses the reserved value it forgot, as Core does for miners. */
export function withReservedValue(block: Block): Block {
  const [coinbase, ...rest] = block.transactions;
  const [input, ...others] = coinbase?.inputs ?? [];
  if (coinbase === undefined || input === undefined || coinbase.hasWitness) return block;
  if (witnessCommitmentIndex(block) < 0) return block;
  const inputs = [{ ...input, witness: [new Uint8Array(32)] }, ...others];
  const { version, outputs, lockTime } = coinbase;
  return Block.from(block.header, [Transaction.from({ version, inputs, outputs, lockTime }), ...rest]);
}
