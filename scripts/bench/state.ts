/** What the coins of a block cost, while there are few and when there are many. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Chainstate } from '../../src/chain/chainstate.ts';
import { sha256 } from '../../src/core/encoding/hashes.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import type { OutPoint } from '../../src/core/transaction/transaction.ts';
import { bindFastHashes } from '../../src/platform/node/hashes.ts';
import { systemRandom } from '../../src/platform/node/random.ts';
import { NodeStorage } from '../../src/platform/node/storage/node-storage.ts';
import type { Bench, BenchRow } from './row.ts';

async function inNewStorage<T>(task: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'penny-bench-'));
  try {
    return await task(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const CREATED = 2_500;
const SPENT = 1_250;
const SCRIPT = new Uint8Array(22);

/** The outpoint with this number: two of each transaction. */
function outPointOf(number: number): OutPoint {
  const id = number >> 1;
  return { txid: sha256(Uint8Array.of(id, id >> 8, id >> 16, id >> 24)), vout: number & 1 };
}

/** Coins as blocks bring them; milliseconds a block while there are few coins, and at the end. */
async function measureCoins(total: number, dbcache: number): Promise<{ few: number; many: number }> {
  return inNewStorage(async (directory) => {
    const storage = await NodeStorage.open(directory, REGTEST);
    const options = { limit: dbcache * 2 ** 20, salt: systemRandom.bytes(8), batchCoins: 10_000 };
    const chainstate = new Chainstate(await storage.store('chainstate'), options);
    // Numbers of the coins there are: as objects, five million would keep the garbage collector busy.
    const live = new Uint32Array(total + CREATED);
    let count = 0;
    const times: number[] = [];
    for (let height = 1; count < total; height++) {
      const started = performance.now();
      const outpoints = Array.from({ length: CREATED }, (_, i) => outPointOf(height * CREATED + i));
      const output = { value: 100_000n, scriptPubKey: SCRIPT };
      const created = outpoints.map((outpoint) => ({ ...outpoint, height, coinbase: false, output }));
      const spent: OutPoint[] = [];
      while (spent.length < SPENT && count > 0) {
        const at = systemRandom.below(count);
        spent.push(outPointOf(live[at]!));
        live[at] = live[--count]!;
      }
      await chainstate.fetch(spent, []);
      chainstate.apply({ created, spent }, { fresh: true });
      if (chainstate.isFull) await chainstate.flush(new Uint8Array(32), new Uint8Array(32));
      for (let i = 0; i < CREATED; i++) live[count++] = height * CREATED + i;
      times.push(performance.now() - started);
    }
    await chainstate.close();
    await storage.close();
    const tenth = Math.ceil(times.length / 10);
    const mean = (part: readonly number[]): number => part.reduce((sum, time) => sum + time, 0) / part.length;
    return { few: mean(times.slice(0, tenth)), many: mean(times.slice(-tenth)) };
  });
}

export const bench: Bench = async ({ repeat, quick }) => {
  bindFastHashes();
  const rows: BenchRow[] = [];
  const coins = quick ? 200_000 : 5_000_000;
  for (const dbcache of [450, 45]) {
    const measured: { few: number; many: number }[] = [];
    for (let i = 0; i < repeat; i++) measured.push(await measureCoins(coins, dbcache));
    const what = `coins of a block (${CREATED} made, ${SPENT} spent), cache of ${dbcache} MiB`;
    rows.push(
      { name: `${what}: few coins`, unit: 'ms', values: measured.map(({ few }) => few) },
      { name: `${what}: ${coins} coins`, unit: 'ms', values: measured.map(({ many }) => many) },
    );
  }
  return rows;
};
