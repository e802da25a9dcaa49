/** scantxoutset: the coins of given descriptors, by a walk over the whole UTXO set. */
import { toDisplayHex, toHex } from '../../core/encoding/bytes.ts';
import type { Coin } from '../../core/transaction/coin.ts';
import type { OutPoint } from '../../core/transaction/transaction.ts';
import { scanObjects, scanScripts } from '../descriptor-scripts.ts';
import { btc, group, type JsonRead, method, type RpcContext, type RpcRequest, refuse, t } from '../kit.ts';

/** Coins looked at before everything else gets its turn. */
const COINS_AT_ONCE = 10_000;

async function scan(
  objects: readonly JsonRead[],
  context: RpcContext,
  { caller: { signal }, server }: RpcRequest,
) {
  const { chain, clock, parameters } = context;
  if (server.scan.current !== null)
    throw refuse.parameter('Scan already in progress, use action "abort" or "status"');
  const descriptors = new Map<string, string>();
  for (const object of objects)
    for (const { script, descriptor } of scanScripts(object, parameters))
      descriptors.set(toHex(script), descriptor);
  const state = { txid: 0, aborted: false };
  server.scan.current = state;
  try {
    const { tip, coins } = await chain.snapshotCoins();
    const found: { outpoint: OutPoint; coin: Coin; descriptor: string }[] = [];
    let seen = 0;
    for await (const [outpoint, coin] of coins) {
      if (++seen % COINS_AT_ONCE === 0) await clock.yield();
      state.txid = (outpoint.txid[0]! << 8) | outpoint.txid[1]!;
      if (state.aborted || signal.aborted) break;
      const descriptor = descriptors.get(toHex(coin.output.scriptPubKey));
      if (descriptor !== undefined) found.push({ outpoint, coin, descriptor });
    }
    return {
      success: !state.aborted && !signal.aborted,
      txouts: seen,
      height: tip.height,
      bestblock: tip.hash,
      unspents: found.map(({ outpoint, coin, descriptor }) => ({
        txid: toDisplayHex(outpoint.txid),
        vout: outpoint.vout,
        scriptPubKey: toHex(coin.output.scriptPubKey),
        desc: descriptor,
        amount: btc(coin.output.value),
        coinbase: coin.coinbase,
        height: coin.height,
        blockhash: tip.ancestor(coin.height).hash,
        confirmations: tip.height - coin.height + 1,
      })),
      total_amount: btc(found.reduce((sum, { coin }) => sum + coin.output.value, 0n)),
    };
  } finally {
    server.scan.current = null;
  }
}

export const scanMethods = group('Blockchain', {
  scantxoutset: method({
    help: 'Looks through all unspent outputs for those of descriptors. Takes long, and needs no index.',
    parameters: { action: t.string('start, abort or status'), scanobjects: t.optional(scanObjects) },
    result: t.cases('action', {
      start: t.object({
        success: t.boolean('Not ended before its time'),
        txouts: t.integer('Outputs looked at'),
        height: t.integer(),
        bestblock: t.hex(),
        unspents: t.array(
          t.object({
            txid: t.hex(),
            vout: t.integer(),
            scriptPubKey: t.hex(),
            desc: t.string('A descriptor of it'),
            amount: t.amount(),
            coinbase: t.boolean(),
            height: t.integer(),
            blockhash: t.hex(),
            confirmations: t.integer(),
          }),
        ),
        total_amount: t.amount(),
      }),
      abort: t.boolean('There was a scan to end'),
      status: t.cases('', { 'a scan': t.object({ progress: t.number('Percent') }), 'no scan': t.nothing() }),
    }),
    example: `start '["addr(ADDRESS)"]'`,
    async handler({ action, scanobjects }, context, request) {
      const running = request.server.scan.current;
      switch (action) {
        case 'start':
          if (scanobjects === undefined)
            throw refuse.misc('scanobjects argument is required for the start action');
          return scan(scanobjects, context, request);
        case 'abort':
          if (running !== null) running.aborted = true;
          return running !== null;
        case 'status':
          // Coins come in the order of their txids, which are spread evenly.
          return running === null ? null : { progress: Math.floor((running.txid / 0x10000) * 100) };
        default:
          throw refuse.parameter(`Invalid action '${action}'`);
      }
    },
  }),
});
