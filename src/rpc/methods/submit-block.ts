/** BIP22: blocks that come back solved. */
import { Block } from '../../core/block/block.ts';
import { witnessCommitmentIndex } from '../../core/consensus/commitment.ts';
import type { Invalid } from '../../core/encoding/errors.ts';
import { Transaction } from '../../core/transaction/transaction.ts';
import { group, method, t } from '../kit.ts';
import { readHex } from '../texts.ts';

/** BIP22: null is good news. */
const verdictText = (invalid: Invalid | null): string | null => (invalid === null ? null : invalid.reason);

/** Gives a block whose coinbase commits to witnesses the reserved value it forgot (as Core does). */
function withReservedValue(block: Block): Block {
  const [coinbase, ...rest] = block.transactions;
  const [input, ...others] = coinbase?.inputs ?? [];
  if (coinbase === undefined || input === undefined || coinbase.hasWitness) return block;
  if (witnessCommitmentIndex(block) < 0) return block;
  const inputs = [{ ...input, witness: [new Uint8Array(32)] }, ...others];
  const { version, outputs, lockTime } = coinbase;
  return Block.from(block.header, [Transaction.from({ version, inputs, outputs, lockTime }), ...rest]);
}

export const submitBlockMethods = group('Mining', {
  submitblock: method({
    help: 'Offers a block that was found, and says what is wrong with it (BIP22).',
    parameters: { hexdata: t.hex(), dummy: t.optional(t.string('Without effect')) },
    result: t.cases('', { accepted: t.nothing(), refused: t.string('Why') }),
    example: 'HEX',
    async handler({ hexdata }, { chain, mempool, parameters }) {
      const decoded = readHex(hexdata, (bytes) => Block.decode(bytes), 'Block decode failed');
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
  }),
});
