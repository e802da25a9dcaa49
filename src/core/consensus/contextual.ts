/**
 * White paper section 5: what can be said of a header, and of a block, that knows its parent (Core's
 * ContextualCheckBlockHeader and ContextualCheckBlock). Needs no coins.
 */
import type { Block } from '../block/block.ts';
import type { BlockHeader } from '../block/header.ts';
import { equalBytes } from '../encoding/bytes.ts';
import { Invalid } from '../encoding/errors.ts';
import type { NetworkParameters } from '../parameters/network.ts';
import { pushNumber } from '../script/script.ts';
import type { CheckedBlock } from './check-block.ts';
import { committedHash, witnessCommitment, witnessCommitmentIndex } from './commitment.ts';
import { nextWorkRequired } from './difficulty.ts';
import type { HeaderLink } from './header-link.ts';
import { MAX_BLOCK_WEIGHT, MAX_TIMEWARP } from './limits.ts';
import { isFinal } from './lock-time.ts';

/**
 * @param now seconds since the epoch, by our clock.
 * @throws Invalid; of kind `early` if only our clock speaks against the header.
 */
export function checkHeaderContext(
  header: Pick<BlockHeader, 'bits' | 'time' | 'version'>,
  parent: HeaderLink,
  parameters: NetworkParameters,
  now: number,
): void {
  const height = parent.height + 1;
  if (header.bits !== nextWorkRequired(parent, header.time, parameters))
    throw new Invalid('consensus', 'bad-diffbits', 'incorrect proof of work');

  if (header.time <= parent.medianTimePast)
    throw new Invalid('consensus', 'time-too-old', "block's timestamp is too early");
  const rule = parameters.difficulty;
  const adjusted =
    rule.kind === 'interval' ? rule.bip94 && rule.interval : rule.kind === 'none' && rule.bip94;
  if (adjusted && height % adjusted === 0)
    if (header.time < parent.header.time - MAX_TIMEWARP) {
      const detail = "block's timestamp is too early on diff adjustment block";
      throw new Invalid('consensus', 'time-timewarp-attack', detail);
    }
  if (header.time > now + parameters.maxFutureBlockTime)
    throw new Invalid('early', 'time-too-new', 'block timestamp too far in the future');

  const { heights } = parameters;
  if (
    (header.version < 2 && height >= heights.bip34) ||
    (header.version < 3 && height >= heights.bip66) ||
    (header.version < 4 && height >= heights.bip65)
  ) {
    const version = `0x${(header.version >>> 0).toString(16).padStart(8, '0')}`;
    throw new Invalid('consensus', `bad-version(${version})`, `rejected nVersion=${version} block`);
  }
}

/** @throws Invalid; of kind `mutated` if the witnesses are not those that the block commits to. */
export function checkBlockContext(
  block: CheckedBlock,
  parent: HeaderLink,
  parameters: NetworkParameters,
): void {
  const height = parent.height + 1;
  const { heights } = parameters;

  // BIP113: lock times are compared with the clock of the chain, which no single miner sets.
  const time = height >= heights.csv ? parent.medianTimePast : block.header.time;
  for (const tx of block.transactions)
    if (!isFinal(tx, height, time))
      throw new Invalid('consensus', 'bad-txns-nonfinal', 'non-final transaction');

  if (height >= heights.bip34) {
    const expected = pushNumber(height);
    const { scriptSig } = block.transactions[0]!.inputs[0]!;
    if (!equalBytes(scriptSig.subarray(0, expected.length), expected))
      throw new Invalid('consensus', 'bad-cb-height', 'block height mismatch in coinbase');
  }

  checkWitnessCommitment(block, height >= heights.segwit);

  // Only now: before the commitment is checked, someone else may have padded the witnesses.
  if (block.weight > MAX_BLOCK_WEIGHT)
    throw new Invalid('consensus', 'bad-blk-weight', 'weight limit failed');
}

/**
 * BIP141. Nothing that depends on witnesses may be blamed on the header before this passed.
 * @param expected whether segwit is active: before, no witness may be there at all.
 * @throws Invalid of kind `mutated`
 */
export function checkWitnessCommitment(block: Block, expected: boolean): void {
  const index = expected ? witnessCommitmentIndex(block) : -1;
  if (index >= 0) {
    const coinbase = block.transactions[0]!;
    const { witness } = coinbase.inputs[0]!;
    const reserved = witness[0];
    if (witness.length !== 1 || reserved?.length !== 32)
      throw new Invalid('mutated', 'bad-witness-nonce-size', 'invalid witness reserved value size');
    const committed = committedHash(coinbase.outputs[index]!.scriptPubKey);
    if (!equalBytes(committed, witnessCommitment(block.transactions, reserved)))
      throw new Invalid('mutated', 'bad-witness-merkle-match', 'witness merkle commitment mismatch');
    return;
  }
  if (block.transactions.some((tx) => tx.hasWitness))
    throw new Invalid('mutated', 'unexpected-witness', 'unexpected witness data found');
}
