/** scantxoutset and scanblocks: coins of given descriptors in the UTXO set, and blocks whose filters match them. */
import type { HeaderEntry } from '../../chain/header-entry.ts';
import { usesInBlock } from '../../chain/script-uses.ts';
import { matchesFilter } from '../../core/block/filter.ts';
import { toDisplayHex, toHex } from '../../core/encoding/bytes.ts';
import type { Coin } from '../../core/transaction/coin.ts';
import type { OutPoint } from '../../core/transaction/transaction.ts';
import { type ScanObject, scanObjects, scanScripts, watchedScripts } from '../descriptor-scripts.ts';
import { btc, group, method, type RpcContext, refuse, t } from '../kit.ts';
import { filterIndex, filterType, readStoredBlock, readStoredUndo } from '../lookup.ts';
import type { RpcRequest, Scan } from '../registry.ts';

/** Coins looked at before everything else gets its turn. */
const COINS_AT_ONCE = 10_000;

const SCAN_ACTION = t.string('start, abort or status');

/**
 * What `action` asks of the scan of its kind.
 * @param show what `status` answers
 * @throws RpcError
 */
async function steerScan<S, T>(
  kind: string,
  action: string,
  { server: { scans }, caller: { signal } }: RpcRequest,
  show: (running: Scan) => S,
  start: (scan: Scan) => Promise<T>,
): Promise<S | T | boolean | null> {
  const running = scans.get(kind);
  switch (action) {
    case 'status':
      return running === undefined ? null : show(running);
    case 'abort':
      if (running !== undefined) running.aborted = true;
      return running !== undefined;
    case 'start':
      break;
    default:
      throw refuse.parameter(`Invalid action '${action}'`);
  }
  if (running !== undefined)
    throw refuse.parameter('Scan already in progress, use action "abort" or "status"');
  const scan: Scan = { percent: 0, height: 0, aborted: false };
  const abort = (): void => {
    scan.aborted = true;
  };
  scans.set(kind, scan);
  signal.addEventListener('abort', abort);
  try {
    return await start(scan);
  } finally {
    scans.delete(kind);
    signal.removeEventListener('abort', abort);
  }
}

/** @throws RpcError where there are none */
function scanned<T>(objects: (() => T) | undefined): T {
  if (objects === undefined) throw refuse.misc('scanobjects argument is required for the start action');
  return objects();
}

/** What else is answered than what a scan finds. */
const steered = <S extends t.Schema>(running: S) => ({
  abort: t.boolean('There was a scan to end'),
  status: t.cases('', { 'a scan': running, 'no scan': t.nothing() }),
});

interface Found {
  readonly outpoint: OutPoint;
  readonly coin: Coin;
  readonly descriptor: string;
}
const unspent = t.view<[Found, tip: HeaderEntry]>()({
  txid: [t.hex(), ({ outpoint }) => toDisplayHex(outpoint.txid)],
  vout: [t.integer(), ({ outpoint }) => outpoint.vout],
  scriptPubKey: [t.hex(), ({ coin }) => toHex(coin.output.scriptPubKey)],
  desc: [t.string('A descriptor of it'), ({ descriptor }) => descriptor],
  amount: [t.amount(), ({ coin }) => btc(coin.output.value)],
  coinbase: [t.boolean(), ({ coin }) => coin.coinbase],
  height: [t.integer(), ({ coin }) => coin.height],
  blockhash: [t.hex(), ({ coin }, tip) => tip.ancestor(coin.height).hash],
  confirmations: [t.integer(), ({ coin }, tip) => tip.height - coin.height + 1],
});

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
  const found: Found[] = [];
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
    unspents: found.map((each) => unspent.of(each, tip)),
    total_amount: btc(found.reduce((sum, { coin }) => sum + coin.output.value, 0n)),
  };
}

const blockScan = {
  start_height: t.standard(t.integer('First block to look at'), 0),
  stop_height: t.optional(t.integer('Last block'), 'the tip'),
  filtertype: filterType,
  options: t.options({
    filter_false_positives: t.flag('Read matching blocks, and leave out those that do not pay or spend'),
  }),
};

async function scanBlocks(
  objects: readonly ScanObject[],
  asked: t.HeldFields<typeof blockScan>,
  { chain, clock, indexes, parameters }: RpcContext,
  scan: Scan,
) {
  const { start_height: start, stop_height: stop, filtertype, options } = asked;
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
        options.filter_false_positives &&
        usesInBlock(await readStoredBlock(chain, entry), await readStoredUndo(chain, entry));
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
        unspents: t.array(unspent),
        total_amount: t.amount(),
      }),
      ...steered(t.object({ progress: t.number('Percent') })),
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
      ...blockScan,
    },
    result: t.cases('action', {
      start: t.object({
        from_height: t.integer(),
        to_height: t.integer('Of the last block looked at'),
        relevant_blocks: t.array(t.hex()),
        completed: t.boolean('Not ended before its time'),
      }),
      ...steered(t.object({ progress: t.integer('Percent'), current_height: t.integer() })),
    }),
    example: `start '["addr(ADDRESS)"]' 300000`,
    handler: (asked, context, request) =>
      steerScan(
        'blocks',
        asked.action,
        request,
        (running) => ({ ...progress(running), current_height: running.height }),
        (scan) => scanBlocks(scanned(asked.scanobjects), asked, context, scan),
      ),
  }),
});
