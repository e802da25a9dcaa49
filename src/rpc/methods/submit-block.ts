/** BIP22: blocks that come back solved. */
import { Block } from '../../core/block/block.ts';
import { withReservedValue } from '../../core/consensus/commitment.ts';
import type { Invalid } from '../../core/encoding/errors.ts';
import { group, method, t } from '../kit.ts';
import { readHex } from '../texts.ts';

/** BIP22: null is good news. */
const verdictText = (invalid: Invalid | null): string | null => (invalid === null ? null : invalid.reason);

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
