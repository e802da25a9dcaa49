/** getaddresshistory, getaddressutxos, getaddressbalance: what an address was paid and has spent. */
import { latin1, toDisplayHex } from '../../core/encoding/bytes.ts';
import type { Movement } from '../../indexes/address-index.ts';
import { consistent, pageOf, waitingCoins } from '../../indexes/address-pages.ts';
import { derivedScripts, type ScanObject, scanObject } from '../descriptor-scripts.ts';
import { btc, group, method, type RpcContext, refuse, t } from '../kit.ts';
import { LIMITS } from '../limits.ts';

type Sent = t.Sent<typeof scanObject>;

const address = t.custom<Sent | readonly Sent[], readonly ScanObject[]>(
  t.string(
    'An address or a descriptor, as raw(HEX); of a range {"desc": descriptor, "range": last index or [first,last]}, to index 1000 unless told; or several of them in an array',
  ),
  (value, name, context) =>
    (Array.isArray(value) ? value : [value]).map((each) => scanObject.read(each, name, context)),
);
const paged = {
  address,
  count: t.standard(t.integer('At most so many', [1, 1_000]), 100),
  cursor: t.optional(t.string('Of another answer, to go on after it'), 'the beginning'),
};
const where = {
  confirmations: t.integer('0 in the mempool'),
  height: t.optional(t.integer('Where it is confirmed')),
  blockhash: t.optional(t.hex()),
};
const bestblock = t.hex('The tip that this is as of');
const pageEnd = {
  cursor: t.string('For the next page, or for what is new at another time'),
  more: t.boolean('There is another page by now'),
  bestblock,
};

/** @throws RpcError without an index, or for what is no address */
async function question(objects: readonly ScanObject[], context: RpcContext) {
  const { chain, mempool, indexes } = context;
  const index = indexes.addresses;
  if (index === undefined) throw refuse.misc('The address index is not enabled. Restart with -addressindex');
  let count = objects.length;
  const allow = (more: number): void => {
    count += more;
    if (count > LIMITS.scripts)
      throw refuse.parameter(`A question is about ${LIMITS.scripts} scripts at most`);
  };
  allow(0);
  const all = await derivedScripts(objects, context, allow);
  const scripts = [...new Map(all.map((script) => [latin1(script), script])).values()];
  return { scripts, sources: { chain, mempool, index } };
}

const placeJson = ({ height }: { readonly height: number }, { chain }: RpcContext) => ({
  confirmations: chain.height - height + 1,
  height,
  blockhash: chain.entryAt(height)!.hash,
});
const movementJson = ({ received, spent }: Movement) => ({
  amount: btc(received - spent),
  received: btc(received),
  spent: btc(spent),
});

export const addressMethods = group('Blockchain', {
  getaddresshistory: method({
    help:
      'Transactions that paid an address or spent from it: oldest first, and then those of the mempool by their ids.\n' +
      'Needs -addressindex.',
    parameters: paged,
    result: t.object({
      transactions: t.array(
        t.object({
          txid: t.hex(),
          ...where,
          position: t.optional(t.integer('In its block')),
          amount: t.amount('Received less spent'),
          received: t.amount(),
          spent: t.amount(),
        }),
      ),
      ...pageEnd,
    }),
    example: 'ADDRESS 100',
    async handler(asked, context) {
      const { scripts, sources } = await question(asked.address, context);
      const { confirmed, waiting, end } = await pageOf(sources, asked, async (after, limit) => {
        const confirmed = await sources.index.history(scripts, after.place, limit);
        const moved = await context.mempool.byScript.moved(scripts);
        const waiting = Array.from(moved, ([{ txid }, movement]) => ({ key: `${txid}`, ...movement }));
        return { confirmed, waiting };
      });
      const transactions = [
        ...confirmed.map((each) => ({
          txid: toDisplayHex(each.txid),
          ...{ ...placeJson(each, context), position: each.position },
          ...movementJson(each),
        })),
        ...waiting.map((each) => ({ txid: each.key, confirmations: 0, ...movementJson(each) })),
      ];
      return { transactions, ...end };
    },
  }),

  getaddressutxos: method({
    help:
      'Unspent outputs of an address: oldest first, and then those of the mempool. What the mempool spends is left\n' +
      'out, so that a page may be shorter than asked for. Needs -addressindex.',
    parameters: paged,
    result: t.object({
      utxos: t.array(
        t.object({ txid: t.hex(), vout: t.integer(), amount: t.amount(), coinbase: t.boolean(), ...where }),
      ),
      ...pageEnd,
    }),
    async handler(asked, context) {
      const { scripts, sources } = await question(asked.address, context);
      const { confirmed, waiting, end } = await pageOf(sources, asked, async (after, limit) => {
        const coins = await sources.index.coins(scripts, after.place, limit);
        const moved = await context.mempool.byScript.moved(scripts);
        const { graph } = context.mempool;
        const confirmed = coins.map((coin) => ({
          ...coin,
          isSpent: graph.spender(coin.outpoint) !== undefined,
        }));
        return { confirmed, waiting: waitingCoins(scripts, moved.keys(), context.mempool) };
      });
      const utxos = [
        ...confirmed
          .filter(({ isSpent }) => !isSpent)
          .map((each) => ({
            ...{ txid: toDisplayHex(each.outpoint.txid), vout: each.outpoint.vout },
            ...{ amount: btc(each.value), coinbase: each.coinbase, ...placeJson(each, context) },
          })),
        ...waiting.map(({ txid, vout, value }) => ({
          ...{ txid, vout, amount: btc(value), coinbase: false, confirmations: 0 },
        })),
      ];
      return { utxos, ...end };
    },
  }),

  getaddressbalance: method({
    help: 'What an address has, and all that it was ever paid. Needs -addressindex.',
    parameters: { address },
    result: t.object({
      balance: t.amount('Confirmed, immature rewards with it'),
      unconfirmed: t.amount('By how much the mempool changes it'),
      received: t.amount('Confirmed, over all time'),
      spent: t.amount('Likewise'),
      transactions: t.integer('Confirmed; one that moves coins of several scripts counts for each'),
      utxos: t.integer('Unspent outputs, confirmed'),
      bestblock,
    }),
    async handler({ address: asked }, context) {
      const { scripts, sources } = await question(asked, context);
      return consistent(sources, undefined, async () => {
        const { received, spent, transactions, coins } = await sources.index.totals(scripts);
        const moved = [...(await context.mempool.byScript.moved(scripts)).values()];
        return {
          balance: btc(received - spent),
          unconfirmed: btc(moved.reduce((sum, each) => sum + each.received - each.spent, 0n)),
          ...{
            received: btc(received),
            spent: btc(spent),
            transactions,
            utxos: coins,
            bestblock: context.chain.tip.hash,
          },
        };
      });
    },
  }),
});
