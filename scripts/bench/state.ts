/** What grows with the chain: start-up with a long index, and the coins. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Chain } from '../../src/chain/chain.ts';
import { Chainstate } from '../../src/chain/chainstate.ts';
import { BlockHeader } from '../../src/core/block/header.ts';
import { checkProofOfWork } from '../../src/core/block/proof-of-work.ts';
import { genesisBlock } from '../../src/core/consensus/genesis.ts';
import { sha256 } from '../../src/core/encoding/hashes.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import type { OutPoint } from '../../src/core/transaction/transaction.ts';
import { SystemClock } from '../../src/platform/node/clock.ts';
import { bindFastHashes } from '../../src/platform/node/hashes.ts';
import { systemRandom } from '../../src/platform/node/random.ts';
import { NodeStorage } from '../../src/platform/node/storage/node-storage.ts';
import type { Bench, BenchRow } from './row.ts';

const clock = new SystemClock();
const NO_SCRIPTS = { verify: async () => null, close: async () => {} };

async function inNewStorage<T>(task: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'penny-bench-'));
  try {
    return await task(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function withChain<T>(directory: string, task: (chain: Chain) => T): Promise<T> {
  const storage = await NodeStorage.open(directory, REGTEST);
  const parts = { parameters: REGTEST, clock, random: systemRandom, storage, logger: { log: () => {} } };
  const chain = await Chain.open({}, { ...parts, scriptVerifier: NO_SCRIPTS });
  const result = task(chain);
  await chain.close();
  await storage.close();
  return result;
}

function headers(count: number): BlockHeader[] {
  const made: BlockHeader[] = [];
  for (let tip = genesisBlock(REGTEST).header; made.length < count; made.push(tip)) {
    const { time, bits } = tip;
    const fields = { version: 0x20000000, merkleRoot: new Uint8Array(32), bits, time: time + 600 };
    for (let nonce = 0; ; nonce++) {
      const next = BlockHeader.from({ ...fields, prevHash: tip.hashBytes, nonce });
      if (!checkProofOfWork(next.hashBytes, bits, REGTEST)) continue;
      tip = next;
      break;
    }
  }
  return made;
}

async function measureStartUp(count: number, repeat: number): Promise<readonly number[]> {
  return inNewStorage(async (directory) => {
    await withChain(directory, (chain) => chain.acceptHeaders(headers(count)));
    const milliseconds: number[] = [];
    while (milliseconds.length < repeat) {
      const started = performance.now();
      const found = await withChain(directory, (chain) => {
        milliseconds.push(performance.now() - started);
        return chain.bestHeader.height;
      });
      if (found !== count) throw new Error(`${found} headers of ${count} came back`);
    }
    return milliseconds;
  });
}

const CREATED = 2_500;
const SPENT = 1_250;
const SCRIPT = new Uint8Array(22);

/** Coins as blocks bring them; milliseconds a block while there are few coins, and at the end. */
async function measureCoins(total: number, dbcache: number): Promise<{ few: number; many: number }> {
  return inNewStorage(async (directory) => {
    const storage = await NodeStorage.open(directory, REGTEST);
    const options = { limit: dbcache * 2 ** 20, salt: systemRandom.bytes(8), batchCoins: 10_000 };
    const chainstate = new Chainstate(await storage.store('chainstate'), options);
    const live: OutPoint[] = [];
    const times: number[] = [];
    for (let height = 1; live.length < total; height++) {
      const started = performance.now();
      const outpoints: OutPoint[] = [];
      for (let i = 0; i < CREATED / 2; i++) {
        const txid = sha256(Uint8Array.of(height, height >> 8, height >> 16, i, i >> 8));
        outpoints.push({ txid, vout: 0 }, { txid, vout: 1 });
      }
      const output = { value: 100_000n, scriptPubKey: SCRIPT };
      const created = outpoints.map((outpoint) => ({ ...outpoint, height, coinbase: false, output }));
      const spent: OutPoint[] = [];
      while (spent.length < SPENT && live.length > 0) {
        const at = systemRandom.below(live.length);
        spent.push(live[at]!);
        live[at] = live.at(-1)!;
        live.pop();
      }
      await chainstate.fetch(spent, []);
      chainstate.apply({ created, spent }, { fresh: true });
      if (chainstate.isFull) await chainstate.flush(new Uint8Array(32), new Uint8Array(32));
      live.push(...outpoints);
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
  const count = quick ? 10_000 : 100_000;
  const rows: BenchRow[] = [
    {
      name: `start-up with an index of ${count} blocks`,
      unit: 'ms',
      values: await measureStartUp(count, repeat),
    },
  ];
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
