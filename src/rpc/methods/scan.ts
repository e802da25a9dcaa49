/** scantxoutset and scanblocks: coins of given descriptors in the UTXO set, and blocks whose filters match them. */
import { usesInBlock } from '../../chain/script-uses.ts';
import { matchesFilter } from '../../core/block/filter.ts';
import { toDisplayHex, toHex } from '../../core/encoding/bytes.ts';
import type { Coin } from '../../core/transaction/coin.ts';
import type { OutPoint } from '../../core/transaction/transaction.ts';
import { type ScanObject, scanObjects, scanScripts, watchedScripts } from '../descriptor-scripts.ts';
import { btc, group, method, type RpcContext, refuse, t } from '../kit.ts';
import { filterIndex, filterType, readStoredBlock, readStoredUndo } from '../lookup.ts';
import type { Scan } from '../registry.ts';
import { SCAN_ACTION, scanned, steerScan } from '../scans.ts';

/** Coins looked at before everything else gets its turn. */
const COINS_AT_ONCE = 10_000;

async function scanCoins(
  objects: readonly ScanObject[],
  { chain, clock, parameters }: RpcContext,
  scan: Scan,
) {
  const descriptors = new Map<string, string>();
  for (const object of objects)
    for (const { script, descriptor } of scanScripts(object, parameters))
      descriptors.set(toHex(script), descriptor);
  const { tip, coins } = await chain.snapshotCoins();
  const found: { outpoint: OutPoint; coin: Coin; descriptor: string }[] = [];
  let seen = 0;
  for await (const [outpoint, coin] of coins) {
    if (++seen % COINS_AT_ONCE === 0) await clock.yield();
    // They come in the order of their txids, which are spread evenly.
    scan.percent = (((outpoint.txid[0]! << 8) | outpoint.txid[1]!) / 0x10000) * 100;
    if (scan.aborted) break;
    const descriptor = descriptors.get(toHex(coin.output.scriptPubKey));
    if (descriptor !== undefined) found.push({ outpoint, coin, descriptor });
  }
  return {
    success: !scan.aborted,
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
}

interface BlockScan {
  readonly objects: readonly ScanObject[];
  readonly start: number | undefined;
  readonly stop: number | undefined;
  readonly filtertype: string;
  /** Blocks are read whose filter matches. */
  readonly exact: boolean;
}

async function scanBlocks(
  { objects, start = 0, stop, filtertype, exact }: BlockScan,
  { chain, clock, indexes, parameters }: RpcContext,
  scan: Scan,
) {
  const index = filterIndex(indexes, filtertype);
  if (chain.entryAt(start) === undefined) throw refuse.misc('Invalid start_height');
  const last = chain.entryAt(stop ?? chain.height);
  if (last === undefined || last.height < start) throw refuse.misc('Invalid stop_height');
  const scripts = watchedScripts(objects, parameters);
  await index.synchronize();
  const relevant: string[] = [];
  scan.height = start;
  for (let height = start; height <= last.height && !scan.aborted; height++) {
    const entry = last.ancestor(height);
    const found = await index.find(entry);
    if (found !== undefined && matchesFilter(found.filter, entry.hashBytes, [...scripts.values()])) {
      const uses =
        exact && usesInBlock(await readStoredBlock(chain, entry), await readStoredUndo(chain, entry));
      if (uses === false || uses.some(({ output }) => scripts.has(toHex(output.scriptPubKey))))
        relevant.push(entry.hash);
    }
    scan.height = height;
    scan.percent = last.height === start ? 100 : ((height - start) / (last.height - start)) * 100;
    await clock.yield();
  }
  return {
    from_height: start,
    to_height: scan.height,
    relevant_blocks: relevant,
    completed: !scan.aborted,
  };
}

const progress = ({ percent }: Scan) => ({ progress: Math.floor(percent) });

export const scanMethods = group('Blockchain', {
  scantxoutset: method({
    help: 'Looks through all unspent outputs for those of descriptors. Takes long, and needs no index.',
    parameters: { action: SCAN_ACTION, scanobjects: t.optional(scanObjects) },
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
    handler: ({ action, scanobjects }, context, request) =>
      steerScan('coins', action, request, progress, (scan) => scanCoins(scanned(scanobjects), context, scan)),
  }),

  scanblocks: method({
    help:
      "Which blocks may pay to descriptors or spend what is theirs, by the blocks' filters (-blockfilterindex). Few\n" +
      "of those named do not; blocks before a wallet's birthday need not be looked at.",
    parameters: {
      action: SCAN_ACTION,
      scanobjects: t.optional(scanObjects),
      start_height: t.optional(t.integer('First block to look at'), '0'),
      stop_height: t.optional(t.integer('Last block'), 'the tip'),
      filtertype: filterType,
      options: t.options({
        filter_false_positives: t.standard(
          t.boolean('Read the blocks that match, and leave out those that do not pay or spend'),
          false,
        ),
      }),
    },
    result: t.cases('action', {
      start: t.object({
        from_height: t.integer(),
        to_height: t.integer('Of the last block looked at'),
        relevant_blocks: t.array(t.hex()),
        completed: t.boolean('Not ended before its time'),
      }),
      abort: t.boolean('There was a scan to end'),
      status: t.cases('', {
        'a scan': t.object({ progress: t.integer('Percent'), current_height: t.integer() }),
        'no scan': t.nothing(),
      }),
    }),
    example: `start '["addr(ADDRESS)"]' 300000`,
    handler: ({ action, scanobjects, start_height, stop_height, filtertype, options }, context, request) =>
      steerScan(
        'blocks',
        action,
        request,
        (running) => ({ ...progress(running), current_height: running.height }),
        (scan) => {
          const objects = scanned(scanobjects);
          const { filter_false_positives: exact } = options;
          return scanBlocks(
            { objects, start: start_height, stop: stop_height, filtertype, exact },
            context,
            scan,
          );
        },
      ),
  }),
});
