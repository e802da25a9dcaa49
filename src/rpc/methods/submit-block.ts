/** BIP22: blocks that come back solved. */
import { Block } from '../../core/block/block.ts';
import { witnessCommitmentIndex } from '../../core/consensus/commitment.ts';
import type { Invalid } from '../../core/encoding/errors.ts';
import { Transaction } from '../../core/transaction/transaction.ts';
import { decodeBlock } from '../decode.ts';
import { RpcCode, RpcError } from '../errors.ts';
import { defineMethod, type Method } from '../method.ts';
import { param } from '../parameter.ts';
import { result } from '../result.ts';

/** BIP22: null is good news. */
const verdictText = (invalid: Invalid | null): string | null => (invalid === null ? null : invalid.reason);

/** Gives a block whose coinbase commits to witnesses the reserved value it forgot (as Core does). */
function withReservedValue(block: Block): Block {
  const [coinbase, ...rest] = block.transactions;
  const input = coinbase?.inputs[0];
  if (coinbase === undefined || input === undefined || input.witness.length > 0) return block;
  if (witnessCommitmentIndex(block) < 0) return block;
  const inputs = [{ ...input, witness: [new Uint8Array(32)] }];
  const { version, outputs, lockTime } = coinbase;
  return Block.from(block.header, [Transaction.from({ version, inputs, outputs, lockTime }), ...rest]);
}

const submitblock = defineMethod({
  name: 'submitblock',
  category: 'Mining',
  description:
    'Attempts to submit new block to network.\nSee https://en.bitcoin.it/wiki/BIP_0022 for full specification.',
  parameters: [
    param.hex('hexdata', 'the hex-encoded block data to submit'),
    param.string('dummy', 'dummy value, for compatibility with BIP22. This value is ignored.', {
      hint: 'ignored',
    }),
  ],
  results: [
    result.none('', 'If the block was accepted', { condition: 'If the block was accepted' }),
    result.string('', 'According to BIP22', { condition: 'Otherwise' }),
  ],
  examples: ['"mydata"'],
  async handler([hexdata], { chain, mempool, parameters }) {
    const decoded = decodeBlock(hexdata);
    if (decoded === null) throw new RpcError(RpcCode.DESERIALIZATION_ERROR, 'Block decode failed');
    const parent = chain.entry(decoded.header.prev);
    const segwit = parent !== undefined && parent.height + 1 >= parameters.heights.segwit;
    const verdict = await chain.acceptBlock(segwit ? withReservedValue(decoded) : decoded, {
      requested: true,
    });
    await mempool.settled();
    if (!verdict.ok) return verdictText(verdict.invalid);
    if (!verdict.new) return 'duplicate';
    return verdict.connected ? null : 'inconclusive';
  },
});

export const submitBlockMethods: readonly Method[] = [submitblock];
