/** scantxoutset: the coins of given descriptors, by a walk over the whole UTXO set. */
import { toDisplayHex, toHex } from '../../core/encoding/bytes.ts';
import type { Coin } from '../../core/transaction/coin.ts';
import type { OutPoint } from '../../core/transaction/transaction.ts';
import type { RpcContext, RpcRequest } from '../context.ts';
import { scanScripts } from '../descriptor-scripts.ts';
import { RpcCode, RpcError } from '../errors.ts';
import type { JsonRead, JsonWritable } from '../json.ts';
import { defineMethod, type Method } from '../method.ts';
import { param } from '../parameter.ts';
import { result } from '../result.ts';
import { btc } from '../values.ts';

/** Coins looked at before everything else gets its turn. */
const COINS_AT_ONCE = 10_000;

async function scan(
  objects: readonly JsonRead[],
  context: RpcContext,
  { signal, server }: RpcRequest,
): Promise<JsonWritable> {
  const { chain, clock, parameters } = context;
  if (server.scan.current !== null)
    throw new RpcError(RpcCode.INVALID_PARAMETER, 'Scan already in progress, use action "abort" or "status"');
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

const scantxoutset = defineMethod({
  name: 'scantxoutset',
  category: 'Blockchain',
  description:
    'Scans the unspent transaction output set for entries that match certain output descriptors.\n' +
    'Examples of output descriptors are:\n' +
    '    addr(<address>)                      Outputs whose output script corresponds to the specified address (does not include P2PK)\n' +
    '    raw(<hex script>)                    Outputs whose output script equals the specified hex-encoded bytes\n' +
    '    combo(<pubkey>)                      P2PK, P2PKH, P2WPKH, and P2SH-P2WPKH outputs for the given pubkey\n' +
    '    pkh(<pubkey>)                        P2PKH outputs for the given pubkey\n' +
    '    sh(multi(<n>,<pubkey>,<pubkey>,...)) P2SH-multisig outputs for the given threshold and pubkeys\n' +
    '    tr(<pubkey>)                         P2TR',
  parameters: [
    param.string(
      'action',
      'The action to execute\n"start" for starting a scan\n"abort" for aborting the current scan (returns true when abort was successful)\n"status" for progress report (in %) of the current scan',
    ),
    param.array(
      'scanobjects',
      'Array of scan objects. Required for "start" action\nEvery scan object is either a string descriptor or an object:',
      [
        param.string('descriptor', 'An output descriptor', { optional: true }),
        param.object(
          '',
          'An object with output descriptor and metadata',
          [
            param.string('desc', 'An output descriptor'),
            param.range('range', 'The range of HD chain indexes to explore (either end or [begin,end])', {
              default: 1000,
            }),
          ],
          { optional: true },
        ),
      ],
      { optional: true, oneLine: '[scanobjects,...]' },
    ),
  ],
  results: [
    result.object(
      '',
      '',
      [
        result.boolean('success', 'Whether the scan was completed'),
        result.number('txouts', 'The number of unspent transaction outputs scanned'),
        result.number('height', 'The block height at which the scan was done'),
        result.hex('bestblock', 'The hash of the block at the tip of the chain'),
        result.array('unspents', '', [
          result.object('', '', [
            result.hex('txid', 'The transaction id'),
            result.number('vout', 'The vout value'),
            result.hex('scriptPubKey', 'The output script'),
            result.string('desc', 'A specialized descriptor for the matched output script'),
            result.amount('amount', 'The total amount in BTC of the unspent output'),
            result.boolean('coinbase', 'Whether this is a coinbase output'),
            result.number('height', 'Height of the unspent transaction output'),
            result.hex('blockhash', 'Blockhash of the unspent transaction output'),
            result.number(
              'confirmations',
              'Number of confirmations of the unspent transaction output when the scan was done',
            ),
          ]),
        ]),
        result.amount('total_amount', 'The total amount of all found unspent outputs in BTC'),
      ],
      { condition: 'when action=="start"; only returns after scan completes' },
    ),
    result.boolean(
      '',
      'True if scan will be aborted (not necessarily before this RPC returns), or false if there is no scan to abort',
      {
        condition: 'when action=="abort"',
      },
    ),
    result.object('', '', [result.number('progress', 'Approximate percent complete')], {
      condition: 'when action=="status" and a scan is currently in progress',
    }),
    result.none('', '', {
      condition: 'when action=="status" and no scan is in progress - possibly already completed',
    }),
  ],
  examples: [
    'start \'["raw(76a91411b366edfc0a8b66feebae5c2e25a7b6a5d1cf3188ac)#fm24fxxy"]\'',
    'status',
    'abort',
  ],
  handler([action, objects], context, request) {
    const running = request.server.scan.current;
    switch (action) {
      case 'start':
        if (objects === undefined)
          throw new RpcError(RpcCode.MISC_ERROR, 'scanobjects argument is required for the start action');
        return scan(objects, context, request);
      case 'abort':
        if (running !== null) running.aborted = true;
        return running !== null;
      case 'status':
        // Coins come in the order of their txids, which are spread evenly.
        return running === null ? null : { progress: Math.floor((running.txid / 0x10000) * 100) };
      default:
        throw new RpcError(RpcCode.INVALID_PARAMETER, `Invalid action '${action}'`);
    }
  },
});

export const scanMethods: readonly Method[] = [scantxoutset];
