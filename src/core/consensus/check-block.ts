/**
 * White paper section 5: what can be said of a block without knowing the chain (Core's CheckBlock), and
 * without blaming the header for a body that someone else changed.
 */
import type { Block } from '../block/block.ts';
import type { BlockHeader } from '../block/header.ts';
import { merkleRoot } from '../block/merkle.ts';
import { checkProofOfWork } from '../block/proof-of-work.ts';
import { equalBytes } from '../encoding/bytes.ts';
import { Invalid } from '../encoding/errors.ts';
import type { NetworkParameters } from '../parameters/network.ts';
import { legacySigOps } from '../script/sigops.ts';
import { Transaction, WITNESS_SCALE_FACTOR } from '../transaction/transaction.ts';
import { checkTransaction } from './check-transaction.ts';
import { MAX_BLOCK_SIGOPS_COST, MAX_BLOCK_WEIGHT } from './limits.ts';

declare const checked: unique symbol;

/** A block that passed `checkBlock`; `connectBlock` takes no other. */
export type CheckedBlock = Block & { readonly [checked]: true };

interface CheckBlockOptions {
  /** False for a template that was not mined yet. */
  readonly checkPow?: boolean;
  readonly checkMerkleRoot?: boolean;
}

/** @throws Invalid `high-hash` */
export function checkHeaderWork(header: BlockHeader, parameters: Pick<NetworkParameters, 'powLimit'>): void {
  if (!checkProofOfWork(header.hashBytes, header.bits, parameters))
    throw new Invalid('consensus', 'high-hash', 'proof of work failed');
}

/** @throws Invalid; of kind `mutated` where another body may belong to the same header. */
export function checkBlock(
  block: Block,
  parameters: Pick<NetworkParameters, 'powLimit'>,
  { checkPow = true, checkMerkleRoot = true }: CheckBlockOptions = {},
): CheckedBlock {
  const { header, transactions } = block;
  if (checkPow) checkHeaderWork(header, parameters);

  if (checkMerkleRoot) {
    Transaction.identify(transactions);
    const { root, mutated } = merkleRoot(transactions.map((tx) => tx.txidBytes));
    if (!equalBytes(root, header.merkleRoot))
      throw new Invalid('mutated', 'bad-txnmrklroot', 'hashMerkleRoot mismatch');
    if (mutated) throw new Invalid('mutated', 'bad-txns-duplicate', 'duplicate transaction');
  }

  if (
    transactions.length === 0 ||
    transactions.length * WITNESS_SCALE_FACTOR > MAX_BLOCK_WEIGHT ||
    block.strippedSize * WITNESS_SCALE_FACTOR > MAX_BLOCK_WEIGHT
  )
    throw new Invalid('consensus', 'bad-blk-length', 'size limits failed');

  if (!transactions[0]!.isCoinbase) {
    // CVE-2017-12842: 64 bytes that look like a transaction may be two hashes of the true block's tree.
    const kind = transactions.some((tx) => tx.strippedSize === 64) ? 'mutated' : 'consensus';
    throw new Invalid(kind, 'bad-cb-missing', 'first tx is not coinbase');
  }
  if (transactions.some((tx, i) => i > 0 && tx.isCoinbase))
    throw new Invalid('consensus', 'bad-cb-multiple', 'more than one coinbase');

  for (const tx of transactions) checkTransactionInBlock(tx);

  const sigOps = transactions.reduce((sum, tx) => sum + legacySigOps(tx), 0);
  if (sigOps * WITNESS_SCALE_FACTOR > MAX_BLOCK_SIGOPS_COST)
    throw new Invalid('consensus', 'bad-blk-sigops', 'out-of-bounds SigOpCount');
  return block as CheckedBlock;
}

function checkTransactionInBlock(tx: Transaction): void {
  try {
    checkTransaction(tx);
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    const detail = `Transaction check failed (tx hash ${tx.txid}) ${error.detail}`;
    throw new Invalid('consensus', error.reason, detail);
  }
}
