/**
 * getaddresshistory, getaddressutxos, getaddressbalance: what an address was paid and has spent, from the address
 * index, and after it what waits in the mempool. Owns the pages: a cursor is the last place that was told in the
 * chain and the last in the mempool, so that it outlives new blocks; what a reorganisation made wrong is refused.
 */
import type { BlockHash } from '../../core/block/header.ts';
import { equalBytes, fromHex, toDisplayHex, toHex } from '../../core/encoding/bytes.ts';
import type { AddressIndex, Movement } from '../../indexes/address-index.ts';
import type { MempoolEntry } from '../../mempool/entry.ts';
import { outputScript } from '../descriptor-scripts.ts';
import { btc, group, method, type RpcContext, refuse, t } from '../kit.ts';

/** Blocks that an index reads in a moment. */
const SOON = 100;
const CURSOR = /^([0-9a-f]{64})-((?:[0-9a-f]{2}){4,40})-([0-9a-f]{0,72})$/;

/** Where a page ended: the index's place and its block, and the key of what waits. */
interface Cursor {
  readonly place: Uint8Array;
  readonly waiting: string;
}

interface Question {
  readonly index: AddressIndex;
  readonly script: Uint8Array;
  readonly after: Cursor;
}

interface Page<C, W> {
  readonly confirmed: readonly C[];
  readonly waiting: readonly W[];
}

const address = t.string('An address, or a descriptor of one script, as raw(HEX)');
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

function readCursor(text: string | undefined, { chain }: RpcContext): Cursor {
  if (text === undefined) return { place: new Uint8Array(4), waiting: '' };
  const [, hash, place, waiting] = CURSOR.exec(text) ?? [];
  const entry = chain.entry(hash as BlockHash);
  if (entry === undefined || Number.parseInt(place!.slice(0, 8), 16) !== entry.height)
    throw refuse.parameter('Invalid cursor');
  if (!chain.isActive(entry))
    throw refuse.parameter('The block of the cursor is not in the chain any more: start anew');
  return { place: fromHex(place!), waiting: waiting! };
}

/** Reads chain and mempool until neither moved under it. @throws RpcError without an index that was at the tip once */
async function consistent<T>(
  text: string,
  cursor: string | undefined,
  context: RpcContext,
  read: (question: Question) => Promise<T>,
): Promise<T> {
  const { chain, mempool, indexes, parameters } = context;
  const index = indexes.addresses;
  if (index === undefined) throw refuse.misc('The address index is not enabled. Restart with -addressindex');
  const script = outputScript(text, parameters, 'Invalid address or descriptor');
  for (;;) {
    const { isCatchingUp, height } = index.follower;
    if (isCatchingUp && height < chain.height - SOON)
      throw refuse.misc(`The address index is syncing. Current height: ${height}`);
    await index.synchronize();
    await mempool.settled();
    const { tip } = chain;
    const answer = await read({ index, script, after: readCursor(cursor, context) });
    if (chain.tip === tip) return answer;
  }
}

/** One page of both: as many as were asked for, and one more if there is. */
async function pageOf<C extends { readonly place: Uint8Array }, W extends { readonly key: string }>(
  { address: text, count, cursor }: t.HeldFields<typeof paged>,
  context: RpcContext,
  read: (question: Question, limit: number) => Promise<Page<C, W>>,
) {
  return consistent(text, cursor, context, async (question) => {
    const { after } = question;
    const page = await read(question, count + 1);
    const confirmed = page.confirmed.slice(0, count);
    const behind = page.waiting.filter(({ key }) => key > after.waiting);
    const waiting = behind.sort((a, b) => (a.key < b.key ? -1 : 1)).slice(0, count - confirmed.length);
    const { chain } = context;
    const place = confirmed.at(-1)?.place ?? after.place;
    const { hash } = chain.entryAt(new DataView(place.buffer, place.byteOffset).getUint32(0))!;
    const more = page.confirmed.length + behind.length > confirmed.length + waiting.length;
    // What waits is told again from the last page on: it is not settled yet.
    const key = more ? (waiting.at(-1)?.key ?? after.waiting) : '';
    const end = { cursor: `${hash}-${toHex(place)}-${key}`, more, bestblock: chain.tip.hash };
    return { confirmed, waiting, end };
  });
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

/** What waiting transactions pay to a script and none of them spends. */
function waitingCoins(script: Uint8Array, moved: Iterable<MempoolEntry>, { mempool }: RpcContext) {
  return [...moved].flatMap(({ tx, txid }) =>
    tx.outputs.flatMap(({ scriptPubKey, value }, vout) => {
      const spent = mempool.graph.spender({ txid: tx.txidBytes, vout }) !== undefined;
      if (spent || !equalBytes(scriptPubKey, script)) return [];
      return [{ key: `${txid}${vout.toString(16).padStart(8, '0')}`, txid, vout, value }];
    }),
  );
}

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
      const { confirmed, waiting, end } = await pageOf(asked, context, async (question, limit) => {
        const { index, script, after } = question;
        const confirmed = await index.history(script, after.place, limit);
        const moved = await context.mempool.byScript.moved(script);
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
    example: 'ADDRESS',
    async handler(asked, context) {
      const { confirmed, waiting, end } = await pageOf(asked, context, async (question, limit) => {
        const { index, script, after } = question;
        const coins = await index.coins(script, after.place, limit);
        const moved = await context.mempool.byScript.moved(script);
        const { graph } = context.mempool;
        const confirmed = coins.map((coin) => ({
          ...coin,
          isSpent: graph.spender(coin.outpoint) !== undefined,
        }));
        return { confirmed, waiting: waitingCoins(script, moved.keys(), context) };
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
      transactions: t.integer('Confirmed'),
      utxos: t.integer('Unspent outputs, confirmed'),
      bestblock,
    }),
    example: 'ADDRESS',
    handler: ({ address: text }, context) =>
      consistent(text, undefined, context, async ({ index, script }) => {
        const { received, spent, transactions, coins } = await index.totals(script);
        const moved = [...(await context.mempool.byScript.moved(script)).values()];
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
      }),
  }),
});
