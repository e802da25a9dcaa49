/** A block of given transactions on regtest, with its coinbase, its commitment and the work that it takes there. */
import { Block } from '../../../src/core/block/block.ts';
import { BlockHeader } from '../../../src/core/block/header.ts';
import { merkleRoot } from '../../../src/core/block/merkle.ts';
import { checkProofOfWork } from '../../../src/core/block/proof-of-work.ts';
import { commitmentScript, witnessCommitment } from '../../../src/core/consensus/commitment.ts';
import { blockSubsidy } from '../../../src/core/consensus/subsidy.ts';
import { concatBytes } from '../../../src/core/encoding/bytes.ts';
import { REGTEST } from '../../../src/core/parameters/presets.ts';
import { pushNumber } from '../../../src/core/script/script.ts';
import {
  NULL_OUTPOINT,
  SEQUENCE_FINAL,
  Transaction,
  type TxOut,
} from '../../../src/core/transaction/transaction.ts';

const RESERVED = new Uint8Array(32);
const NOTHING = Transaction.from({ version: 2, inputs: [], outputs: [], lockTime: 0 });

interface Reward {
  /** Satoshis. */
  readonly fees: bigint;
  /** scriptPubKey that is paid. */
  readonly script: Uint8Array;
}

/** The block at this height, above `parent`. */
export function mineBlock(
  parent: BlockHeader,
  height: number,
  reward: Reward,
  others: readonly Transaction[],
): Block {
  const transactions = [coinbaseOf(height, reward, others), ...others];
  const fields = {
    version: 0x20000000,
    prevHash: parent.hashBytes,
    merkleRoot: merkleRoot(transactions.map((tx) => tx.txidBytes)).root,
    time: parent.time + REGTEST.targetSpacing,
    bits: parent.bits,
  };
  for (let nonce = 0; ; nonce++) {
    const header = BlockHeader.from({ ...fields, nonce });
    if (checkProofOfWork(header.hashBytes, header.bits, REGTEST)) return Block.from(header, transactions);
  }
}

function coinbaseOf(height: number, { fees, script }: Reward, others: readonly Transaction[]): Transaction {
  const outputs: TxOut[] = [{ value: blockSubsidy(height, REGTEST) + fees, scriptPubKey: script }];
  // The coinbase's own place is 32 zero bytes, whatever stands there.
  const commitment = witnessCommitment([others[0] ?? NOTHING, ...others], RESERVED);
  outputs.push({ value: 0n, scriptPubKey: commitmentScript(commitment) });
  const scriptSig = concatBytes(pushNumber(height), Uint8Array.of(0));
  const input = { prevout: NULL_OUTPOINT, scriptSig, sequence: SEQUENCE_FINAL, witness: [RESERVED] };
  return Transaction.from({ version: 2, inputs: [input], outputs, lockTime: 0 });
}
